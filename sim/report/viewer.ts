/**
 * The part of the report that runs in the browser: it draws the charts from the data in the page.
 *
 * `renderReport` writes these functions into the page by their source text (`VIEWER`), together
 * with the formatters, so that terminal and report write figures alike and the report needs no
 * bundler. Hence each function may use only its arguments, the other functions listed in `VIEWER`,
 * and those of `CHARTS` and `FORMATTERS`.
 */
import type {FillMap, TimeSeries, WaitingHistogram} from '../result.ts';
import {
  escapeText,
  isNarrow,
  keepDrawn,
  legend,
  placeChart,
  timeAxis,
  tooltipStyle,
  valueAxis,
  zoomOf,
  zoomSlider,
  zoomTo,
  type ChartLibrary,
  type ChartTerms,
  type Drawn,
  type Ink,
  type Page,
} from './charts.ts';
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

/** Ticks read `day 3` at midnight and `04:00` between. */
function tickLabel(atMs: number): string {
  return atMs % 86_400_000 === 0 ? `day ${formatCount(atMs / 86_400_000)}` : formatClock(atMs);
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
    dataZoom: [zoomSlider(ink, formatInstantBriefly)],
    xAxis: {
      ...timeAxis(ink, {fromMs: 0, untilMs: Math.max(1, chart.data.endMs)}, formatInstantBriefly),
      axisLabel: {color: ink.muted, hideOverlap: true, formatter: tickLabel},
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

/** Puts every chart that the page has a place for into it, without drawing it yet. */
function placeCharts(
  page: Page,
  library: ChartLibrary,
  data: ChartData,
): ReadonlyMap<string, Drawn> {
  const placed = new Map<string, Drawn>();
  const place = (terms: ChartTerms): void => {
    const drawn = placeChart(page, library, terms);
    if (drawn !== undefined) placed.set(terms.id, drawn);
  };
  for (const [id, timeChart] of Object.entries(timeCharts(data))) {
    place({id, renderer: 'svg', option: (ink) => timeChartOption(ink, timeChart)});
    const chart = placed.get(id)?.chart;
    if (chart !== undefined) chart.group = 'time';
  }
  library.connect('time');
  place({
    id: 'chart-waiting',
    renderer: 'svg',
    option: (ink) => waitingOption(ink, data.waitingHistogram),
  });
  place({
    id: 'chart-fill',
    renderer: 'canvas',
    option: (ink, element) => fillOption(ink, data.fill, isNarrow(element)),
  });
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

function startViewer(page: Page, library: ChartLibrary, data: ChartData): void {
  const charts = placeCharts(page, library, data);
  keepDrawn(page, [...charts.values()]);
  followZoom(page, data, charts);
}

/** Everything the browser needs of this file. */
export const VIEWER: readonly ((...args: never[]) => unknown)[] = [
  tickLabel,
  lineSeries,
  failureLines,
  timeChartOption,
  bucketLabel,
  waitingOption,
  roundStep,
  fillLabels,
  fillSeries,
  fillOption,
  linesOf,
  timeCharts,
  placeCharts,
  followZoom,
  startViewer,
];
