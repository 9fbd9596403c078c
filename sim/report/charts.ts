/**
 * What all pages with charts have in common in the browser: colours, styles, axes of time, and
 * charts that keep up with the page.
 *
 * These functions reach a page by their source text (`CHARTS`, see `page.ts`). Hence each may use
 * only its arguments and the other functions listed there.
 */

/** Colours of the present scheme, read from the page's style sheet. */
export interface Ink {
  /**
   * Font family of the page: the chart library measures text with it, so `inherit` would not do.
   */
  readonly font: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly bad: string;
  readonly down: string;
  readonly series: readonly string[];
  readonly ramp: readonly string[];
}

// The few members of the browser and of the chart library that are used. The compiler's own browser
// types are not loaded: they would put `document` and its kin within reach of the whole project.
export interface PageElement {
  readonly clientWidth: number;
  textContent: string;
  hidden: boolean;
  readonly dataset: Record<string, string | undefined>;
  addEventListener(type: string, listener: () => void): void;
}

export interface Chart {
  group: string;
  setOption(option: object, notMerge?: boolean): void;
  getOption():
    | undefined
    | {readonly dataZoom?: readonly {readonly start: number; readonly end: number}[]};
  dispatchAction(action: object): void;
  resize(): void;
  on(event: string, handler: () => void): void;
}

export interface ChartLibrary {
  init(element: PageElement, theme: null, options: {renderer: string}): Chart;
  connect(group: string): void;
}

export interface Page {
  readonly document: {
    readonly documentElement: PageElement;
    getElementById(id: string): PageElement | null;
  };
  getComputedStyle(element: PageElement): {
    readonly fontFamily: string;
    getPropertyValue(name: string): string;
  };
  matchMedia(query: string): {addEventListener(type: 'change', listener: () => void): void};
  readonly ResizeObserver: new (listener: () => void) => {observe(element: PageElement): void};
}

export function readInk(page: Page): Ink {
  const style = page.getComputedStyle(page.document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const numbered = (name: string, count: number): string[] =>
    Array.from({length: count}, (_, index) => colour(`${name}-${index}`));
  return {
    font: style.fontFamily,
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    surface: colour('surface'),
    bad: colour('bad'),
    down: colour('down'),
    series: numbered('series', 8),
    ramp: numbered('ramp', 6),
  };
}

export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '"': '&quot;'};
  return text.replace(/[&<"]/g, (character) => entities[character] ?? character);
}

export function tooltipStyle(ink: Ink): object {
  return {
    confine: true,
    backgroundColor: ink.surface,
    borderColor: ink.line,
    textStyle: {color: ink.text, fontSize: 13},
  };
}

export function valueAxis(ink: Ink, title: string): object {
  return {
    type: 'value',
    name: title,
    nameLocation: 'end',
    nameTextStyle: {color: ink.muted, align: 'left', padding: [0, 0, 4, -44]},
    min: 0,
    axisLine: {show: false},
    axisLabel: {color: ink.muted},
    splitLine: {lineStyle: {color: ink.line}},
  };
}

export function legend(ink: Ink, names: readonly string[]): object {
  return {
    data: names,
    type: 'scroll',
    top: 0,
    right: 0,
    left: 'auto',
    align: 'left',
    icon: 'roundRect',
    itemWidth: 14,
    itemHeight: 4,
    textStyle: {color: ink.text},
    pageTextStyle: {color: ink.muted},
    pageIconColor: ink.text,
    pageIconInactiveColor: ink.line,
  };
}

/** The slider below a chart over time; `clock` writes its instants. */
export function zoomSlider(ink: Ink, clock: (atMs: number) => string): object {
  return {
    id: 'zoom',
    type: 'slider',
    height: 22,
    bottom: 6,
    left: 56,
    right: 30,
    showDataShadow: false,
    brushSelect: false,
    borderColor: ink.line,
    fillerColor: `${ink.series[0]}22`,
    backgroundColor: 'transparent',
    moveHandleSize: 0,
    handleStyle: {color: ink.surface, borderColor: ink.muted},
    textStyle: {color: ink.muted},
    labelFormatter: (atMs: number): string => clock(atMs),
  };
}

/** An axis of time; `clock` writes the instant below the pointer. */
export function timeAxis(
  ink: Ink,
  {fromMs, untilMs}: {readonly fromMs: number; readonly untilMs: number},
  clock: (atMs: number) => string,
): object {
  return {
    type: 'time',
    min: fromMs,
    max: untilMs,
    axisLine: {lineStyle: {color: ink.line}},
    axisTick: {lineStyle: {color: ink.line}},
    axisLabel: {color: ink.muted, hideOverlap: true},
    axisPointer: {label: {formatter: ({value}: {value: number}) => clock(value)}},
  };
}

/** A chart of the page, and how to draw it anew with the present colours and width. */
export interface Drawn {
  readonly element: PageElement;
  readonly chart: Chart;
  readonly draw: () => void;
}

export function isNarrow(element: PageElement): boolean {
  return element.clientWidth < 560;
}

export function zoomOf(chart: Chart): {readonly start: number; readonly end: number} {
  return chart.getOption()?.dataZoom?.[0] ?? {start: 0, end: 100};
}

export function zoomTo(
  chart: Chart,
  {start, end}: {readonly start: number; readonly end: number},
): void {
  chart.dispatchAction({type: 'dataZoom', dataZoomId: 'zoom', start, end});
}

export interface ChartTerms {
  /** Of its element. */
  readonly id: string;
  readonly renderer: 'canvas' | 'svg';
  readonly option: (ink: Ink, element: PageElement) => object;
}

/** A chart in its place, not drawn yet; undefined: the page has no place for it. */
export function placeChart(
  page: Page,
  library: ChartLibrary,
  {id, renderer, option}: ChartTerms,
): Drawn | undefined {
  const element = page.document.getElementById(id);
  if (element === null) return undefined;
  const chart = library.init(element, null, {renderer});
  chart.on('finished', () => {
    element.dataset['drawn'] = 'true';
  });
  const draw = (): void => {
    const zoom = zoomOf(chart);
    chart.setOption(option(readInk(page), element), true);
    if (zoom.start > 0 || zoom.end < 100) zoomTo(chart, zoom);
  };
  return {element, chart, draw};
}

/** Draws all charts, and again when the colour scheme, the width or the medium changes. */
export function keepDrawn(page: Page, charts: readonly Drawn[]): void {
  for (const {draw} of charts) draw();
  for (const {element, chart, draw} of charts) {
    let wasNarrow = isNarrow(element);
    new page.ResizeObserver(() => {
      chart.resize();
      if (isNarrow(element) !== wasNarrow) draw();
      wasNarrow = isNarrow(element);
    }).observe(element);
  }
  const redraw = (): void => {
    for (const {chart, draw} of charts) {
      chart.resize();
      draw();
    }
  };
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    page.matchMedia(query).addEventListener('change', redraw);
  }
}

/** Everything the browser needs of this file. */
export const CHARTS: readonly ((...args: never[]) => unknown)[] = [
  readInk,
  escapeText,
  tooltipStyle,
  valueAxis,
  legend,
  zoomSlider,
  timeAxis,
  isNarrow,
  zoomOf,
  zoomTo,
  placeChart,
  keepDrawn,
];
