/** What a refusal is on the wire: one table of all that Marathon's core refuses. */
import {must} from '../../../kernel/assert.ts';
import type {Refusal} from '../../../scheduler.ts';
import {invalid} from './http-form.ts';
import {messageAnswer, type HttpAnswer} from '../../http/answers.ts';

const STATUS: ReadonlyMap<string, number> = new Map([
  ['appExists', 409],
  ['appLocked', 409],
  ['groupExists', 409],
  ['invalidApp', 422],
  ['pathTaken', 409],
  ['portRangeExhausted', 500],
  ['tooManyDeployments', 403],
  ['unknownApp', 404],
  ['unknownDeployment', 404],
  ['unknownGroup', 404],
  ['unknownInstance', 404],
  ['unknownVersion', 404],
]);

export function refused({code, message, errors, deploymentIds}: Refusal): HttpAnswer {
  if (errors !== undefined) return invalid(errors);
  const status = must(STATUS.get(code), `status of ${code}`);
  const deployments = deploymentIds?.map((id) => ({id}));
  return messageAnswer(status, message, deployments === undefined ? {} : {deployments});
}
