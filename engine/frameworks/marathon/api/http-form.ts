/**
 * Requests and answers of the HTTP API as data: what carries them over a socket adds nothing, and
 * every status and body of the API is made here (reference part 2.0).
 */
import type {Fault} from '../definition/json-shape.ts';
import {parseJsonText} from './json-text.ts';

export interface HttpRequest {
  readonly method: string;
  /** As sent: still percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A JSON value, or a text when the content type is one; undefined: no body at all. */
  readonly body: unknown;
}

const NOT_CACHED = {
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Expires: '0',
} as const;

type Headers = Readonly<Record<string, string>>;

export function jsonAnswer(status: number, body: unknown, headers: Headers = {}): HttpAnswer {
  return {status, headers: {...NOT_CACHED, 'Content-Type': 'application/json', ...headers}, body};
}

export function emptyAnswer(status: number, headers: Headers = {}): HttpAnswer {
  return {status, headers: {...NOT_CACHED, ...headers}, body: undefined};
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return {status, headers: {...NOT_CACHED, 'Content-Type': 'text/plain'}, body};
}

function messageAnswer(status: number, message: string, more: object = {}): HttpAnswer {
  return jsonAnswer(status, {message, ...more});
}

export function ok(body: unknown): HttpAnswer {
  return jsonAnswer(200, body);
}

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

/** 204. */
export const noContent: HttpAnswer = emptyAnswer(204);
/** 202: a deployment is cancelled by force. */
export const accepted: HttpAnswer = emptyAnswer(202);

export type Thing = 'App' | 'Group' | 'Pod' | 'Task';

export function unknown(thing: Thing, id: string, version?: string): HttpAnswer {
  const suffix = version === undefined ? '' : ` in version ${version}`;
  return messageAnswer(404, `${thing} '${id}' does not exist${suffix}`);
}

export function unknownDeployment(id: string): HttpAnswer {
  return messageAnswer(404, `DeploymentPlan ${id} does not exist`);
}

export function notQueued(appId: string): HttpAnswer {
  return messageAnswer(404, `Application ${appId} not found in tasks queue.`);
}

/** Unlike Marathon, which answers 500 for a route that it does not know. */
export function unknownRoute(path: string): HttpAnswer {
  return messageAnswer(404, `URI not found: ${path}`);
}

export function wrongMethod(allowed: readonly string[]): HttpAnswer {
  const headers = {Allow: allowed.join(', ')};
  return jsonAnswer(405, {message: 'HTTP method not allowed'}, headers);
}

export const LOCKED_MESSAGE =
  "App is locked by one or more deployments. Override with the option '?force=true'. " +
  "View details at '/v2/deployments/<DEPLOYMENT_ID>'.";

export function locked(deploymentIds: readonly string[]): HttpAnswer {
  return messageAnswer(409, LOCKED_MESSAGE, {deployments: deploymentIds.map((id) => ({id}))});
}

export function appExists(id: string): HttpAnswer {
  return messageAnswer(409, `An app with id [${id}] already exists.`);
}

export function groupExists(id: string): HttpAnswer {
  return messageAnswer(409, `Group ${id} is already created. Use PUT to change this group.`);
}

/** A group is asked for where an app is. */
export function pathTaken(id: string): HttpAnswer {
  return messageAnswer(409, `An app with the path ${id} already exists.`);
}

export function conflict(message: string): HttpAnswer {
  return messageAnswer(409, message);
}

export function tooManyDeployments(max: number): HttpAnswer {
  const message = `Max number (${max}) of running deployments is achieved. Wait for existing deployments to complete or cancel one.`;
  return messageAnswer(403, message);
}

export function malformedJson(details: string): HttpAnswer {
  return messageAnswer(400, 'Invalid JSON', {details});
}

export const emptyBody: HttpAnswer = messageAnswer(400, 'Please specify data in JSON format', {
  details: 'No content to map due to end-of-input',
});

/**
 * 422 with all faults by path: `Invalid JSON` if one is of a wrong JSON type, else `Object is not
 * valid`.
 */
export function invalid(faults: readonly Fault[]): HttpAnswer {
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

export function badRequest(message: string): HttpAnswer {
  return messageAnswer(400, message);
}

export const scaleAndWipe: HttpAnswer = badRequest(
  'You cannot use scale and wipe at the same time.',
);

export function portsExhausted(message: string): HttpAnswer {
  return messageAnswer(500, message);
}

/** More requests at once than `--http_max_concurrent_requests`, or no answer in time. */
export function unavailable(message: string): HttpAnswer {
  return messageAnswer(503, message);
}

export const noLeader: HttpAnswer = messageAnswer(502, 'Could not determine the current leader');
export const noLeaderKnown: HttpAnswer = messageAnswer(404, 'There is no leader');
export const proxyLoop: HttpAnswer = messageAnswer(502, 'Detected proxying loop.');

export type ParsedBody =
  | {readonly ok: true; readonly value: unknown}
  | {readonly ok: false; readonly answer: HttpAnswer};

/** The JSON of a body, or the answer to a body that has none. */
export function parseBody(body: string | undefined): ParsedBody {
  if (body === undefined || body.trim() === '') return {ok: false, answer: emptyBody};
  const parsed = parseJsonText(body);
  return parsed.ok ? parsed : {ok: false, answer: malformedJson(parsed.message)};
}
