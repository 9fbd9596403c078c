/**
 * The part of a timetable's page that runs in the browser: loads and runs over time. As in the
 * report of a run (sim/report/viewer.ts), functions reach the page by their source text: each may
 * use only its arguments and the functions listed in `TIMETABLE_VIEWER` and `FORMATTERS`.
 */
import {formatAmount} from '../report/format.ts';
import {
  escapeText,
  isNarrow,
  legend,
  readInk,
  tooltipStyle,
  valueAxis,
  type ChartLibrary,
  type Ink,
  type Page,
  type PageElement,
} from '../report/viewer.ts';

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

function slider({ink, clock}: Sheet): object {
  return {
    id: 'zoom',
    type: 'slider',
    height: 22,
    bottom: 6,
    left: 64,
    right: 30,
    showDataShadow: false,
    brushSelect: false,
    filterMode: 'none',
    borderColor: ink.line,
    fillerColor: `${ink.series[0]}22`,
    backgroundColor: 'transparent',
    moveHandleSize: 0,
    handleStyle: {color: ink.surface, borderColor: ink.muted},
    textStyle: {color: ink.muted},
    labelFormatter: (atMs: number): string => clock(atMs),
  };
}

function timeAxis({ink, data: {fromMs, untilMs}, clock}: Sheet): object {
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

function loadOption(sheet: Sheet, load: LoadData): object {
  const {ink, data} = sheet;
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
    dataZoom: [slider(sheet)],
    xAxis: timeAxis(sheet),
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
  const {ink, data} = sheet;
  return {
    animation: false,
    useUTC: true,
    textStyle: {fontFamily: ink.font},
    grid: {left: narrow ? 96 : 190, right: 30, top: 12, bottom: 66},
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'item',
      formatter: ({data: bar}: {data: Bar}): string => {
        const name = escapeText(data.jobs[bar[0]] ?? '');
        return `<b>${name}</b><br>${escapeText(bar[4]).replaceAll('\n', '<br>')}`;
      },
    },
    dataZoom: [{...slider(sheet), left: narrow ? 96 : 190}],
    xAxis: {...timeAxis(sheet), splitLine: {show: true, lineStyle: {color: ink.line}}},
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

/** Draws all charts, and again when the colour scheme or the width changes. */
function startTimetable(page: Page, library: TellingLibrary, data: TimetableData): void {
  const clock = (ms: number): string => library.time.format(ms, '{yyyy}-{MM}-{dd} {HH}:{mm}', true);
  const drawings: (() => void)[] = [];
  const place = (id: string, option: (sheet: Sheet, element: PageElement) => object): void => {
    const element = page.document.getElementById(id);
    if (element === null) return;
    const chart = library.init(element, null, {renderer: id === 'runs' ? 'canvas' : 'svg'});
    chart.group = 'time';
    chart.on('finished', () => {
      element.dataset['drawn'] = 'true';
    });
    const draw = (): void => {
      const {start = 0, end = 100} = chart.getOption()?.dataZoom?.[0] ?? {};
      chart.setOption(option({ink: readInk(page), data, clock}, element), true);
      if (start > 0 || end < 100) {
        chart.dispatchAction({type: 'dataZoom', dataZoomId: 'zoom', start, end});
      }
    };
    drawings.push(draw);
    draw();
    let wasNarrow = isNarrow(element);
    new page.ResizeObserver(() => {
      chart.resize();
      if (isNarrow(element) !== wasNarrow) draw();
      wasNarrow = isNarrow(element);
    }).observe(element);
  };
  for (const load of data.loads) {
    place(`load-${load.resource}`, (sheet) => loadOption(sheet, load));
  }
  place('runs', (sheet, element) => barsOption(sheet, isNarrow(element)));
  library.connect('time');
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    page.matchMedia(query).addEventListener('change', () => {
      for (const draw of drawings) draw();
    });
  }
}

/** Everything the browser needs of this file and of the report's viewer; the start last. */
export const TIMETABLE_VIEWER: readonly ((...args: never[]) => unknown)[] = [
  readInk,
  escapeText,
  tooltipStyle,
  valueAxis,
  legend,
  isNarrow,
  slider,
  timeAxis,
  loadOption,
  barShape,
  barsOption,
  startTimetable,
];
