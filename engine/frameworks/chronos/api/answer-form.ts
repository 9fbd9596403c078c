/** How Chronos's own API answers what went wrong (reference part 5). */
import {jsonAnswer, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import type {Fault} from '../../json/json-shape.ts';
import type {ChronosRefusal, RefusalCode} from '../commands.ts';

/** Unlike Chronos, whose messages are stack traces, a message says what was expected. */
export function badRequest(message: string): HttpAnswer {
  return jsonAnswer(400, {message, status: 'Bad Request'});
}

/** Each field that is wrong, by its path. */
export function refusedFields(faults: readonly Fault[]): HttpAnswer {
  return badRequest(faults.map(({path, message}) => `${path}: ${message}`).join('; '));
}

/** Of the route's `{name}`. */
export function unknownJob(call: Call): HttpAnswer {
  return badRequest(`there is no job ${textAt(call, 'name')}`);
}

export function refusal({code, message}: ChronosRefusal): HttpAnswer {
  if (STATUS[code] === 400) return badRequest(message);
  return jsonAnswer(409, {message, status: 'Conflict'});
}

/** Chronos knows no 404: what is unknown is a bad request. */
const STATUS: Readonly<Record<RefusalCode, 400 | 409>> = {
  busy: 409,
  hasChildren: 409,
  invalid: 400,
  tooManyJobs: 400,
  unknownJob: 400,
  unknownRun: 400,
};
