/** One service of the cluster: paths below its URL, JSON in and out. */
import type {Socket} from 'node:net';
import {Failure} from '../failure.ts';
import {apiFailure, ApiFailure} from './api-failure.ts';
import type {Answer, HttpClient, Method, OpenAnswer, RequestTerms} from './client.ts';

/** Values that are undefined or false are left out; a list is one parameter several times. */
export type Query = Readonly<
  Record<string, string | number | boolean | undefined | readonly string[]>
>;

export interface CallTerms {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form, instead of a body. */
  readonly form?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export class Service {
  readonly url: string;
  readonly #client: HttpClient;
  readonly #isKnown: (origin: string) => boolean;

  /** @param isKnown whether a token is shown at an origin. */
  constructor(client: HttpClient, url: string, isKnown: (origin: string) => boolean) {
    this.#client = client;
    this.url = url;
    this.#isKnown = isKnown;
  }

  /**
   * What the answer says; the caller knows its shape, and that any field may be missing.
   *
   * @throws ApiFailure the answer is a refusal.
   * @throws Failure there is none, or it is no JSON.
   */
  async get<T>(path: string, query: Query = {}, timeoutMs?: number): Promise<T> {
    const terms = timeoutMs === undefined ? {query} : {query, timeoutMs};
    return parseAnswer(await this.call('GET', path, terms)) as T;
  }

  async send<T>(method: Method, path: string, terms: CallTerms = {}): Promise<T> {
    return parseAnswer(await this.call(method, path, terms)) as T;
  }

  /** @throws ApiFailure */
  async call(method: Method, path: string, terms: CallTerms = {}): Promise<Answer> {
    const {timeoutMs} = terms;
    const {type, text} = contentOf(terms);
    const request: RequestTerms = {
      headers: {
        accept: 'application/json',
        ...(type === undefined ? {} : {'content-type': type}),
      },
      ...(text === undefined ? {} : {body: text}),
      ...(timeoutMs === undefined ? {} : {timeoutMs}),
    };
    const answer = await this.#client.request(method, this.#at(path, terms.query), request);
    if (answer.status >= 400) throw this.#refused(answer);
    return answer;
  }

  /** An answer without an end; refusals are thrown as in {@link call}. */
  async open(method: Method, path: string, terms: OpenTerms = {}): Promise<OpenAnswer> {
    const answer = await this.#client.open(
      method,
      this.#at(path, terms.query),
      {headers: {...terms.headers}},
      terms.began,
    );
    if ((answer.response.statusCode ?? 0) < 400) return answer;
    throw this.#refused(await wholeAnswer(answer));
  }

  /** A connection that speaks `protocol` from now on. */
  async upgrade(path: string, protocol: string): Promise<Socket> {
    const upgraded = await this.#client.upgrade(this.#at(path), protocol);
    if ('socket' in upgraded) return upgraded.socket;
    throw this.#refused(await wholeAnswer(upgraded));
  }

  #refused(answer: Answer): ApiFailure {
    return apiFailure(answer, this.#isKnown(new URL(answer.url).origin));
  }

  #at(path: string, query: Query = {}): string {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined || value === false) continue;
      for (const one of Array.isArray(value) ? value : [value]) parts.append(name, `${one}`);
    }
    const text = parts.toString();
    return `${this.url}${path}${text === '' ? '' : `?${text}`}`;
  }
}

export interface OpenTerms {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly began?: Parameters<HttpClient['open']>[3];
}

function contentOf({body, form}: CallTerms): {
  readonly type: string | undefined;
  readonly text: string | undefined;
} {
  if (form !== undefined) {
    return {type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString()};
  }
  if (body === undefined) return {type: undefined, text: undefined};
  return {type: 'application/json', text: JSON.stringify(body)};
}

async function wholeAnswer({url, response}: OpenAnswer): Promise<Answer> {
  const {statusCode = 0, statusMessage = '', headers} = response;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {url, status: statusCode, reason: statusMessage, headers, body: Buffer.concat(chunks)};
}

function parseAnswer({body, url, headers}: Answer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const type = headers['content-type'] ?? 'something without a type';
    throw new Failure(`[${url}] answered ${type}, where JSON was expected`, {
      hints: ['Is core.dcos_url right? See `dcos config show core.dcos_url`.'],
      cause: error,
    });
  }
}

/**
 * Runs `call`; a refusal with `status` gets the words that a command has for it.
 *
 * @throws Failure
 */
export async function rewording<T>(
  status: number,
  message: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== status) throw error;
    throw new ApiFailure(status, message, {hints: error.hints, said: error.said});
  }
}
