/** What a service refused, in the words of the DC/OS command line, and what to do about it. */
import {Failure} from '../failure.ts';
import type {Answer} from './client.ts';

/** A service has answered, and the answer is no. */
export class ApiFailure extends Failure {
  readonly status: number;
  /** What the service says of it; undefined: nothing that is for people. */
  readonly said: string | undefined;
  /** Of a definition that is locked: the deployments that hold it. */
  readonly deployments: readonly string[];

  constructor(status: number, message: string, terms: ApiFailureTerms = {}) {
    super(message, terms);
    this.name = 'ApiFailure';
    this.status = status;
    this.said = terms.said;
    this.deployments = terms.deployments ?? [];
  }
}

interface ApiFailureTerms {
  readonly hints?: readonly string[];
  readonly said?: string | undefined;
  readonly deployments?: readonly string[];
}

/** `isKnown`: a token was shown. */
export function apiFailure(answer: Answer, isKnown: boolean): ApiFailure {
  const {status, url, reason} = answer;
  const body = readBody(answer);
  const said = textOf(body['message']) ?? textOf(body['description']) ?? textOf(body['title']);
  if (status === 401) return unauthenticated(isKnown, said);
  if (status === 403 && said === undefined) {
    return new ApiFailure(status, 'You are not authorized to perform this operation');
  }
  const deployments = idsOf(body['deployments']);
  if (status === 409 && deployments.length > 0) return locked(deployments, said);
  if (status === 422 || status === 400) return invalid(status, body, said ?? reason);
  if (status === 502 || status === 503 || status === 504) return leaderless(answer, said);
  if (status < 500 && said !== undefined) return new ApiFailure(status, said, {said});
  const head = `Error while fetching [${url}]: HTTP ${status}: ${reason}`;
  return new ApiFailure(status, head, {said, hints: said === undefined ? [] : [said]});
}

function unauthenticated(isKnown: boolean, said: string | undefined): ApiFailure {
  const message = isKnown
    ? 'Your core.dcos_acs_token is invalid. Please run: `dcos auth login`'
    : 'Authentication failed. Please run `dcos auth login`';
  return new ApiFailure(401, message, {said});
}

function locked(deployments: readonly string[], said: string | undefined): ApiFailure {
  const [first = ''] = deployments;
  return new ApiFailure(409, 'changes blocked: deployment already in progress for app', {
    said,
    deployments,
    hints: [
      ...deployments.map((id) => `  deployment ${id}`),
      `Wait for it: dcos marathon deployment watch ${first}`,
      `Undo it: dcos marathon deployment rollback ${first}`,
      'Or go over it with --force.',
    ],
  });
}

/** `details` are a list by path, or the text of the parser. */
function invalid(status: number, body: Json, message: string): ApiFailure {
  const {details} = body;
  const hints = Array.isArray(details)
    ? details.flatMap(detailLines)
    : typeof details === 'string'
      ? details.split('\n').map((line) => `  ${line}`)
      : [];
  return new ApiFailure(status, message, {said: message, hints});
}

function detailLines(detail: unknown): readonly string[] {
  if (!isObject(detail)) return [];
  const {path, errors} = detail;
  const texts = Array.isArray(errors) ? errors : [detail['error'] ?? detail['message']];
  return texts.map((text) => `  ${textOf(path) ?? '/'}: ${textOf(text) ?? JSON.stringify(text)}`);
}

function leaderless({url, status, reason}: Answer, said: string | undefined): ApiFailure {
  return new ApiFailure(status, `[${url}] cannot answer now: HTTP ${status}: ${said ?? reason}`, {
    said,
    hints: ['Perhaps no master leads at the moment; try again in a few seconds.'],
  });
}

type Json = Readonly<Record<string, unknown>>;

function readBody({body}: Answer): Json {
  try {
    const read: unknown = JSON.parse(body.toString());
    return isObject(read) ? read : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idsOf(deployments: unknown): readonly string[] {
  if (!Array.isArray(deployments)) return [];
  return deployments.flatMap((one) => (isObject(one) ? (textOf(one['id']) ?? []) : []));
}
