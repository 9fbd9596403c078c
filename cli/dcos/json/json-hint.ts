/**
 * What is wrong with a definition that is no JSON: where, what is open, and what would complete it.
 * Nothing is ever completed silently: who wrote it knows best.
 */
import {closerOf, scanJson, type JsonScan, type JsonTrouble} from './scan-json.ts';

export interface JsonHint {
  readonly message: string;
  /** Further lines. */
  readonly lines: readonly string[];
}

/** @param name of the file, or what else it was read from. */
export function jsonHint(text: string, name: string): JsonHint | undefined {
  const scan = scanJson(text);
  const {trouble, lacksFirstBrace} = scan;
  if (trouble === undefined && !lacksFirstBrace) return undefined;
  if (text.trim() === '') return {message: `${name} is empty`, lines: []};
  const missing = lacksFirstBrace ? [`  the { before the first member is missing`] : [];
  if (trouble === undefined) {
    return {
      message: `${name}: at line 1, column 1: it begins with a member, not with {`,
      lines: [...excerpt(text, 0), ...completion(text, scan)],
    };
  }
  const place = placeOf(text, trouble.offset);
  if (trouble.kind === 'wrong' || !trouble.isClosable) {
    return {
      message: `${name}: at ${place}: ${trouble.message}`,
      lines: [
        ...excerpt(text, trouble.offset),
        ...missing,
        ...(trouble.kind === 'cut' ? openLines(text, scan, trouble) : []),
      ],
    };
  }
  return {
    message: `${name} ends at ${place} before everything in it is closed`,
    lines: [...missing, ...openLines(text, scan, trouble), ...completion(text, scan)],
  };
}

/** The most brackets that are told one by one. */
const BRACKETS_MAX = 12;

function openLines(text: string, {lacksFirstBrace}: JsonScan, {open}: JsonTrouble): string[] {
  // The one that is missing stands nowhere.
  const real = open.slice(lacksFirstBrace ? 1 : 0);
  const lines = real.slice(0, BRACKETS_MAX).map(({sign, offset, path}) => {
    return `  ${sign} is open since ${placeOf(text, offset)}${path === '' ? '' : ` (${path})`}`;
  });
  const more = real.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** Only what was tried is advised. */
function completion(text: string, {trouble, lacksFirstBrace}: JsonScan): readonly string[] {
  const closers = (trouble?.open ?? []).map(closerOf).reverse().join('');
  const whole = `${lacksFirstBrace ? '{' : ''}${text}${closers}`;
  if (scanJson(whole).trouble !== undefined) return [];
  const parts = [
    ...(lacksFirstBrace ? ['"{" at the beginning'] : []),
    ...(closers === '' ? [] : [`"${closers}" at the end`]),
  ];
  return [`To complete it, add ${parts.join(' and ')}. Nothing was sent to the cluster.`];
}

/** "line 3, column 14", both from 1; columns count characters. */
function placeOf(text: string, offset: number): string {
  const {line, column} = positionOf(text, offset);
  return `line ${line}, column ${column}`;
}

function positionOf(
  text: string,
  offset: number,
): {readonly line: number; readonly column: number; readonly start: number} {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return {line, column: Array.from(before.slice(start)).length + 1, start};
}

/** Of a long line, so much around the place is shown. */
const AROUND = 60;

function excerpt(text: string, offset: number): readonly string[] {
  const {line, start} = positionOf(text, offset);
  const end = text.indexOf('\n', offset);
  const whole = text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
  const from = Math.max(0, offset - start - AROUND);
  const shown = plain(whole.slice(from, offset - start + AROUND));
  const mark = ' '.repeat(Array.from(plain(whole.slice(from, offset - start))).length);
  const head = `  ${line} | `;
  return [`${head}${shown}`, `${' '.repeat(head.length - 2)}| ${mark}^`];
}

/** Nothing in it may move the cursor. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
