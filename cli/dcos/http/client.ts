/**
 * Requests over HTTP, with Node's own client: it is up in a tenth of the time that `fetch` takes
 * to load, which every run of the command would pay, and it can be told whom to trust.
 */
import {Agent as HttpAgent, request as httpRequest} from 'node:http';
import type {
  AgentOptions as HttpAgentOptions,
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http';
import type {AgentOptions as HttpsAgentOptions} from 'node:https';
import type {Socket} from 'node:net';
import {codeOf, EXIT_INTERRUPTED, Failure} from '../failure.ts';
import {unreachable} from './unreachable.ts';

export type Method = 'DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT';

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RequestTerms {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** For this request; by default that of the client. */
  readonly timeoutMs?: number;
}

export interface ClientTerms {
  /** For the whole of a request, from the connection to the last byte. */
  readonly timeoutMs: number;
  /** `false`: any certificate will do. A text: certificates to trust, in PEM. */
  readonly trust: boolean | string;
  /** The token that may be shown at an origin. */
  readonly tokenFor: (origin: string) => string | undefined;
  readonly stop: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of each request and each answer. */
  readonly trace?: Trace | undefined;
}

export interface Trace {
  sent(method: Method, url: string, headers: OutgoingHttpHeaders, body: RequestTerms['body']): void;
  came(answer: Omit<Answer, 'body'>, body: Buffer | undefined): void;
}

/** An answer whose body comes bit by bit. */
export interface OpenAnswer {
  readonly url: string;
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

interface Sent {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** Undefined: it was not upgraded. */
  readonly socket: Socket | undefined;
}

const REDIRECTS_MAX = 10;
const CONNECT_MS_MAX = 10_000;

export class HttpClient {
  readonly #terms: ClientTerms;
  readonly #agents = new Map<string, HttpAgent>();

  constructor(terms: ClientTerms) {
    this.#terms = terms;
  }

  /**
   * The whole answer, whatever its status; redirects are followed.
   *
   * @throws Failure there is no answer.
   */
  async request(method: Method, url: string, terms: RequestTerms = {}): Promise<Answer> {
    const timeoutMs = terms.timeoutMs ?? this.#terms.timeoutMs;
    let open: ClientRequest | undefined;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Failure(`Request to URL [${url}] timed out.`, {hints: TIMEOUT_HINTS}));
        open?.destroy();
      }, timeoutMs);
    });
    const whole = async (): Promise<Answer> => {
      const {response, url: at} = await this.open(method, url, terms, (request) => {
        open = request;
      });
      const answer = headOf(at, response);
      const body = await readAll(response, at);
      this.#terms.trace?.came(answer, body);
      return {...answer, body};
    };
    try {
      return await Promise.race([whole(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The answer as soon as it begins; who asks reads on, and ends it. `began` is told of the
   * request before it is sent.
   *
   * @throws Failure there is no answer.
   */
  async open(
    method: Method,
    url: string,
    terms: RequestTerms = {},
    began?: (request: ClientRequest) => void,
  ): Promise<OpenAnswer> {
    let at = new URL(url);
    for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
      const {request, response} = await this.#send(method, at, terms, began);
      const {location} = response.headers;
      if (!isRedirect(response) || location === undefined || !URL.canParse(location, at)) {
        return {url: at.href, request, response};
      }
      this.#terms.trace?.came(headOf(at.href, response), undefined);
      response.resume();
      at = new URL(location, at);
    }
    throw new Failure(`[${url}] leads from one place to the next without an end`);
  }

  /** A connection for another protocol; or the answer that it was refused with. */
  async upgrade(url: string, protocol: string): Promise<{readonly socket: Socket} | OpenAnswer> {
    const at = new URL(url);
    const {request, response, socket} = await this.#send('GET', at, {
      headers: {connection: 'Upgrade', upgrade: protocol},
    });
    return socket === undefined ? {url, request, response} : {socket};
  }

  async #send(
    method: Method,
    url: URL,
    terms: RequestTerms,
    began: (request: ClientRequest) => void = () => undefined,
  ): Promise<Sent> {
    const {stop, tokenFor, trace} = this.#terms;
    const make = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
    const token = tokenFor(url.origin);
    const headers: OutgoingHttpHeaders = {
      ...(token === undefined ? {} : {authorization: `token=${token}`}),
      ...(terms.body === undefined ? {} : {'content-length': Buffer.byteLength(terms.body)}),
      ...terms.headers,
    };
    const agent = await this.#agent(url);
    trace?.sent(method, url.href, headers, terms.body);
    return new Promise((resolve, reject) => {
      const request = make(url, {method, headers, agent});
      const connecting = setTimeout(() => {
        request.destroy(Object.assign(new Error('no connection'), {code: 'ETIMEDOUT'}));
      }, CONNECT_MS_MAX);
      const halt = (): void => {
        request.destroy();
      };
      stop.addEventListener('abort', halt, {once: true});
      request.on('socket', (socket) => {
        // One that is kept open from an earlier request is connected already.
        if (socket.connecting) socket.once('connect', () => clearTimeout(connecting));
        else clearTimeout(connecting);
      });
      request.on('close', () => {
        clearTimeout(connecting);
        stop.removeEventListener('abort', halt);
      });
      request.on('error', (error) => {
        reject(stop.aborted ? interrupted() : unreachable(url.href, error));
      });
      request.on('response', (response) => resolve({request, response, socket: undefined}));
      request.on('upgrade', (response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve({request, response, socket});
      });
      began(request);
      if (terms.body !== undefined) request.end(terms.body);
      else if (!('transfer-encoding' in headers)) request.end();
      if (stop.aborted) halt();
    });
  }

  async #agent(url: URL): Promise<HttpAgent> {
    const known = this.#agents.get(url.protocol);
    if (known !== undefined) return known;
    const {trust, env} = this.#terms;
    const options: HttpAgentOptions & HttpsAgentOptions = {
      keepAlive: true,
      // As Go's clients do: nobody's proxy leads to this machine.
      ...(isLoopback(url.hostname) ? {} : {proxyEnv: {...env}}),
      ...(trust === false ? {rejectUnauthorized: false} : {}),
      ...(typeof trust === 'string' ? {ca: trust} : {}),
    };
    const isSecure = url.protocol === 'https:';
    const agent = isSecure
      ? new (await import('node:https')).Agent(options)
      : new HttpAgent(options);
    this.#agents.set(url.protocol, agent);
    return agent;
  }
}

const TIMEOUT_HINTS = [
  'If the cluster is only slow, give it longer: dcos config set core.timeout SECONDS',
];

export function interrupted(): Failure {
  return new Failure('User interrupted command with Ctrl-C', {exitCode: EXIT_INTERRUPTED});
}

function isRedirect({statusCode = 0}: IncomingMessage): boolean {
  return statusCode === 301 || statusCode === 302 || statusCode === 307 || statusCode === 308;
}

function headOf(url: string, response: IncomingMessage): Omit<Answer, 'body'> {
  const {statusCode = 0, statusMessage = '', headers} = response;
  return {url, status: statusCode, reason: statusMessage, headers};
}

async function readAll(response: IncomingMessage, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new Failure(`URL [${url}] is unreachable: the answer was cut off`, {cause: error});
  }
  return Buffer.concat(chunks);
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
