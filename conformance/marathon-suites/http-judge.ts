/** What suites of requests have in common: how an answer is judged. */
import {z} from 'zod';
import {exact, subset, type Mismatch} from './compare.ts';
import type {Answer} from './http-server.ts';

/** What can be expected of any answer. */
export const EXPECTED_OF_ANSWERS = {
  status: z.int(),
  headers: z.record(z.string(), z.string()).optional(),
  /** What must be in the body. */
  body: z.unknown().optional(),
  bodyEquals: z.unknown().optional(),
  bodyAbsent: z.array(z.string()).optional(),
};

interface ExpectedHead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** `judgeBody` answers with what differs in a body that stands at `path`. */
export function judgeHttp(
  expected: ExpectedHead,
  {status, headers, body}: Answer,
  path: string,
  judgeBody: (body: unknown, path: string) => readonly Mismatch[],
): readonly Mismatch[] {
  const mismatches = [
    ...exact(expected.status, status, `${path}.status`),
    ...judgeHeaders(expected.headers ?? {}, headers, `${path}.headers`),
    ...judgeBody(body, `${path}.body`),
  ];
  const isAboutBody = mismatches.some((one) => one.path.startsWith(`${path}.body`));
  // The message of an error tells more than a wrong status.
  return mismatches.length === 0 || isAboutBody || body === undefined
    ? mismatches
    : [...mismatches, {path: `${path}.body`, expected: 'a body that fits', actual: body}];
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
