/**
 * Values as text, of resources and of agents' attributes: a number, ranges, a set, or else a text
 * (Mesos, reference part 2.3).
 */
import {makeRanges, type Ranges} from './ranges.ts';

export type Value =
  | {readonly type: 'SCALAR'; readonly number: number}
  | {readonly type: 'RANGES'; readonly ranges: Ranges}
  | {readonly type: 'SET'; readonly items: readonly string[]}
  | {readonly type: 'TEXT'; readonly text: string};

export type ValueResult =
  | {readonly ok: true; readonly value: Value}
  | {readonly ok: false; readonly message: string};

/** What is below is no normal double, and not 0 either. */
const NORMAL_MIN = 2 ** -1022;

/**
 * Reads one value; blanks count nowhere. A negative number is a text, as are `inf` and `nan`: no
 * amount is negative.
 */
export function parseValue(written: string): ValueResult {
  const text = written.replaceAll(/\s+/g, '');
  if (text === '') return {ok: false, message: 'expected a value, found nothing'};
  if (text.startsWith('[')) return parseRangesValue(text);
  if (text.startsWith('{')) return parseSetValue(text);
  if (/[[\]{}]/.test(text) || !isBalanced(text, '(', ')')) {
    return {ok: false, message: `'${text}' has a bracket that does not belong there`};
  }
  if (!/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    return {ok: true, value: {type: 'TEXT', text}};
  }
  const number = Number(text);
  if (!Number.isFinite(number) || (number !== 0 && number < NORMAL_MIN)) {
    return {ok: false, message: `${text} is not an amount (three decimals, up to 9e12)`};
  }
  return {ok: true, value: {type: 'SCALAR', number}};
}

function isBalanced(text: string, open: string, close: string): boolean {
  return text.split(open).length === text.split(close).length;
}

function parseSetValue(text: string): ValueResult {
  if (!text.endsWith('}') || !isBalanced(text, '{', '}') || /[[\]]/.test(text)) {
    return {ok: false, message: `'${text}' is not a set like {a,b}`};
  }
  const items = text.split(/[{},]/).filter((item) => item !== '');
  return {ok: true, value: {type: 'SET', items: [...new Set(items)].sort()}};
}

/** Ranges may be nested, which means nothing. */
function parseRangesValue(text: string): ValueResult {
  if (!text.endsWith(']') || !isBalanced(text, '[', ']')) {
    return {ok: false, message: `'${text}' is not a list of ranges like [1-5, 7-10]`};
  }
  const pairs: [number, number][] = [];
  for (const item of text.replaceAll(/[[\]]/g, '').split(',')) {
    if (item === '') continue;
    const bounds = /^(\d+)-(\d+)$/.exec(item);
    const begin = Number(bounds?.[1]);
    const end = Number(bounds?.[2]);
    if (bounds === null || begin > end || end > Number.MAX_SAFE_INTEGER) {
      return {ok: false, message: `'${item}' is not a range like 31000-32000`};
    }
    pairs.push([begin, end]);
  }
  return {ok: true, value: {type: 'RANGES', ranges: makeRanges(pairs)}};
}
