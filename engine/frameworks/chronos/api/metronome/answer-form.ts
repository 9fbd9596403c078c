/** How Metronome's API answers what went wrong (reference part 8.1): one table of its refusals. */
import {jsonAnswer, messageAnswer, parseBody, type HttpAnswer} from '../../../http/answers.ts';
import type {Call} from '../../../http/call.ts';
import type {Fault} from '../../../json/json-shape.ts';
import type {ChronosRefusal, RefusalCode} from '../../commands.ts';
import type {Reading} from '../../definition/reading.ts';

/** What the core refuses, and what only this API knows. */
type Code =
  | RefusalCode
  | 'activeRuns'
  | 'exists'
  | 'scheduleExists'
  | 'tooManySchedules'
  | 'unknownEmbed'
  | 'unknownRoute'
  | 'unknownSchedule';

const STATUS: Readonly<Record<Code, 400 | 404 | 409 | 422>> = {
  activeRuns: 409,
  busy: 409,
  exists: 409,
  hasChildren: 409,
  invalid: 422,
  scheduleExists: 409,
  tooManyJobs: 409,
  tooManySchedules: 409,
  unknownEmbed: 400,
  unknownJob: 404,
  unknownRoute: 404,
  unknownRun: 404,
  unknownSchedule: 404,
};

export function refused(code: Code, message: string, more: object = {}): HttpAnswer {
  return messageAnswer(STATUS[code], message, more);
}

/** The core's refusal of a job; `below`: the part of the job that was sent alone. */
export function refusal({code, message, errors}: ChronosRefusal, below = ''): HttpAnswer {
  if (errors === undefined) return refused(code, message);
  return invalid(
    errors.map((fault) => {
      const {path} = fault;
      return path.startsWith(below) ? {...fault, path: path.slice(below.length) || '/'} : fault;
    }),
  );
}

/** All faults of a field stand beside each other. */
export function invalid(faults: readonly Fault[]): HttpAnswer {
  const byPath = new Map<string, string[]>();
  for (const {path, message} of faults) {
    const errors = byPath.get(path);
    if (errors === undefined) byPath.set(path, [message]);
    else errors.push(message);
  }
  const details = [...byPath].map(([path, errors]) => ({path, errors}));
  return jsonAnswer(STATUS.invalid, {message: 'Object is not valid', details});
}

export function unknownJob(id: string): HttpAnswer {
  return jsonAnswer(STATUS.unknownJob, {id, message: 'Job not found'});
}

export function unknownRoute(requestPath: string): HttpAnswer {
  return refused('unknownRoute', 'Unknown route.', {requestPath});
}

export type ReadBody<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly answer: HttpAnswer};

/** What was sent, read; or the answer to what cannot be read. */
export function readBody<T>(call: Call, read: (value: unknown) => Reading<T>): ReadBody<T> {
  const body = parseBody(call.body);
  if (!body.ok) return body;
  const reading = read(body.value);
  return reading.ok ? reading : {ok: false, answer: invalid(reading.faults)};
}
