/** How a difference between what a case expects and what came out is told. */
import {diff} from 'node:util';
import {Difference} from './case.ts';

const NOTHING = '(nothing)';

/** What differs, line by line: `-` was expected and did not come, `+` came and was not expected. */
export function differenceOf(
  what: string,
  expected: readonly string[],
  got: readonly string[],
): Difference {
  const wanted = expected.length === 0 ? [NOTHING] : expected;
  const found = got.length === 0 ? [NOTHING] : got;
  const lines = diff(wanted, found).map(([side, line]) => `${MARKS[side + 1] ?? ' '} ${line}`);
  return new Difference([`${what} (- expected, + got)`, ...lines].join('\n'));
}

/** Of `util.diff`: only in the second text, in both, only in the first. */
const MARKS = ['+', ' ', '-'] as const;
