/** Figures for people: a table for the terminal, and one for the manual. */
import Table from 'cli-table3';
import type {Target} from './bench.ts';
import type {Circumstances} from './machine.ts';
import {verdictOf} from './statistics.ts';
import type {Figure} from './statistics.ts';

const HEADINGS = [
  'figure',
  'unit',
  'median',
  'min',
  'max',
  'samples',
  'target',
  'met',
  'ratio',
] as const;

/** Numbers stand to the right. */
const ALIGNMENTS = [
  'left',
  'left',
  'right',
  'right',
  'right',
  'right',
  'right',
  'left',
  'right',
] as const;

type Row = readonly string[];

export function terminalTable(figures: readonly Figure[], targets: readonly Target[]): string {
  const table = new Table({
    head: [...HEADINGS],
    colAligns: [...ALIGNMENTS],
    style: {head: [], border: []},
    chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''},
  });
  for (const row of rowsOf(figures, targets)) table.push([...row]);
  return table.toString();
}

export function markdownTable(figures: readonly Figure[], targets: readonly Target[]): string {
  const rules = ALIGNMENTS.map((alignment) => (alignment === 'right' ? '--:' : '---'));
  const lines: readonly Row[] = [[...HEADINGS], rules, ...rowsOf(figures, targets)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowsOf(figures: readonly Figure[], targets: readonly Target[]): readonly Row[] {
  return figures.map((figure) => {
    const {name, unit, median, min, max, samples} = figure;
    const numbers = [median, min, max].map(showNumber);
    const own = targets.filter((target) => target.name === name);
    return [name, unit, ...numbers, String(samples.length), ...targetCells(figure, own)];
  });
}

function targetCells(figure: Figure, targets: readonly Target[]): Row {
  const [target] = targets;
  if (target === undefined) return ['', '', ''];
  const {isMet, ratio} = verdictOf(figure, target);
  const sign = target.bound === 'atMost' ? '≤' : '≥';
  return [`${sign} ${showNumber(target.value)}`, isMet ? 'yes' : 'NO', ratio.toFixed(2)];
}

/** Three digits that count, and thousands in groups. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const [whole = '', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Where the figures come from, as a list in Markdown. */
export function circumstancesText(circumstances: Circumstances): string {
  const {machine, node, loadBefore, commit, command} = circumstances;
  return [
    `- machine: ${machine}; load average before: ${loadBefore.toFixed(2)}`,
    `- Node ${node}, commit \`${commit}\``,
    `- command: \`${command}\``,
  ].join('\n');
}

/** Puts `block` between the markers of `name` in a page; undefined when it has none. */
export function putBetweenMarkers(page: string, name: string, block: string): string | undefined {
  const opening = `<!-- figures: ${name} -->`;
  const closing = `<!-- end of figures: ${name} -->`;
  const from = page.indexOf(opening);
  const to = page.indexOf(closing);
  if (from === -1 || to < from) return undefined;
  return `${page.slice(0, from + opening.length)}\n${block}\n${page.slice(to)}`;
}
