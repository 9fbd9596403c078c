/** What all pages have in common: one HTML file that needs no network and no other file. */
import {CHARTS} from './charts.ts';
import {FORMATTERS} from './format.ts';
import {html, NOTHING, scriptJson, scriptSource, trusted, type Html} from './html-parts.ts';
import {STYLE} from './style.ts';

export interface PageParts {
  readonly title: string;
  /** More for the head of the page. */
  readonly head?: Html;
  /** More than the style that all pages have. */
  readonly style?: string;
  readonly body: Html;
  /** What the viewer draws. */
  readonly data: unknown;
  /**
   * Functions that reach the page by their source text, besides `CHARTS` and `FORMATTERS`. The last
   * one is called with the window, the chart library and the data.
   */
  readonly viewer: readonly ((...args: never[]) => unknown)[];
  /** ECharts' browser build as text. */
  readonly chartLibrary: string;
}

/** The page may run the scripts in it and nothing else: it cannot load or send anything. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

export function renderPage({
  title,
  head = NOTHING,
  style = '',
  body,
  data,
  viewer,
  chartLibrary,
}: PageParts): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${head}
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${trusted(STYLE + style)}
        </style>
      </head>
      <body>
        ${body}
        <script type="application/json" id="data">
          ${scriptJson(data)}
        </script>
        <script>
          ${scriptSource(chartLibrary)};
        </script>
        <script>
          ${scriptSource(viewerScript(viewer))};
        </script>
      </body>
    </html> `;
  return page.markup;
}

function viewerScript(viewer: PageParts['viewer']): string {
  const functions = [...FORMATTERS, ...CHARTS, ...viewer].map(String).join('\n');
  return `'use strict';
(() => {
${functions}
${viewer.at(-1)?.name}(
  window,
  window.echarts,
  JSON.parse(document.getElementById('data').textContent),
);
})();`;
}
