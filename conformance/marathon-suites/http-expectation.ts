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
import type {Answer} from './http-server.ts';

export const expectation = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()).optional(),
  /** What must be in the body; a list under `details` is searched. */
  body: z.unknown().optional(),
  bodyEquals: z.unknown().optional(),
  bodyAbsent: z.array(z.string()).optional(),
  /** Lengths of fields of the body. */
  count: z.record(z.string(), z.int()).optional(),
  /** Each element of the body, of which there is at least one. */
  bodyListOf: z.unknown().optional(),
});
type Expectation = z.output<typeof expectation>;

const SEARCHED: SubsetOptions = {searched: new Set(['details'])};

export function judgeAnswer(
  expected: Expectation,
  {status, headers, body}: Answer,
  path: string,
): readonly Mismatch[] {
  const mismatches = [
    ...exact(expected.status, status, `${path}.status`),
    ...judgeHeaders(expected.headers ?? {}, headers, `${path}.headers`),
    ...judgeBody(expected, body, `${path}.body`),
  ];
  const isAboutBody = mismatches.some((one) => one.path.startsWith(`${path}.body`));
  // The message of an error tells more than a wrong status.
  return mismatches.length === 0 || isAboutBody || body === undefined
    ? mismatches
    : [...mismatches, {path: `${path}.body`, expected: 'a body that fits', actual: body}];
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

/** Names of headers in any case. */
function judgeHeaders(
  expected: Readonly<Record<string, string>>,
  headers: Answer['headers'],
  path: string,
): readonly Mismatch[] {
  const there = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.entries(expected).flatMap(([name, value]) =>
    subset(value, there.get(name.toLowerCase()), `${path}.${name}`),
  );
}
