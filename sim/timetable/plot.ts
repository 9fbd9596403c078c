/** The load over time in block characters: what a terminal can show of it. */
import {formatAmount, formatResource} from '../report/format.ts';
import {painter} from './columns.ts';
import {short} from './table.ts';
import type {Timetable, TimetableLoad} from './timetable.ts';

export interface PlotOptions {
  /** Columns of the terminal; 100 by default. */
  readonly width?: number | undefined;
  readonly color: boolean;
}

const WIDTH_DEFAULT = 100;
const ROWS = 8;
/** Eighths of a character, from nothing to all of it. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const AXIS = 10;
const COLUMNS_MIN = 20;

/** One plot for each of cores, memory and whatever else jobs hold: the peak in each column. */
export function renderPlot({from, until, load}: Timetable, options: PlotOptions): string {
  const plots = load
    .filter(({resource}) => resource !== 'disk')
    .map((one) => plotOf(one, {from, until, ...options}));
  return plots.length === 0 ? '' : `${plots.join('\n\n')}\n`;
}

type Frame = PlotOptions & {readonly from: string; readonly until: string};

function plotOf({resource, peak, series}: TimetableLoad, frame: Frame): string {
  const {width = WIDTH_DEFAULT, color, from, until} = frame;
  const paint = painter(color);
  const columns = Math.min(series.peak.length, Math.max(COLUMNS_MIN, width - AXIS - 2));
  const heights = shrunk(series.peak, columns).map((value) =>
    peak === 0 ? 0 : Math.max(value > 0 ? 1 : 0, Math.round((value / peak) * ROWS * 8)),
  );
  const lines = Array.from({length: ROWS}, (_, row) => {
    const base = (ROWS - 1 - row) * 8;
    const bar = heights.map((height) => BLOCKS[Math.min(8, Math.max(0, height - base))] ?? ' ');
    const label = row === 0 ? formatAmount(peak) : row === ROWS - 1 ? '0' : '';
    return `${label.padStart(AXIS)} ${paint('dim', '│')}${paint('cyan', bar.join(''))}`.trimEnd();
  });
  const [start, end] = [short(from), short(until)];
  const between = ' '.repeat(Math.max(1, columns - start.length - end.length));
  return [
    `${paint('bold', resource)}: at most ${formatResource(resource, peak)}`,
    ...lines,
    `${' '.repeat(AXIS)} ${paint('dim', `└${'─'.repeat(columns)}`)}`,
    `${' '.repeat(AXIS + 2)}${start}${between}${end}`,
  ].join('\n');
}

/** The greatest value of as many values as fall into one column. */
function shrunk(values: readonly number[], columns: number): readonly number[] {
  return Array.from({length: columns}, (_, column) => {
    const first = Math.floor((column * values.length) / columns);
    const last = Math.floor(((column + 1) * values.length) / columns);
    return Math.max(...values.slice(first, Math.max(first + 1, last)));
  });
}
