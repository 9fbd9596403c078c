/**
 * Results of asynchronous tasks, a word of Chronos 2: there the end of a task means that it has
 * begun its work, and its result comes by this request. Here every task is what it does, so a
 * result is taken note of where it makes sense, and changes nothing.
 */
import {noContent, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import type {Route} from '../../http/routes.ts';
import {object, required, type Fault} from '../../json/json-shape.ts';
import {inWords, looseInteger} from '../definition/loose-shape.ts';
import type {ChronosParts} from '../parts.ts';
import {parseTaskId} from '../runs/task-id.ts';
import {badRequest, refusedFields} from './answer-form.ts';
import {chronosJob} from './job-form.ts';
import {jsonOf} from './json-body.ts';

export function resultRoutes(prefix: string, parts: ChronosParts): readonly Route[] {
  return [['PUT', `${prefix}/task/{taskId}`, (call) => takeResult(call, parts)]];
}

const INT_MAX = 2_147_483_647;
const resultFields = object({statusCode: required(looseInteger(-INT_MAX, INT_MAX))}, {});

function takeResult(call: Call, {book}: ChronosParts): HttpAnswer {
  const taskId = textAt(call, 'taskId');
  const parts = parseTaskId(taskId);
  if (parts === undefined) {
    return badRequest(`expected the id of a task, such as ct:0:0:job:, found ${taskId}`);
  }
  const body = jsonOf(call);
  if (!body.ok) return body.answer;
  const faults: Fault[] = [];
  if (resultFields(body.value, '', faults) === undefined) {
    return refusedFields(faults.map(inWords));
  }
  const job = chronosJob(book, parts.name);
  if (job === undefined) return badRequest(`there is no job ${parts.name}`);
  const runs = [...job.history, ...job.runs.values()];
  const isKnown = runs.some(({tasks}) => tasks.some(({id}) => id === taskId));
  return isKnown ? noContent : badRequest(`job ${parts.name} has no task ${taskId}`);
}
