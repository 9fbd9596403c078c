/** How Chronos's own API answers what went wrong (reference part 5). */
import {jsonAnswer, type HttpAnswer} from '../../http/answers.ts';
import type {ChronosRefusal, RefusalCode} from '../commands.ts';

/** Unlike Chronos, whose messages are stack traces, a message says what was expected. */
export function badRequest(message: string): HttpAnswer {
  return jsonAnswer(400, {message, status: 'Bad Request'});
}

export function conflict(message: string): HttpAnswer {
  return jsonAnswer(409, {message, status: 'Conflict'});
}

export function refusal({code, message}: ChronosRefusal): HttpAnswer {
  return STATUS[code] === 409 ? conflict(message) : badRequest(message);
}

/** Chronos knows no 404: what is unknown is a bad request. */
const STATUS: Readonly<Record<RefusalCode, 400 | 409>> = {
  activeRuns: 409,
  busy: 409,
  exists: 409,
  hasChildren: 409,
  invalid: 400,
  tooManyJobs: 400,
  unknownJob: 400,
  unknownRun: 400,
};
