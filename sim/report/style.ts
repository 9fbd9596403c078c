/**
 * The report's style sheet. Series colours are Okabe and Ito's, which colour-blind readers can tell
 * apart, lightened for the dark scheme; the ramp of the heat map grows evenly in lightness, so it
 * also reads grey.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --text: #16202c; --muted: #5a6675; --line: #dfe4ea;
  --accent: #0b5cad; --good: #0a6e4c; --good-bg: #e5f5ee; --bad: #b3260e; --bad-bg: #fdeeea;
  --down: #d9977a;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #b0568e;
  --series-4: #b98100; --series-5: #4aa3d8; --series-6: #5b5ea6; --series-7: #6b6b6b;
  --ramp-0: #f2f6fa; --ramp-1: #cfe1f0; --ramp-2: #93c0e0; --ramp-3: #4a94c8; --ramp-4: #1b64a0;
  --ramp-5: #08305f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f151c; --surface: #18212b; --text: #e6ebf1; --muted: #9aa8b8; --line: #2c3947;
    --accent: #7dbcf5; --good: #63d3a6; --good-bg: #12302a; --bad: #ff9a85; --bad-bg: #3a1c18;
    --down: #8a4a33;
    --series-0: #56a8e8; --series-1: #f08a4b; --series-2: #35c49a; --series-3: #dd92c0;
    --series-4: #e6b53c; --series-5: #9bd4f5; --series-6: #a5a8ea; --series-7: #b3b3b3;
    --ramp-0: #1d2833; --ramp-1: #1f4261; --ramp-2: #24659a; --ramp-3: #3c8fcb; --ramp-4: #85bfe8;
    --ramp-5: #e2f1fd;
  }
}
@media print {
  :root {
    --page: #ffffff; --surface: #ffffff; --text: #000000; --muted: #444444; --line: #cccccc;
    --accent: #0b5cad; --good: #0a6e4c; --good-bg: #ffffff; --bad: #b3260e; --bad-bg: #ffffff;
    --down: #d9977a;
    --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #b0568e;
    --series-4: #b98100; --series-5: #4aa3d8; --series-6: #5b5ea6; --series-7: #6b6b6b;
    --ramp-0: #f2f6fa; --ramp-1: #cfe1f0; --ramp-2: #93c0e0; --ramp-3: #4a94c8; --ramp-4: #1b64a0;
    --ramp-5: #08305f;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
body { margin: 0; padding: 0 20px 40px; background: var(--page); color: var(--text); }
header, main, footer { max-width: 1120px; margin: 0 auto; }
header { padding-top: 36px; }
.eyebrow { margin: 0; color: var(--accent); font-weight: 600; letter-spacing: .02em; }
h1 { margin: 0 0 8px; font-size: 32px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 40px 0 12px; font-size: 21px; }
h3 { margin: 0; font-size: 16px; }
.headline { margin: 0; max-width: 90ch; font-size: 18px; }
.banner {
  margin: 16px 0 0; padding: 10px 14px; border-radius: 8px; border-left: 4px solid currentColor;
}
.banner.good { color: var(--good); background: var(--good-bg); }
.banner.bad { color: var(--bad); background: var(--bad-bg); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
a { color: inherit; }
.note { margin: 0 0 12px; max-width: 100ch; color: var(--muted); }
.card {
  margin: 0 0 16px; padding: 14px 16px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 10px;
}
ul.card { padding-left: 34px; } ul.card li { overflow-wrap: anywhere; }
.cards {
  display: grid; gap: 12px; margin: 0; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
}
.key { margin: 0; }
dt, .key dd { color: var(--muted); } dd { margin: 0; }
.key .big { color: var(--text); font-size: 28px; font-weight: 600; line-height: 1.25; }
data, td { font-variant-numeric: tabular-nums; } .key data { white-space: nowrap; }
.meter {
  position: relative; display: block; height: 8px; margin: 2px 0 6px; border-radius: 4px;
  background: var(--line);
}
.meter i { display: block; height: 100%; border-radius: 4px; background: var(--series-0); }
.meter b { position: absolute; top: -3px; width: 2px; height: 14px; background: var(--text); }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 16px; }
button {
  padding: 4px 12px; color: var(--accent); background: var(--surface); font: inherit;
  border: 1px solid currentColor; border-radius: 6px; cursor: pointer;
}
figcaption .note { margin: 2px 0 8px; }
.chart { width: 100%; height: 300px; margin-top: 6px; }
#chart-agents { height: 220px; } #chart-waiting { height: 380px; } #chart-fill { height: 560px; }
.swatch { display: inline-block; width: 12px; height: 12px; background: var(--down); }
.scroll {
  margin: 0 0 16px; overflow-x: auto; background: var(--surface); border: 1px solid var(--line);
  border-radius: 10px;
}
table { width: 100%; border-collapse: collapse; }
caption { padding: 12px 16px 6px; font-weight: 600; text-align: left; }
th, td { padding: 6px 16px; text-align: left; vertical-align: top; }
th, td, footer { border-top: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; border-top: 0; white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
tbody tr:hover { background: color-mix(in srgb, var(--line) 35%, transparent); }
.figures { text-align: right; white-space: nowrap; }
footer { margin-top: 40px; padding-top: 12px; color: var(--muted); }
footer p { margin: 0 0 4px; } code { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 560px) {
  body { padding: 0 12px 24px; } h1 { font-size: 26px; } .headline { font-size: 16px; }
  .card { padding: 12px; } th, td { padding: 6px 10px; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 8px; }
  .key .big { font-size: 22px; } #chart-fill { height: 440px; }
}
@media print {
  body { padding: 0; } button { display: none; }
  figure, tr, .key { break-inside: avoid; } h2, caption { break-after: avoid; }
  .chart > div { width: 100% !important; } .chart svg, .chart canvas { max-width: 100%; }
  .scroll { overflow: visible; } th, td { padding: 4px 8px; }
}
`;
