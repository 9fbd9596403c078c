/**
 * The part of the report that runs in the browser: it draws the charts from the data in the page.
 *
 * `renderReport` writes these functions into the page by their source text (`VIEWER`), together
 * with the formatters, so that terminal and report write figures alike and the report needs no
 * bundler. Hence each function may use only its arguments, the other functions listed in `VIEWER`,
 * and those of `FORMATTERS`.
 */
import type {FillMap, TimeSeries, WaitingHistogram} from '../result.ts';
import {
  formatAmount,
  formatClock,
  formatCompact,
  formatCount,
  formatDuration,
  formatInstantBriefly,
  formatRatio,
} from './format.ts';

/** What the page carries as JSON for the charts. */
export interface ChartData {
  readonly endMs: number;
  readonly series: TimeSeries;
  readonly waitingHistogram: WaitingHistogram;
  readonly fill: FillMap;
  /** Instants at which an expectation failed first: drawn as vertical lines. */
  readonly failures: readonly number[];
}

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

interface Line {
  readonly name: string;
  readonly values: readonly number[];
  /** Place in the palette. */
  readonly colour: number;
  readonly filled: boolean;
}

interface TimeChart {
  readonly data: ChartData;
  readonly lines: readonly Line[];
  readonly unit: 'tasks' | 'agents' | 'ratio';
  /** What the axis measures, with its unit. */
  readonly title: string;
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

interface Chart {
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

/** Ticks read `day 3` at midnight and `04:00` between. */
function tickLabel(atMs: number): string {
  return atMs % 86_400_000 === 0 ? `day ${formatCount(atMs / 86_400_000)}` : formatClock(atMs);
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

/** Colours repeat after eight lines; the dashes then tell them apart, as they do without colour. */
function lineSeries(ink: Ink, chart: TimeChart, line: Line): object {
  const color = ink.series[line.colour % ink.series.length];
  const dashes = ['solid', [6, 3], [2, 2], [8, 3, 2, 3]];
  return {
    name: line.name,
    type: 'line',
    data: chart.data.series.atMs.map((atMs, row) => [atMs, line.values[row]]),
    showSymbol: chart.data.series.atMs.length < 2,
    sampling: 'minmax',
    itemStyle: {color},
    lineStyle: {
      color,
      width: 1.75,
      type: line.filled ? 'solid' : dashes[line.colour % dashes.length],
    },
    areaStyle: line.filled ? {color, opacity: 0.16} : undefined,
    emphasis: {disabled: true},
  };
}

function failureLines(ink: Ink, data: ChartData): object {
  return {
    name: 'failed expectation',
    type: 'line',
    data: [],
    itemStyle: {color: ink.bad},
    markLine: {
      symbol: 'none',
      silent: true,
      label: {show: false},
      lineStyle: {color: ink.bad, type: 'dashed', width: 1.5},
      data: data.failures.map((atMs) => ({xAxis: atMs})),
    },
  };
}

function zoomSlider(ink: Ink): object {
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
    labelFormatter: (atMs: number): string => formatInstantBriefly(atMs),
  };
}

function timeChartOption(ink: Ink, chart: TimeChart): object {
  const ratio = chart.unit === 'ratio';
  const amount = (value: number): string =>
    ratio ? formatRatio(value) : `${formatCount(value)} ${chart.unit}`;
  return {
    animation: false,
    useUTC: true,
    textStyle: {fontFamily: ink.font},
    grid: {left: 56, right: 30, top: 42, bottom: 66},
    legend: legend(
      ink,
      chart.lines.map(({name}) => name),
    ),
    tooltip: {...tooltipStyle(ink), trigger: 'axis', valueFormatter: amount},
    dataZoom: [zoomSlider(ink)],
    xAxis: {
      type: 'time',
      min: 0,
      max: Math.max(1, chart.data.endMs),
      axisLine: {lineStyle: {color: ink.line}},
      axisTick: {lineStyle: {color: ink.line}},
      axisLabel: {color: ink.muted, hideOverlap: true, formatter: tickLabel},
      axisPointer: {label: {formatter: ({value}: {value: number}) => formatInstantBriefly(value)}},
    },
    yAxis: {
      ...valueAxis(ink, chart.title),
      // Losses of a few agents among thousands would not show above 0.
      ...(chart.unit === 'agents' ? {min: null, scale: true} : {}),
      minInterval: ratio ? 0 : 1,
      axisLabel: {
        color: ink.muted,
        formatter: (value: number): string =>
          ratio ? `${formatAmount(Number((value * 100).toFixed(3)))}%` : formatCompact(value),
      },
    },
    series: [
      ...chart.lines.map((line) => lineSeries(ink, chart, line)),
      ...(chart.data.failures.length > 0 ? [failureLines(ink, chart.data)] : []),
    ],
  };
}

function bucketLabel(upperMs: number): string {
  return upperMs === 0 ? 'none' : `≤ ${formatDuration(upperMs)}`;
}

/**
 * Grouped bars, tasks on a log axis: without it the many that never wait hide the few that wait
 * long.
 */
function waitingOption(ink: Ink, histogram: WaitingHistogram): object {
  const frameworks = Object.entries(histogram.byFramework);
  const totals = new Map(
    frameworks.map(([name, counts]) => [name, counts.reduce((a, b) => a + b, 0)]),
  );
  interface Bar {
    readonly seriesName: string;
    readonly marker: string;
    readonly name: string;
    readonly data: number | null;
  }
  const line = (bar: Bar): string => {
    const count = bar.data ?? 0;
    const part = formatRatio(count / Math.max(1, totals.get(bar.seriesName) ?? 0));
    const name = escapeText(bar.seriesName);
    return `${bar.marker}${name}: <b>${formatCount(count)}</b> tasks (${part})`;
  };
  return {
    animation: false,
    textStyle: {fontFamily: ink.font},
    grid: {left: 56, right: 16, top: 42, bottom: 84},
    legend: {...legend(ink, [...totals.keys()]), itemHeight: 10},
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'axis',
      axisPointer: {type: 'shadow'},
      formatter: (bars: readonly Bar[]): string =>
        [`waited ${bars[0]?.name ?? ''}`, ...bars.map(line)].join('<br>'),
    },
    xAxis: {
      type: 'category',
      name: 'waiting time (upper bound of the bucket)',
      nameLocation: 'middle',
      nameGap: 62,
      nameTextStyle: {color: ink.muted},
      data: histogram.upperMs.map(bucketLabel),
      axisLine: {lineStyle: {color: ink.line}},
      axisTick: {show: false},
      axisLabel: {color: ink.muted, rotate: 45, hideOverlap: true},
    },
    yAxis: {
      ...valueAxis(ink, 'tasks (log scale)'),
      type: 'log',
      // Bars stand on one half, so that the bar of a single task can be seen.
      min: 0.5,
      startValue: 0.5,
      axisLabel: {
        color: ink.muted,
        formatter: (value: number): string => (value < 1 ? '' : formatCompact(value)),
      },
    },
    series: frameworks.map(([name, counts], index) => ({
      name,
      type: 'bar',
      barGap: '8%',
      barCategoryGap: '24%',
      data: counts.map((count) => (count === 0 ? null : count)),
      itemStyle: {color: ink.series[index % ink.series.length], borderRadius: [2, 2, 0, 0]},
    })),
  };
}

/** A round step of virtual time that puts at most `labelsMax` labels on a span. */
function roundStep(spanMs: number, labelsMax: number): number {
  const hour = 3_600_000;
  const steps = [1, 10, 60].flatMap((unit) => [1, 5, 15, 30].map((n) => n * unit * 1000));
  steps.push(hour, 3 * hour, 6 * hour, 12 * hour);
  for (let days = 1; days < 100_000; days *= 10) {
    steps.push(24 * hour * days, 48 * hour * days, 120 * hour * days);
  }
  return steps.find((step) => spanMs / step <= labelsMax) ?? spanMs;
}

/** The heat map's columns are samples, not a time axis: label those where a round step begins. */
function fillLabels(fill: FillMap, labelsMax: number, zoom: {start: number; end: number}): object {
  const spanMs = ((fill.atMs.at(-1) ?? 0) * (zoom.end - zoom.start)) / 100;
  const step = roundStep(spanMs, labelsMax);
  const starts = (column: number): boolean =>
    column === 0 ||
    Math.floor((fill.atMs[column] ?? 0) / step) !== Math.floor((fill.atMs[column - 1] ?? 0) / step);
  const label = (atMs: string): string => tickLabel(Math.floor(Number(atMs) / step) * step);
  return {axisTick: {interval: starts}, axisLabel: {interval: starts, formatter: label}};
}

function fillSeries(ink: Ink, fill: FillMap): object[] {
  const up: (readonly number[])[] = [];
  const down: (readonly number[])[] = [];
  fill.cells.forEach((row, rowIndex) => {
    row.forEach((ratio, column) => {
      if (ratio < 0) down.push([column, rowIndex, ratio]);
      else up.push([column, rowIndex, ratio]);
    });
  });
  const common = {type: 'heatmap', progressive: 0, emphasis: {disabled: true}};
  return [
    {...common, name: 'fill', data: up},
    {...common, name: 'all agents of the row down', data: down, itemStyle: {color: ink.down}},
  ];
}

function fillOption(ink: Ink, fill: FillMap, narrow: boolean): object {
  const labels = fillLabels(fill, narrow ? 4 : 10, {start: 0, end: 100});
  const axis = {
    axisLine: {lineStyle: {color: ink.line}},
    splitArea: {show: false},
    splitLine: {show: false},
  };
  const cell = ({data}: {data: readonly [number, number, number]}): string => {
    const [column, row, ratio] = data;
    const state = ratio < 0 ? 'all down' : `${formatRatio(ratio)} of ${fill.resource} in use`;
    const instant = formatInstantBriefly(fill.atMs[column] ?? 0);
    return `${instant}<br>${escapeText(fill.rows[row] ?? '')}<br><b>${escapeText(state)}</b>`;
  };
  return {
    animation: false,
    textStyle: {fontFamily: ink.font},
    grid: {left: narrow ? 84 : 150, right: 16, top: 8, bottom: 76},
    tooltip: {...tooltipStyle(ink), trigger: 'item', formatter: cell},
    dataZoom: [{id: 'zoom', type: 'inside', disabled: true, filterMode: 'none'}],
    visualMap: {
      seriesIndex: 0,
      min: 0,
      max: 1,
      calculable: false,
      orient: 'horizontal',
      left: 'center',
      bottom: 0,
      itemWidth: 12,
      itemHeight: narrow ? 120 : 220,
      text: ['100% in use', '0%'],
      textStyle: {color: ink.muted},
      inRange: {color: ink.ramp},
    },
    xAxis: {
      ...axis,
      type: 'category',
      data: fill.atMs.map(String),
      ...labels,
      axisLabel: {...(labels as {axisLabel: object}).axisLabel, color: ink.muted},
    },
    yAxis: {
      ...axis,
      type: 'category',
      inverse: true,
      data: fill.rows,
      axisTick: {show: false},
      axisLabel: {color: ink.muted, width: narrow ? 76 : 140, overflow: 'truncate', fontSize: 11},
    },
    series: fillSeries(ink, fill),
  };
}

function linesOf(columns: Readonly<Record<string, readonly number[]>>): Line[] {
  return Object.entries(columns).map(([name, values], colour) => ({
    name,
    values,
    colour,
    filled: false,
  }));
}

/** Every time chart of the page, by the id of its element. */
function timeCharts(data: ChartData): Readonly<Record<string, TimeChart>> {
  const {series} = data;
  const running = {name: 'running', values: series.runningTasks, colour: 0, filled: true};
  const waiting = {name: 'waiting', values: series.waitingTasks, colour: 1, filled: true};
  const agents = {name: 'agents up', values: series.agentsUp, colour: 4, filled: false};
  return {
    'chart-utilisation': {
      data,
      lines: linesOf(series.usedRatio),
      unit: 'ratio',
      title: 'in use (%)',
    },
    'chart-tasks': {data, lines: [running, waiting], unit: 'tasks', title: 'tasks'},
    'chart-shares': {
      data,
      lines: linesOf(series.shareRatio),
      unit: 'ratio',
      title: 'dominant share (%)',
    },
    'chart-agents': {data, lines: [agents], unit: 'agents', title: 'agents (not from 0)'},
  };
}

/** A chart of the page, and how to draw it anew with the present colours and width. */
interface Drawn {
  readonly element: PageElement;
  readonly chart: Chart;
  readonly draw: () => void;
}

export function isNarrow(element: PageElement): boolean {
  return element.clientWidth < 560;
}

function zoomOf(chart: Chart): {readonly start: number; readonly end: number} {
  return chart.getOption()?.dataZoom?.[0] ?? {start: 0, end: 100};
}

function zoomTo(chart: Chart, {start, end}: {readonly start: number; readonly end: number}): void {
  chart.dispatchAction({type: 'dataZoom', dataZoomId: 'zoom', start, end});
}

/** Puts every chart that the page has a place for into it, without drawing it yet. */
function placeCharts(
  page: Page,
  library: ChartLibrary,
  data: ChartData,
): ReadonlyMap<string, Drawn> {
  const placed = new Map<string, Drawn>();
  const place = (
    id: string,
    renderer: string,
    option: (ink: Ink, element: PageElement) => object,
  ): void => {
    const element = page.document.getElementById(id);
    if (element === null) return;
    const chart = library.init(element, null, {renderer});
    chart.on('finished', () => {
      element.dataset['drawn'] = 'true';
    });
    const draw = (): void => {
      const zoom = zoomOf(chart);
      chart.setOption(option(readInk(page), element), true);
      if (zoom.start > 0 || zoom.end < 100) zoomTo(chart, zoom);
    };
    placed.set(id, {element, chart, draw});
  };
  for (const [id, timeChart] of Object.entries(timeCharts(data))) {
    place(id, 'svg', (ink) => timeChartOption(ink, timeChart));
    const chart = placed.get(id)?.chart;
    if (chart !== undefined) chart.group = 'time';
  }
  library.connect('time');
  place('chart-waiting', 'svg', (ink) => waitingOption(ink, data.waitingHistogram));
  place('chart-fill', 'canvas', (ink, element) => fillOption(ink, data.fill, isNarrow(element)));
  return placed;
}

/**
 * The chart library zooms the time charts together. The heat map's samples are not on a time axis,
 * so it follows by hand, as does the button that shows the whole run.
 */
function followZoom(page: Page, data: ChartData, charts: ReadonlyMap<string, Drawn>): void {
  const leader = charts.get('chart-utilisation')?.chart;
  const fill = charts.get('chart-fill');
  const reset = page.document.getElementById('zoom-reset');
  leader?.on('datazoom', () => {
    const zoom = zoomOf(leader);
    if (reset !== null) reset.hidden = zoom.start <= 0 && zoom.end >= 100;
    if (fill === undefined) return;
    const labels = fillLabels(data.fill, isNarrow(fill.element) ? 4 : 10, zoom);
    fill.chart.setOption({xAxis: labels});
    zoomTo(fill.chart, zoom);
  });
  reset?.addEventListener('click', () => {
    if (leader !== undefined) zoomTo(leader, {start: 0, end: 100});
  });
}

/** Draws all charts, and again when the colour scheme, the width or the medium changes. */
function startViewer(page: Page, library: ChartLibrary, data: ChartData): void {
  const charts = placeCharts(page, library, data);
  for (const {draw} of charts.values()) draw();
  followZoom(page, data, charts);
  for (const {element, chart, draw} of charts.values()) {
    let wasNarrow = isNarrow(element);
    new page.ResizeObserver(() => {
      chart.resize();
      if (isNarrow(element) !== wasNarrow) draw();
      wasNarrow = isNarrow(element);
    }).observe(element);
  }
  const redraw = (): void => {
    for (const {chart, draw} of charts.values()) {
      chart.resize();
      draw();
    }
  };
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    page.matchMedia(query).addEventListener('change', redraw);
  }
}

/** Everything the browser needs of this file; `startViewer` last. */
export const VIEWER: readonly ((...args: never[]) => unknown)[] = [
  readInk,
  escapeText,
  tickLabel,
  tooltipStyle,
  valueAxis,
  legend,
  lineSeries,
  failureLines,
  zoomSlider,
  timeChartOption,
  bucketLabel,
  waitingOption,
  roundStep,
  fillLabels,
  fillSeries,
  fillOption,
  linesOf,
  timeCharts,
  isNarrow,
  zoomOf,
  zoomTo,
  placeCharts,
  followZoom,
  startViewer,
];
