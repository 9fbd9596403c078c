/** What a request of the suite `http` may expect of its answer. */
import {z} from 'zod';
import {
  absent,
  exact,
  isFields,
  subset,
  valueAt,
  type Mismatch,
  type SubsetOptions,
} from './compare.ts';
import {EXPECTED_OF_ANSWERS, judgeHttp} from './http-judge.ts';
import type {Answer} from './http-server.ts';

export const expectation = z.strictObject({
  ...EXPECTED_OF_ANSWERS,
  /** Lengths of fields of the body. */
  count: z.record(z.string(), z.int()).optional(),
  /** Each element of the body, of which there is at least one. */
  bodyListOf: z.unknown().optional(),
});
type Expectation = z.output<typeof expectation>;

/** In what must be in the body, a list under `details` is searched. */
const SEARCHED: SubsetOptions = {searched: new Set(['details'])};

export function judgeAnswer(
  expected: Expectation,
  answer: Answer,
  path: string,
): readonly Mismatch[] {
  return judgeHttp(expected, answer, path, (body, at) => judgeBody(expected, body, at));
}

function judgeBody(expected: Expectation, body: unknown, path: string): readonly Mismatch[] {
  const {bodyAbsent = [], count = {}, bodyListOf} = expected;
  return [
    ...(expected.body === undefined ? [] : subset(expected.body, body, path, SEARCHED)),
    ...(expected.bodyEquals === undefined ? [] : exact(expected.bodyEquals, body, path)),
    ...absent(bodyAbsent, body, path),
    ...Object.entries(count).flatMap(([field, wanted]) => {
      const list = valueAt(body, field);
      return exact(wanted, lengthOf(list), `${path}.${field}.length`);
    }),
    ...(bodyListOf === undefined ? [] : judgeList(bodyListOf, body, path)),
  ];
}

function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return isFields(value) ? Object.keys(value).length : undefined;
}

function judgeList(kind: unknown, body: unknown, path: string): readonly Mismatch[] {
  if (!Array.isArray(body) || body.length === 0) {
    return [{path, expected: {listOf: kind}, actual: body}];
  }
  return body.flatMap((item, at) => subset(kind, item, `${path}.${at}`));
}
