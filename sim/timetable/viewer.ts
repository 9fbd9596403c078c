/**
 * The part of a timetable's page that runs in the browser: loads and runs over time. As in the
 * report of a run (sim/report/viewer.ts), functions reach the page by their source text: each may
 * use only its arguments and the functions listed in `TIMETABLE_VIEWER`, `CHARTS` and `FORMATTERS`.
 */
import {
  escapeText,
  isNarrow,
  keepDrawn,
  legend,
  placeChart,
  timeAxis,
  tooltipStyle,
  valueAxis,
  zoomSlider,
  type ChartLibrary,
  type ChartTerms,
  type Ink,
  type Page,
} from '../report/charts.ts';
import {formatAmount} from '../report/format.ts';

/** What the page carries as JSON. Instants are ms since 1970. */
export interface TimetableData {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly loads: readonly LoadData[];
  /** Rows of the plot of runs, from the top. */
  readonly jobs: readonly string[];
  readonly bars: readonly Bar[];
}

export interface LoadData {
  readonly resource: string;
  /** Unit behind amounts; empty: pieces. */
  readonly unit: string;
  readonly stepMs: number;
  readonly peak: readonly number[];
  readonly byJob: readonly {readonly job: string; readonly mean: readonly number[]}[];
}

/** A run, or what is skipped: row, start, end, what is odd, and the line that tells it. */
export type Bar = readonly [row: number, fromMs: number, untilMs: number, Oddity, text: string];

/** Numbers, for the page to be small: as usual, noted, failed, skipped. */
export type Oddity = 0 | 1 | 2 | 3;

/** What every plot needs. */
interface Sheet {
  readonly ink: Ink;
  readonly data: TimetableData;
  /** `2026-03-29 02:30`, in UTC. */
  readonly clock: (ms: number) => string;
}

/** The chart library can also write instants: so no clock of the browser is asked. */
interface TellingLibrary extends ChartLibrary {
  readonly time: {format(ms: number, template: string, isUTC: boolean): string};
}

/** What is out of sight stays in the plots: a bar may begin before what is seen of it. */
function slider({ink, clock}: Sheet, left: number): object {
  return {...zoomSlider(ink, clock), left, filterMode: 'none'};
}

function loadOption(sheet: Sheet, load: LoadData): object {
  const {ink, data, clock} = sheet;
  // A job has one colour in all plots.
  const colours = [...new Set(data.loads.flatMap(({byJob}) => byJob.map(({job}) => job)))];
  const colourOf = (job: string): string =>
    ink.series[colours.indexOf(job) % ink.series.length] ?? ink.text;
  // Each value holds until the next one, and the last one until the end.
  const points = (values: readonly number[]): readonly (readonly [number, number])[] =>
    [...values, values.at(-1) ?? 0].map((value, part) => [
      Math.round(data.fromMs + part * load.stepMs),
      value,
    ]);
  const amount = (value: number): string => `${formatAmount(value)}${load.unit}`;
  const areas = load.byJob.map(({job, mean}) => ({
    name: job,
    type: 'line',
    step: 'end',
    stack: 'all',
    showSymbol: false,
    data: points(mean),
    itemStyle: {color: colourOf(job)},
    lineStyle: {width: 0},
    areaStyle: {color: colourOf(job), opacity: 0.75},
    emphasis: {disabled: true},
  }));
  const peak = {
    name: 'peak',
    type: 'line',
    step: 'end',
    showSymbol: false,
    data: points(load.peak),
    itemStyle: {color: ink.text},
    lineStyle: {color: ink.text, width: 1.25},
    emphasis: {disabled: true},
  };
  return {
    animation: false,
    useUTC: true,
    textStyle: {fontFamily: ink.font},
    grid: {left: 64, right: 30, top: 42, bottom: 66},
    legend: {...legend(ink, [...load.byJob.map(({job}) => job), 'peak']), itemHeight: 10},
    tooltip: {...tooltipStyle(ink), trigger: 'axis', valueFormatter: amount},
    dataZoom: [slider(sheet, 64)],
    xAxis: timeAxis(ink, data, clock),
    yAxis: {
      ...valueAxis(
        ink,
        load.unit === '' ? load.resource : `${load.resource} (${load.unit.trim()})`,
      ),
      axisLabel: {color: ink.muted, formatter: (value: number) => formatAmount(value)},
    },
    series: [...areas, peak],
  };
}

interface Drawing {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
  size(extent: readonly [number, number]): readonly [number, number];
}

interface DrawnArea {
  readonly coordSys: {
    readonly x: number;
    readonly width: number;
  };
}

/** A bar from start to end, wide enough to be seen and no further than the plot. */
function barShape(ink: Ink, {coordSys}: DrawnArea, api: Drawing): object | undefined {
  const [row, from, until, oddity] = [0, 1, 2, 3].map((dimension) => api.value(dimension));
  const [left, middle] = api.coord([from ?? 0, row ?? 0]);
  const [right] = api.coord([until ?? 0, row ?? 0]);
  const height = Math.max(3, Math.min(18, api.size([0, 1])[1] * 0.7));
  const start = Math.max(left, coordSys.x);
  const end = Math.min(Math.max(right, left + 2.5), coordSys.x + coordSys.width);
  if (end <= start) return undefined;
  const colours = [ink.series[0], ink.series[1], ink.bad, ink.down];
  return {
    type: 'rect',
    shape: {x: start, y: middle - height / 2, width: end - start, height, r: 1},
    style: {fill: colours[oddity ?? 0]},
  };
}

function barsOption(sheet: Sheet, narrow: boolean): object {
  const {ink, data, clock} = sheet;
  const left = narrow ? 96 : 190;
  return {
    animation: false,
    useUTC: true,
    textStyle: {fontFamily: ink.font},
    grid: {left, right: 30, top: 12, bottom: 66},
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'item',
      formatter: ({data: bar}: {data: Bar}): string => {
        const name = escapeText(data.jobs[bar[0]] ?? '');
        return `<b>${name}</b><br>${escapeText(bar[4]).replaceAll('\n', '<br>')}`;
      },
    },
    dataZoom: [slider(sheet, left)],
    xAxis: {...timeAxis(ink, data, clock), splitLine: {show: true, lineStyle: {color: ink.line}}},
    yAxis: {
      type: 'category',
      inverse: true,
      data: data.jobs,
      axisTick: {show: false},
      axisLine: {show: false},
      axisLabel: {color: ink.text, width: narrow ? 88 : 180, overflow: 'truncate', interval: 0},
      splitLine: {show: true, lineStyle: {color: ink.line}},
    },
    series: [
      {
        type: 'custom',
        renderItem: (area: DrawnArea, api: Drawing) => barShape(ink, area, api),
        encode: {x: [1, 2], y: 0},
        data: data.bars,
      },
    ],
  };
}

function startTimetable(page: Page, library: TellingLibrary, data: TimetableData): void {
  const clock = (ms: number): string => library.time.format(ms, '{yyyy}-{MM}-{dd} {HH}:{mm}', true);
  const loads = data.loads.map((load): ChartTerms => ({
    id: `load-${load.resource}`,
    renderer: 'svg',
    option: (ink) => loadOption({ink, data, clock}, load),
  }));
  const runs: ChartTerms = {
    id: 'runs',
    renderer: 'canvas',
    option: (ink, element) => barsOption({ink, data, clock}, isNarrow(element)),
  };
  const charts = [...loads, runs].flatMap((terms) => placeChart(page, library, terms) ?? []);
  for (const {chart} of charts) chart.group = 'time';
  library.connect('time');
  keepDrawn(page, charts);
}

/** Everything the browser needs of this file. */
export const TIMETABLE_VIEWER: readonly ((...args: never[]) => unknown)[] = [
  slider,
  loadOption,
  barShape,
  barsOption,
  startTimetable,
];
