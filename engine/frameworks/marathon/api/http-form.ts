/**
 * Answers of the HTTP API as data: what carries them over a socket adds nothing, and every status
 * and body of the API is made here (reference part 2.0).
 */
import type {RefusedField} from '../../../scheduler.ts';
import {parseJsonText} from './json-text.ts';

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

function jsonAnswer(status: number, body: unknown, headers: Headers = {}): HttpAnswer {
  return {status, headers: {...NOT_CACHED, 'Content-Type': 'application/json', ...headers}, body};
}

function emptyAnswer(status: number, headers: Headers = {}): HttpAnswer {
  return {status, headers: {...NOT_CACHED, ...headers}, body: undefined};
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return {status, headers: {...NOT_CACHED, 'Content-Type': 'text/plain'}, body};
}

export function messageAnswer(status: number, message: string, more: object = {}): HttpAnswer {
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

/** What a client asked for to be told elsewhere. */
export function redirect(location: string): HttpAnswer {
  return emptyAnswer(302, {Location: location});
}

/** As HEAD is answered. */
export function withoutBody({status, headers}: HttpAnswer): HttpAnswer {
  return {status, headers, body: undefined};
}

export function notFound(message: string): HttpAnswer {
  return messageAnswer(404, message);
}

/** Unlike Marathon, which answers 500 for a route that it does not know. */
export function unknownRoute(path: string): HttpAnswer {
  return messageAnswer(404, `URI not found: ${path}`);
}

export function wrongMethod(allowed: readonly string[]): HttpAnswer {
  const headers = {Allow: allowed.join(', ')};
  return jsonAnswer(405, {message: 'HTTP method not allowed'}, headers);
}

function malformedJson(details: string): HttpAnswer {
  return messageAnswer(400, 'Invalid JSON', {details});
}

const emptyBody: HttpAnswer = messageAnswer(400, 'Please specify data in JSON format', {
  details: 'No content to map due to end-of-input',
});

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

export function badRequest(message: string): HttpAnswer {
  return messageAnswer(400, message);
}

export const scaleAndWipe: HttpAnswer = badRequest(
  'You cannot use scale and wipe at the same time.',
);

export type ParsedBody =
  | {readonly ok: true; readonly value: unknown}
  | {readonly ok: false; readonly answer: HttpAnswer};

/** The JSON of a body, or the answer to a body that has none. */
export function parseBody(body: string | undefined): ParsedBody {
  if (body === undefined || body.trim() === '') return {ok: false, answer: emptyBody};
  const parsed = parseJsonText(body);
  return parsed.ok ? parsed : {ok: false, answer: malformedJson(parsed.message)};
}
