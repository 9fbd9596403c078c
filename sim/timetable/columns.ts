/** Tables for a terminal: a ruled head, columns by spaces, no lines. */
import {styleText} from 'node:util';

export type Style = 'bold' | 'cyan' | 'dim' | 'red' | 'yellow';
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return (style, text) =>
    color && text !== '' ? styleText(style, text, {validateStream: false}) : text;
}

export interface Column {
  readonly title: string;
  /** Figures stand to the right. */
  readonly figures?: true;
}

export interface Row {
  readonly cells: readonly string[];
  readonly style?: Style | undefined;
}

const GAP = '  ';

/** As wide as it has to be: what is copied out of it is whole. */
export function columnsText(
  columns: readonly Column[],
  rows: readonly Row[],
  paint: Paint,
): string {
  const cells = rows.map((row) => row.cells.map(printable));
  const widths = columns.map(({title}, at) =>
    cells.reduce((width, row) => Math.max(width, (row[at] ?? '').length), title.length),
  );
  const line = (texts: readonly string[]): string =>
    columns
      .map(({figures}, at) => {
        const [text, width] = [texts[at] ?? '', widths[at] ?? 0];
        return figures === true ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  return [
    paint('bold', line(columns.map(({title}) => title))),
    paint('dim', widths.map((width) => '─'.repeat(width)).join('──')),
    ...cells.map((row, at) => {
      const style = rows[at]?.style;
      return style === undefined ? line(row) : paint(style, line(row));
    }),
  ].join('\n');
}

/** Names come from files: what would move the cursor or break the line is shown as `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
