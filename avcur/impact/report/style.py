"""The page's style sheet: light and dark, wide and narrow, Okabe and Ito's colours (safe for colour-blind readers)."""

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --wash: #f5f7f9;
  --raw: #6b7280; --curated: #0072b2; --oracle: #007a5a; --control: #b45309; --band: #e6eaef; --rejected: #d9822b;
  --good: #007a5a; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e7eaee; --soft: #9aa5b1; --line: #343b44;
  --wash: #1c2127; --raw: #9aa5b1; --curated: #56b4e9; --oracle: #2fc09a; --control: #f0a04b; --band: #2a313a;
  --rejected: #e69f00; --good: #2fc09a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 72px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 56px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 28px 0 6px; }
h4 { font-size: 0.95rem; margin: 20px 0 6px; }
p, ul, dl { max-width: 46rem; }
.lead { color: var(--soft); margin: 0 0 20px; }
.small, figcaption { color: var(--soft); font-size: 0.86rem; }
figure { margin: 12px 0 28px; }
figcaption { margin-top: 8px; max-width: 46rem; }
.answers { display: grid; gap: 12px; padding: 0; margin: 20px 0 0; max-width: none; list-style: none; }
.answers > li { background: var(--wash); border-radius: 8px; padding: 12px 16px; border-left: 4px solid var(--line); }
.answers > li.told { border-left-color: var(--good); }
.answers h3 { margin: 0 0 4px; font-size: 1rem; }
.answers p { margin: 0 0 4px; max-width: none; }
.row { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr) 12.5rem; align-items: center; gap: 0 14px; }
.row .name { font-size: 0.92rem; line-height: 1.25; text-align: right; }
.row .name small { display: block; color: var(--soft); font-size: 0.8rem; }
.row .value { font-size: 0.86rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.row.axis { height: 30px; } .block + .block { margin-top: 10px; }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--soft); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; } .zero { stroke: var(--ink); stroke-width: 1.5; }
.band { fill: var(--band); }
.raw { --c: var(--raw); } .curated { --c: var(--curated); } .oracle { --c: var(--oracle); }
.control { --c: var(--control); }
.mark { stroke: var(--c); stroke-width: 2.5; fill: var(--c); } .mark.open { fill: var(--paper); }
.reach { stroke: var(--c); stroke-width: 2.5; } .reach.open { stroke-dasharray: 5 3; }
.dot { fill: var(--c); fill-opacity: 0.55; stroke: var(--c); } .mean { stroke: var(--c); stroke-width: 3; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 50%; background: var(--c);
  margin: 0 6px 0 14px; }
.key:first-child { margin-left: 0; } .key.open { background: none; border: 2.5px solid var(--soft); }
.key.filled { background: var(--soft); } .key.bar { border-radius: 2px; width: 22px; background: var(--band); }
.kept { fill: var(--curated); } .rejected { fill: var(--rejected); }
.scroll { overflow-x: auto; margin: 8px 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 10px; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; border-bottom-color: var(--soft); }
th.text, td.text { text-align: left; }
td span { display: block; white-space: nowrap; color: var(--soft); } td b { font-weight: 600; }
td.why { min-width: 9rem; } td.why span { white-space: normal; }
tr.control td { color: var(--soft); } td.text { white-space: nowrap; }
caption { text-align: left; color: var(--soft); font-size: 0.86rem; padding: 6px 0; }
.notes { color: var(--soft); font-size: 0.86rem; padding-left: 1.2em; margin: 8px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 8px 32px; }
.funnel { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr) auto; gap: 3px 10px;
  align-items: center; font-size: 0.86rem; }
.funnel .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.funnel .fill { height: 13px; border-radius: 2px; background: var(--raw); min-width: 2px; }
.funnel .fill.kept { background: var(--curated); } .funnel .fill.rejected { background: var(--rejected); }
.funnel .fill.failed { background: var(--ink); } .funnel .fill.held { background: var(--line); }
.histograms { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(46%, 190px), 1fr)); gap: 16px 20px; }
.histograms figure { margin: 0; } .histograms figcaption { margin: 0 0 2px; color: var(--ink); font-size: 0.82rem; }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.75rem; }
details { margin: 10px 0; } summary { cursor: pointer; color: var(--soft); }
dt { font-weight: 600; margin-top: 12px; } dd { margin: 0; }
.facts { font-size: 0.88rem; width: auto; } .facts td, .facts th { text-align: left; }
.facts td { overflow-wrap: anywhere; }
@media (max-width: 640px) { main { padding: 22px 16px 56px; } h1 { font-size: 1.5rem; }
  .row { grid-template-columns: minmax(0, 1fr) auto; margin-bottom: 8px; } .row .name { text-align: left; }
  .row .track { grid-row: 2; grid-column: 1 / -1; } .row .name small { display: inline; }
  .row.axis .name, .row.axis .value { display: none; } .row.axis .track { grid-row: 1; }
  .row .value { font-size: 0.78rem; text-align: right; }
  .funnel { grid-template-columns: 9rem minmax(0, 1fr) auto; font-size: 0.8rem; } }
"""
