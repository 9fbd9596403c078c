/** Figures for people: a table for the terminal, and one for the manual. */
import Table from 'cli-table3';
import type {Comparison, Target} from './bench.ts';
import type {Circumstances} from './machine.ts';
import {verdictOf} from './statistics.ts';
import type {Figure} from './statistics.ts';

interface Column {
  readonly heading: string;
  readonly alignment: 'left' | 'right';
}

/** Numbers stand to the right. */
const left = (heading: string): Column => ({heading, alignment: 'left'});
const right = (heading: string): Column => ({heading, alignment: 'right'});

type Row = readonly string[];

/** What figures are held against. */
export interface Measure {
  readonly targets: readonly Target[];
  readonly comparison?: Comparison | undefined;
}

function columnsOf({comparison}: Measure): readonly Column[] {
  return [
    left('figure'),
    left('unit'),
    ...['median', 'min', 'max', 'samples'].map(right),
    ...(comparison === undefined ? [] : [right(comparison.with), right('gain')]),
    right('target'),
    left('met'),
    right('ratio'),
  ];
}

export function terminalTable(figures: readonly Figure[], measure: Measure): string {
  const columns = columnsOf(measure);
  const table = new Table({
    head: columns.map(({heading}) => heading),
    colAligns: columns.map(({alignment}) => alignment),
    style: {head: [], border: []},
    chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''},
  });
  for (const row of rowsOf(figures, measure)) table.push([...row]);
  return table.toString();
}

export function markdownTable(figures: readonly Figure[], measure: Measure): string {
  const columns = columnsOf(measure);
  const headings = columns.map(({heading}) => heading);
  const rules = columns.map(({alignment}) => (alignment === 'right' ? '--:' : '---'));
  const lines: readonly Row[] = [headings, rules, ...rowsOf(figures, measure)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowsOf(figures: readonly Figure[], {targets, comparison}: Measure): readonly Row[] {
  return figures.map((figure) => {
    const {name, unit, median, min, max, samples} = figure;
    const numbers = [median, min, max].map(showNumber);
    const own = targets.filter((target) => target.name === name);
    return [
      ...[name, unit, ...numbers, String(samples.length)],
      ...(comparison === undefined ? [] : comparisonCells(figure, comparison)),
      ...targetCells(figure, own),
    ];
  });
}

/** The other program's figure, and how many times ours it is. */
function comparisonCells({name, median}: Figure, {figures}: Comparison): Row {
  const theirs = figures.get(name);
  if (theirs === undefined) return ['', ''];
  return [showNumber(theirs), `${showNumber(theirs / median)} ×`];
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
