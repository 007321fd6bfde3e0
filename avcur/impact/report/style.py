"""The page's style sheet: light and dark, wide and narrow, Okabe and Ito's colours (safe for colour-blind readers)."""

_COLOURS = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --wash: #f5f7f9;
  --raw: #6b7280; --curated: #0072b2; --oracle: #007a5a; --control: #b45309; --clean: #9b4b86; --band: #e6eaef;
  --rejected: #d9822b; --good: #007a5a; --heat: #0072b2; --hot: #ffffff; --why: #9a4a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e7eaee; --soft: #9aa5b1; --line: #343b44;
  --wash: #1c2127; --raw: #9aa5b1; --curated: #56b4e9; --oracle: #2fc09a; --control: #f0a04b; --clean: #dd95c6;
  --band: #2a313a; --rejected: #e69f00; --good: #2fc09a; --heat: #56b4e9; --hot: #0b1016; --why: #f0b660; } }
.raw { --c: var(--raw); } .curated { --c: var(--curated); } .oracle { --c: var(--oracle); }
.control { --c: var(--control); } .clean { --c: var(--clean); }
"""

_TEXT = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 72px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; text-wrap: balance; }
h1, h3, h4, p, li { overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 60px 0 8px; padding-top: 18px; border-top: 1px solid var(--line);
  scroll-margin-top: 40px; }
h3 { font-size: 1.05rem; margin: 28px 0 6px; }
h4 { font-size: 0.95rem; margin: 20px 0 6px; } h4 .small { font-weight: 400; }
p, dl { max-width: 46rem; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
.lead { color: var(--soft); margin: 0 0 18px; }
.small, figcaption { color: var(--soft); font-size: 0.86rem; }
nav { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line);
  margin: 28px -20px 0; padding: 8px 20px; font-size: 0.84rem; display: flex; gap: 4px 18px; overflow-x: auto;
  white-space: nowrap; scrollbar-width: none; }
nav a { color: var(--soft); text-decoration: none; } nav a:hover { color: var(--ink); }
nav + h2 { border-top: 0; margin-top: 24px; }
figure { margin: 12px 0 28px; } figure.first { margin: 0 0 18px; }
figcaption { margin-top: 8px; max-width: 46rem; } figure.first figcaption { max-width: none; }
.answers { display: grid; gap: 10px; padding: 0; margin: 16px 0 0; max-width: none; list-style: none; }
.answers > li { background: var(--wash); border-radius: 8px; padding: 10px 16px; border-left: 4px solid var(--line); }
.answers > li.told { border-left-color: var(--good); } .answers > li.warned { border-left-color: var(--rejected); }
.answers h3 { margin: 0; font-size: 1rem; }
.answers .caution { border-left: 3px solid var(--rejected); padding-left: 8px; font-size: 0.92rem; }
.answers p { margin: 6px 0 0; max-width: none; }
.notes { color: var(--soft); font-size: 0.86rem; padding-left: 1.2em; margin: 8px 0; max-width: 46rem; }
.warnings { list-style: none; margin: 10px 0; padding: 8px 14px; background: var(--wash); border-radius: 8px;
  border-left: 4px solid var(--rejected); font-size: 0.9rem; max-width: 46rem; }
details { margin: 10px 0; } summary { cursor: pointer; color: var(--soft); } summary b { color: var(--ink); }
dt { font-weight: 600; margin-top: 12px; } dd { margin: 0; }
"""

_PLOTS = """
.row { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr) 12.5rem; align-items: center; gap: 0 14px; }
.row .name { font-size: 0.92rem; line-height: 1.25; text-align: right; overflow-wrap: break-word; }
.row .name small { display: block; color: var(--soft); font-size: 0.8rem; }
.row .value { font-size: 0.86rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.row.axis { height: 30px; } .block + .block { margin-top: 10px; }
.blockhead { font-size: 0.88rem; margin: 0 0 2px; color: var(--soft); } .blockhead b { color: var(--ink); }
.first .row .name small { display: none; } .first .block + .block { margin-top: 6px; }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--soft); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; } .zero { stroke: var(--ink); stroke-width: 1.5; }
.band { fill: var(--band); }
.mark { stroke: var(--c); stroke-width: 2.5; fill: var(--c); } .mark.open { fill: var(--paper); }
.reach { stroke: var(--c); stroke-width: 2.5; } .reach.open { stroke-dasharray: 5 3; }
.dot { fill: var(--c); fill-opacity: 0.55; stroke: var(--c); } .mean { stroke: var(--c); stroke-width: 3; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 50%; background: var(--c);
  margin: 0 6px 0 14px; }
.key:first-child { margin-left: 0; } .key.open { background: none; border: 2.5px solid var(--soft); }
.key.filled { background: var(--soft); } .key.bar { border-radius: 2px; width: 22px; background: var(--band); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 12px 40px;
  align-items: start; }
.chart { margin: 0 0 12px; min-width: 0; max-width: 38rem; }
.charts td { white-space: nowrap; } .charts td.wrap { white-space: normal; } .chart h4 { margin: 6px 0 2px; }
.keys { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 10px; padding: 0;
  font-size: 0.84rem; color: var(--soft); max-width: none; }
.keys li { display: flex; align-items: center; } .keys .swatch { width: 26px; margin-right: 6px; flex: none; }
.plane { padding: 8px 10px 0 46px; } .xname { text-align: center; color: var(--soft); font-size: 0.82rem;
  padding-left: 40px; }
.curveline { stroke: var(--c); stroke-width: 2.2; fill: none; vector-effect: non-scaling-stroke;
  stroke-linejoin: round; }
.dash1 { stroke-dasharray: 7 4; } .dash2 { stroke-dasharray: 2 4; } .dash3 { stroke-dasharray: 10 3 2 3; }
.whisker { stroke: var(--c); stroke-width: 2; stroke-opacity: 0.7; stroke-linecap: round; }
.pin { fill: var(--c); stroke: var(--paper); stroke-width: 1.5; }
.front { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 3; }
.kept { fill: var(--curated); } .rejected { fill: var(--rejected); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 8px 32px; }
.funnel { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr) auto; gap: 3px 10px;
  align-items: center; font-size: 0.86rem; overflow-wrap: anywhere; }
.funnel .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.funnel .fill { height: 13px; border-radius: 2px; background: var(--raw); min-width: 2px; }
.funnel .fill.kept { background: var(--curated); } .funnel .fill.rejected { background: var(--rejected); }
.funnel .fill.failed { background: var(--ink); } .funnel .fill.held { background: var(--line); }
.histograms { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(46%, 190px), 1fr)); gap: 16px 20px; }
.histograms figure { margin: 0; } .histograms figcaption { margin: 0 0 2px; color: var(--ink); font-size: 0.82rem;
  overflow-wrap: anywhere; }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.75rem; }
.stratum { grid-template-columns: 9rem 11rem minmax(0, 1fr) 11.5rem; min-height: 34px; }
.stratum .value small { display: block; color: var(--soft); font-size: 0.76rem; line-height: 1.2; white-space: normal; }
.stratum .value { line-height: 1.15; }
.strata .row { grid-template-columns: 9rem 11rem minmax(0, 1fr) 11.5rem; } .strata .track { grid-column: 3; }
.values.counted { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 0 24px; }
.counted .stratum { grid-template-columns: 7.5rem minmax(0, 1fr); } .counted .track, .counted .value { display: none; }
.keep { position: relative; background: var(--wash); border-radius: 3px; height: 22px; overflow: hidden; }
.keep div { background: var(--c); opacity: 0.28; height: 100%; }
.keep small { position: absolute; inset: 0; padding: 0 7px; line-height: 22px; font-size: 0.78rem;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.stratum.removed .name, .stratum.removed .keep small { color: var(--why); font-weight: 600; }
"""

_TABLES = """
.scroll { overflow-x: auto; margin: 8px 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 0.86rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 9px; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; border-bottom-color: var(--soft); }
th.text, td.text { text-align: left; }
td span { display: block; white-space: nowrap; color: var(--soft); } td b { font-weight: 600; }
td.why { min-width: 9rem; } td.why span { white-space: normal; }
tr.control td, tr.clean td { color: var(--soft); } td.text { white-space: nowrap; } td.wrap { white-space: normal; }
caption { text-align: left; color: var(--soft); font-size: 0.86rem; padding: 6px 0; }
.facts { font-size: 0.88rem; width: auto; } .facts td, .facts th { text-align: left; }
.facts td { overflow-wrap: anywhere; }
.heat { width: auto; border-collapse: separate; border-spacing: 2px; font-size: 0.78rem; }
.heat th, .heat td { border: 0; padding: 3px 4px; }
.heat thead th { vertical-align: bottom; padding: 0 0 4px; }
.heat thead th:first-child { min-width: 9.5rem; }
.heat thead th span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; }
.heat tbody th { position: sticky; left: 0; background: var(--paper); font-weight: 400; color: var(--ink);
  padding-right: 8px; z-index: 1; }
.heat td { min-width: 2.7rem; text-align: center; border-radius: 3px; background: var(--wash);
  background: color-mix(in srgb, var(--heat) var(--h, 0%), var(--wash)); }
.heat td.hot { color: var(--hot); }
.heat th small { display: block; font-weight: 400; text-align: center; }
.heat .few { opacity: 0.45; --heat: var(--soft); }
"""

_GALLERY = """
.shelf h4 { border-top: 2px solid var(--line); padding-top: 8px; margin-top: 22px; }
.shelf.kept h4 { border-top-color: var(--curated); } .shelf.rejected h4 { border-top-color: var(--rejected); }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr)); gap: 12px;
  align-items: start; }
.clips figure { margin: 0; background: var(--wash); border-radius: 6px; overflow: hidden; min-width: 0; }
.clips img { display: block; width: 100%; height: auto; aspect-ratio: 400 / 150; object-fit: contain;
  background: var(--line); }
.clips figure > svg, .blank { display: block; width: 100%; aspect-ratio: 400 / 150; background: var(--line); }
.clips svg path { stroke: var(--soft); stroke-width: 0.7; fill: none; }
.blank { display: flex; align-items: center; justify-content: center; text-align: center; padding: 8px;
  overflow: hidden; color: var(--soft); font-size: 0.78rem; overflow-wrap: anywhere; }
.clips figcaption { margin: 0; padding: 6px 9px 8px; font-size: 0.79rem; line-height: 1.4; }
.clips figcaption b, .clips figcaption span { display: block; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.clips figcaption b { color: var(--ink); }
.clips figcaption .said { white-space: normal; margin-top: 4px; padding-top: 4px; border-top: 1px solid var(--line); }
.clips table { font-size: inherit; margin-top: 3px; } .clips td { padding: 0; border: 0; overflow-wrap: anywhere; }
.clips td:first-child { text-align: left; color: var(--soft); padding-right: 8px; }
.clips td:last-child { color: var(--ink); white-space: nowrap; overflow-wrap: normal; }
.clips tr.why td { color: var(--why); font-weight: 600; }
.clips details { margin: 0; float: right; padding-left: 6px; } .clips details[open] { float: none; padding: 0; }
.clips summary { color: var(--curated); } video, audio { display: block; width: 100%; margin: 4px 0; }
audio { height: 32px; }
"""

_NARROW = """
@media (max-width: 640px) { main { padding: 22px 16px 56px; } h1 { font-size: 1.5rem; }
  nav { margin: 24px -16px 0; padding: 8px 16px; }
  .row { grid-template-columns: minmax(0, 1fr) auto; margin-bottom: 8px; } .row .name { text-align: left; }
  .row .track { grid-row: 2; grid-column: 1 / -1; } .row .name small { display: inline; }
  .row.axis .name, .row.axis .value { display: none; } .row.axis .track { grid-row: 1; }
  .row .value { font-size: 0.78rem; text-align: right; }
  .stratum, .strata .row { grid-template-columns: minmax(0, 1fr) 8.6rem; gap: 2px 12px; }
  .stratum .track { grid-row: 2; grid-column: 1 / -1; } .strata .row .track { grid-row: 1; grid-column: 1 / -1; }
  .stratum .value { grid-row: 3; grid-column: 1 / -1; display: flex; justify-content: space-between; gap: 10px; }
  td.text { white-space: normal; min-width: 6.5rem; } .plane { padding: 8px 6px 0 42px; }
  .funnel { grid-template-columns: 9rem minmax(0, 1fr) auto; font-size: 0.8rem; } }
@media print { nav { display: none; } }
"""

CSS = _COLOURS + _TEXT + _PLOTS + _TABLES + _GALLERY + _NARROW
