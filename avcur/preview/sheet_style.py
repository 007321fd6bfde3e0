"""The contact sheet's style: light and dark, wide and narrow, in the report's type and colours."""

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --wash: #f5f7f9;
  --kept: #0072b2; --rejected: #d9822b; --why: #9a4a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e7eaee; --soft: #9aa5b1; --line: #343b44;
  --wash: #1c2127; --kept: #56b4e9; --rejected: #e69f00; --why: #f0b660; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 44px 0 2px; padding-top: 14px; border-top: 3px solid var(--line); }
.kept h2 { border-top-color: var(--kept); } .rejected h2 { border-top-color: var(--rejected); }
.lead { margin: 0 0 12px; } .small { color: var(--soft); font-size: 0.86rem; margin: 0 0 12px; }
p.rules, ul.rules { display: inline; padding: 0; margin: 0; color: var(--soft); font-size: 0.88rem; }
ul.rules li { display: inline-block; margin-left: 8px; }
code { background: var(--wash); border: 1px solid var(--line); border-radius: 4px; padding: 1px 6px; color: var(--ink);
  font: 0.82rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 2px; }
.funnel { display: grid; grid-template-columns: minmax(8rem, 18rem) minmax(0, 1fr) auto; gap: 3px 12px;
  margin-top: 16px; align-items: center; font-size: 0.88rem; }
.funnel .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.fill { height: 13px; border-radius: 2px; min-width: 2px; background: var(--soft); }
.fill.kept { background: var(--kept); } .fill.rejected { background: var(--rejected); }
.fill.failed { background: var(--ink); } .fill.held { background: var(--line); }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 270px), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--wash); border-radius: 6px; overflow: hidden; border-top: 3px solid var(--line); }
.kept figure { border-top-color: var(--kept); } .rejected figure { border-top-color: var(--rejected); }
figure img { display: block; width: 100%; height: auto; aspect-ratio: 400 / 150; object-fit: contain;
  background: var(--line); }
figure svg, .blank { display: block; width: 100%; aspect-ratio: 400 / 150; background: var(--line); }
figure svg path { stroke: var(--soft); stroke-width: 0.7; fill: none; }
.blank { display: flex; align-items: center; justify-content: center; text-align: center; padding: 8px;
  overflow: hidden; color: var(--soft); font-size: 0.8rem; overflow-wrap: anywhere; }
figcaption { padding: 7px 10px 9px; font-size: 0.82rem; line-height: 1.4; }
figcaption b, figcaption span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
figcaption span { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
figcaption table { margin-top: 4px; }
td { padding: 0; vertical-align: top; overflow-wrap: anywhere; }
td:last-child { text-align: right; padding-left: 10px; overflow-wrap: normal; }
figcaption td:first-child { color: var(--soft); }
tr.why td { color: var(--why); font-weight: 600; }
table.list { font-size: 0.86rem; } table.list td { text-align: left; padding: 3px 10px 3px 0; }
@media (max-width: 640px) { main { padding: 20px 14px 48px; } h1 { font-size: 1.4rem; }
  .clips { grid-template-columns: repeat(auto-fill, minmax(min(100%, 160px), 1fr)); gap: 10px; }
  .funnel { grid-template-columns: 9rem minmax(0, 1fr) auto; font-size: 0.8rem; } }
"""
