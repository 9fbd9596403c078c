/** Answers that only Marathon gives (reference part 2.0). */
import type {RefusedField} from '../../../scheduler.ts';
import {
  badRequest,
  emptyAnswer,
  jsonAnswer,
  messageAnswer,
  type Headers,
  type HttpAnswer,
} from '../../http/answers.ts';

/** What a change of the root comes to. */
export interface DeploymentResult {
  /** As text. */
  readonly version: string;
  readonly deploymentId: string;
}

export function deployed({version, deploymentId}: DeploymentResult, status = 200): HttpAnswer {
  return jsonAnswer(status, {version, deploymentId}, deploymentHeader(deploymentId));
}

/** Something new: `body` is the app itself, or absent for the bare result. */
export function created(location: string, result: DeploymentResult, body?: unknown): HttpAnswer {
  const headers = {Location: location, ...deploymentHeader(result.deploymentId)};
  const {version, deploymentId} = result;
  return jsonAnswer(201, body ?? {version, deploymentId}, headers);
}

function deploymentHeader(deploymentId: string): Headers {
  return {'Marathon-Deployment-Id': deploymentId};
}

/** 202: a deployment is cancelled by force. */
export const accepted: HttpAnswer = emptyAnswer(202);

/**
 * 422 with all faults by path: `Invalid JSON` if one is of a wrong JSON type, else `Object is not
 * valid`.
 */
export function invalid(faults: readonly RefusedField[]): HttpAnswer {
  const byPath = new Map<string, Set<string>>();
  for (const {path, message} of faults) {
    const messages = byPath.get(path) ?? new Set();
    byPath.set(path, messages.add(message));
  }
  const details = [...byPath].map(([path, errors]) => ({path, errors: [...errors]}));
  const isJson = faults.some(({kind}) => kind === 'json');
  return messageAnswer(422, isJson ? 'Invalid JSON' : 'Object is not valid', {details});
}

/** A label selector or an argument that means nothing. */
export function unprocessable(message: string): HttpAnswer {
  return messageAnswer(422, message);
}

export const scaleAndWipe: HttpAnswer = badRequest(
  'You cannot use scale and wipe at the same time.',
);
