/**
 * What the HTTP faces refuse or fail at by themselves: one table of statuses and texts. What the
 * engine answers is none of it.
 */

export type FaultCode = keyof typeof FAULTS;

interface FaultKind {
  readonly status: number;
  readonly message: string;
}

const FAULTS = {
  malformedRequest: {status: 400, message: 'The request is not valid HTTP'},
  badPath: {status: 400, message: 'The path of the request cannot be read'},
  badQuery: {status: 400, message: 'The query of the request cannot be read'},
  notUtf8: {status: 400, message: 'The body is not valid UTF-8'},
  tooDeep: {status: 400, message: 'The JSON of the body is nested too deep'},
  tooManyValues: {status: 400, message: 'The JSON of the body has too many values'},
  forbiddenKey: {status: 400, message: "The JSON of the body has a field named '__proto__'"},
  alreadyProxied: {status: 400, message: 'The request was proxied already'},
  unauthorized: {status: 401, message: 'A valid API token is required'},
  notFound: {status: 404, message: 'Nothing is served at this path'},
  unknownAgent: {status: 404, message: 'There is no such agent'},
  methodNotAllowed: {status: 405, message: 'HTTP method not allowed'},
  notAcceptable: {status: 406, message: 'Only text/event-stream is served here'},
  requestTimeout: {status: 408, message: 'The request did not arrive in time'},
  bodyTooLarge: {status: 413, message: 'The body is too large'},
  mediaType: {status: 415, message: 'The Content-Type or Content-Encoding is not supported'},
  upgradeRequired: {status: 426, message: 'This path is served to upgraded connections only'},
  headersTooLarge: {status: 431, message: 'The headers are too large'},
  internal: {status: 500, message: 'Internal error'},
  proxyLoop: {status: 502, message: 'Detected proxying loop.'},
  leaderUnknown: {status: 502, message: 'Could not determine the current leader'},
  leaderRefused: {status: 502, message: 'Connection to leader refused.'},
  leaderFailed: {
    status: 502,
    message: 'Failed to successfully establish a connection to the leader.',
  },
  outcomeUnknown: {
    status: 502,
    message: 'The leadership changed meanwhile: whether the change was made is not known.',
  },
  agentRefused: {status: 502, message: 'The agent cannot be reached'},
  agentFailed: {status: 502, message: 'The agent did not answer'},
  bodiesFull: {status: 503, message: 'Too many bodies are on their way at this moment'},
  answersFull: {status: 503, message: 'Too many answers wait to be taken at this moment'},
  streamsFull: {status: 503, message: 'There are too many event streams already'},
  noLeader: {status: 503, message: 'No leader elected'},
  noConsistentLeadership: {status: 503, message: 'No consistent leadership'},
} as const satisfies Readonly<Record<string, FaultKind>>;

/** Thrown while a request is served; becomes its answer. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: FaultCode, headers: Readonly<Record<string, string>> = {}) {
    super(FAULTS[code].message);
    this.name = 'Fault';
    this.code = code;
    this.status = FAULTS[code].status;
    this.headers = headers;
  }
}

/** Fastify's own refusals have a status; what has none is a mistake of ours. */
export function faultFrom(error: unknown): Fault {
  if (error instanceof Fault) return error;
  switch ((error as {readonly statusCode?: unknown}).statusCode) {
    case 400:
      return new Fault('malformedRequest');
    case 413:
      return new Fault('bodyTooLarge');
    case 415:
      return new Fault('mediaType');
    default:
      return new Fault('internal');
  }
}

/** The one form of their bodies; clients of Marathon, Metronome and DC/OS read `message`. */
export function faultBody(code: FaultCode): {readonly message: string} {
  return {message: FAULTS[code].message};
}
