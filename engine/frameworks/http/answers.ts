/**
 * Answers over HTTP as data: what carries them over a socket adds nothing, and every status and
 * body is made by the framework that is asked.
 */
import {parseJsonText} from '../json/json-text.ts';

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

export type Headers = Readonly<Record<string, string>>;

export function jsonAnswer(status: number, body: unknown, headers: Headers = {}): HttpAnswer {
  return {status, headers: {...NOT_CACHED, 'Content-Type': 'application/json', ...headers}, body};
}

export function emptyAnswer(status: number, headers: Headers = {}): HttpAnswer {
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

/** 204. */
export const noContent: HttpAnswer = emptyAnswer(204);
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

/** `routed` are the methods that have a route. */
export function wrongMethod(routed: Iterable<string>): HttpAnswer {
  return jsonAnswer(405, {message: 'HTTP method not allowed'}, {Allow: allowedBy(routed)});
}

/** As OPTIONS is answered. */
export function optionsOf(routed: Iterable<string>): HttpAnswer {
  return emptyAnswer(204, {Allow: allowedBy(routed)});
}

/** Who has GET has HEAD, and everybody has OPTIONS. */
function allowedBy(routed: Iterable<string>): string {
  const allowed = new Set(routed).add('OPTIONS');
  if (allowed.has('GET')) allowed.add('HEAD');
  return [...allowed].sort().join(', ');
}

function malformedJson(details: string): HttpAnswer {
  return messageAnswer(400, 'Invalid JSON', {details});
}

const emptyBody: HttpAnswer = messageAnswer(400, 'Please specify data in JSON format', {
  details: 'No content to map due to end-of-input',
});

export function badRequest(message: string): HttpAnswer {
  return messageAnswer(400, message);
}

export type ParsedBody =
  | {readonly ok: true; readonly value: unknown}
  | {readonly ok: false; readonly answer: HttpAnswer};

/** The JSON of a body, or the answer to a body that has none. */
export function parseBody(body: string | undefined): ParsedBody {
  if (body === undefined || body.trim() === '') return {ok: false, answer: emptyBody};
  const parsed = parseJsonText(body);
  return parsed.ok ? parsed : {ok: false, answer: malformedJson(parsed.message)};
}
