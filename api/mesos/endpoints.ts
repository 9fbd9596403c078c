/**
 * Routing as in libprocess: the first segment may name a process (`/master/state`,
 * `/slave(1)/state`), and of the rest the longest known beginning counts (`/api/v1/operator` is
 * `/api/v1`).
 */
import {at, isRead, type Exchange, type Face} from '../http/exchange.ts';
import {decodeSegment, withoutQuery} from '../http/raw-path.ts';
import {sendEmpty, sendText} from './send-text.ts';

export interface Endpoint {
  readonly face: Face;
  readonly methods: readonly string[];
}

export class Endpoints {
  readonly #process: string;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #jsonSuffixes: boolean;

  /** `process`: what stands in front of a path, or does not. */
  constructor(process: string, {jsonSuffixes}: {readonly jsonSuffixes: boolean}) {
    this.#process = process;
    this.#jsonSuffixes = jsonSuffixes;
  }

  /** HEAD is GET. */
  add(path: string, face: Face, methods: readonly string[] = ['GET']): this {
    this.#endpoints.set(path, {face, methods});
    return this;
  }

  /** Which endpoint a path leads to; undefined: none. */
  find(path: string): {readonly endpoint: Endpoint; readonly rest: string} | undefined {
    const segments: string[] = [];
    for (const raw of withoutQuery(path).split('/')) {
      const segment = raw === '' ? raw : decodeSegment(raw);
      if (segment === undefined) return undefined;
      if (segment !== '') segments.push(segment);
    }
    return this.#longest(segments[0] === this.#process ? segments.slice(1) : segments);
  }

  #longest(
    segments: readonly string[],
  ): {readonly endpoint: Endpoint; readonly rest: string} | undefined {
    for (let length = segments.length; length > 0; length -= 1) {
      const path = `/${segments.slice(0, length).join('/')}`;
      const endpoint = this.#endpoints.get(this.#withoutSuffix(path));
      if (endpoint !== undefined) return {endpoint, rest: segments.slice(length).join('/')};
    }
    return undefined;
  }

  #withoutSuffix(path: string): string {
    return this.#jsonSuffixes ? path.replace(/\.json$/, '') : path;
  }

  /** Answers with the endpoint that is found, which gets what is behind it as its path. */
  readonly serve: Face = async (exchange: Exchange) => {
    const found = this.find(exchange.path);
    if (found === undefined) return sendEmpty(exchange, 404);
    const {face, methods} = found.endpoint;
    const isAllowed =
      methods.includes(exchange.method) || (isRead(exchange) && methods.includes('GET'));
    if (!isAllowed) return refuseMethod(exchange, methods);
    const query = exchange.path.slice(withoutQuery(exchange.path).length);
    return face(at(exchange, `/${found.rest}${query}`));
  };
}

function refuseMethod(exchange: Exchange, methods: readonly string[]): Promise<void> {
  const wanted = methods.map((method) => `'${method}'`).join(', ');
  exchange.reply.raw.setHeader('Allow', methods.join(', '));
  const text = `Expecting one of { ${wanted} }, but received '${exchange.method}'.`;
  return sendText(exchange, 405, text);
}
