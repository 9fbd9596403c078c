/**
 * Tables as DC/OS prints them: no borders, headers in capitals, two spaces between columns.
 * Whatever comes from the cluster is shown as text: nothing in it moves the cursor or takes a line
 * of its own. Written here because a list of all tasks may be long: cli-table3 takes 16 seconds for
 * 10,000 rows, and 40 ms to load.
 */
import type {Output} from '../world.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string | number | undefined;
  readonly align?: 'left' | 'right';
  /** On a terminal that is too narrow it may shrink to so many columns; absent: it may not. */
  readonly widthMin?: number;
}

/** For what is not there. */
export const EMPTY = '---';

const GAP = '  ';
const CUT = '…';

/** In the order of the rows given; each line ends in a newline. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  {columns: room}: Pick<Output, 'columns'>,
): string {
  const lines = [
    columns.map(({head}) => head),
    ...rows.map((row) => columns.map(({cell}) => plainText(`${cell(row) ?? EMPTY}`))),
  ];
  const widths = columns.map((_, at) =>
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[at] ?? '')), 0),
  );
  if (room !== undefined) shrink(widths, columns, room);
  return lines.map((line) => `${lineOf(line, columns, widths).trimEnd()}\n`).join('');
}

function lineOf(
  cells: readonly string[],
  columns: readonly Pick<Column<never>, 'align'>[],
  widths: readonly number[],
): string {
  return cells
    .map((text, at) => {
      const width = widths[at] ?? 0;
      const cell = widthOf(text) > width ? cut(text, width) : text;
      const padding = ' '.repeat(width - widthOf(cell));
      return columns[at]?.align === 'right' ? `${padding}${cell}` : `${cell}${padding}`;
    })
    .join(GAP);
}

/** Takes from the widest of those that may shrink, until the rows fit or no more can be taken. */
function shrink(
  widths: number[],
  columns: readonly Pick<Column<never>, 'widthMin'>[],
  room: number,
): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - room;
  for (; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [at, {widthMin}] of columns.entries()) {
      if (widthMin === undefined || (widths[at] ?? 0) <= widthMin) continue;
      if (widest === -1 || (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** Controls become a space: the text stays in its line and has no effect on a terminal. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

function cut(text: string, width: number): string {
  let shown = '';
  let taken = widthOf(CUT);
  for (const letter of text) {
    taken += widthOf(letter);
    if (taken > width) break;
    shown += letter;
  }
  return `${shown}${CUT}`;
}

/** Letters that take two columns of a terminal: East Asian ones and pictures. */
const WIDE = new RegExp(
  [
    String.raw`[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F`,
    String.raw`\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]`,
  ].join(''),
  'u',
);
/** Marks that stand on the letter before them. */
const NARROW = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** As a terminal shows it, in columns. */
function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) {
    if (NARROW.test(letter)) continue;
    width += WIDE.test(letter) ? 2 : 1;
  }
  return width;
}
