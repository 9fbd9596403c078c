/** What a request of the suite `http` may expect of its answer. */
import {z} from 'zod';
import {isoInstant, printPeriod, type HttpAnswer} from '../../engine/index.ts';
import {exact, isFields, subset, valueAt, type Mismatch} from '../marathon-suites/compare.ts';
import {EXPECTED_OF_ANSWERS, judgeHttp} from '../marathon-suites/http-judge.ts';
import {readSchedule} from './schedules.ts';

export const expectation = z.strictObject({
  ...EXPECTED_OF_ANSWERS,
  /** Length of the list that the body is. */
  count: z.int().optional(),
  text: z.string().optional(),
  textContains: z.array(z.string()).optional(),
});
type Expectation = z.output<typeof expectation>;

export function judgeAnswer(
  expected: Expectation,
  answer: HttpAnswer,
  path: string,
): readonly Mismatch[] {
  return judgeHttp(expected, answer, path, (body, at) => judgeBody(expected, body, at));
}

function judgeBody(
  {body: part, bodyEquals: whole, bodyAbsent = [], count, text, textContains = []}: Expectation,
  body: unknown,
  path: string,
): readonly Mismatch[] {
  return [
    ...(part === undefined ? [] : compare(part, body, {path, isWhole: false})),
    ...(whole === undefined ? [] : compare(whole, body, {path, isWhole: true})),
    ...bodyAbsent.flatMap((inner) => {
      const found = valueAt(body, inner);
      if (isNothing(found)) return [];
      return [{path: `${path}.${inner}`, expected: undefined, actual: found}];
    }),
    ...(count === undefined
      ? []
      : exact(count, Array.isArray(body) ? body.length : undefined, `${path}.length`)),
    ...(text === undefined ? [] : exact(text, body, path)),
    ...textContains
      .filter((wanted) => typeof body !== 'string' || !body.includes(wanted))
      .map((wanted) => ({path, expected: {contains: wanted}, actual: body})),
  ];
}

interface Place {
  readonly path: string;
  /** Whether nothing may be there that is not expected. */
  readonly isWhole: boolean;
}

/** An empty list, null and a missing field are the same. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function compare(expected: unknown, actual: unknown, {path, isWhole}: Place): readonly Mismatch[] {
  if (isNothing(expected)) return isNothing(actual) ? [] : [{path, expected, actual}];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return [{path, expected, actual}];
    }
    const [wanted, found] = [inOrder(expected), inOrder(actual)];
    return wanted.flatMap((item, at) => compare(item, found[at], {path: `${path}.${at}`, isWhole}));
  }
  if (!isFields(expected)) return subset(expected, actual, path);
  if (!isFields(actual)) return [{path, expected, actual}];
  const names = new Set([...Object.keys(expected), ...(isWhole ? Object.keys(actual) : [])]);
  return [...names].flatMap((name) => {
    const [want, got] = [expected[name], actual[name]];
    if (name === 'schedule' && isSameSchedule(want, got)) return [];
    return compare(want, got, {path: `${path}.${name}`, isWhole});
  });
}

/** Jobs may come in any order: here they come by name. */
function inOrder(list: readonly unknown[]): readonly unknown[] {
  const names = list.map((item) => (isFields(item) ? item['name'] : undefined));
  if (!names.every((name) => typeof name === 'string')) return list;
  return [...list].sort((one, two) => (nameOf(one) < nameOf(two) ? -1 : 1));
}

function nameOf(item: unknown): string {
  return isFields(item) ? String(item['name']) : '';
}

/** The same number of repetitions, the same instant and the same period. */
function isSameSchedule(one: unknown, two: unknown): boolean {
  const meaning = meaningOf(one);
  return meaning !== undefined && meaning === meaningOf(two);
}

function meaningOf(schedule: unknown): string | undefined {
  if (typeof schedule !== 'string') return undefined;
  const interval = readSchedule(schedule, {scheduleTimeZone: '', names: 'iana', now: 0});
  if (interval === undefined) return undefined;
  const {repetitions, anchor, period} = interval;
  return [repetitions ?? '', isoInstant(anchor), printPeriod(period)].join('/');
}
