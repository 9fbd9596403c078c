/** One request, read as far as every resource needs it. */
import {parseQuery, partsOf, type Query} from './query.ts';
import type {HttpRequest} from './http-request.ts';

export interface Call {
  /** As sent, without the query. */
  readonly uri: string;
  /** What stands in the place of each name of the route's pattern. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly query: Query;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
  readonly remoteAddress: string | undefined;
}

/** The parts of its path, and the call but for what the pattern of its route names. */
export function readCall({path, headers = {}, body, remoteAddress}: HttpRequest): {
  readonly parts: readonly string[];
  readonly call: Omit<Call, 'names'>;
} {
  const at = path.indexOf('?');
  const uri = at < 0 ? path : path.slice(0, at);
  const call = {
    uri,
    query: parseQuery(at < 0 ? '' : path.slice(at + 1)),
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body,
    remoteAddress,
  };
  return {parts: partsOf(uri), call};
}

export function textAt({names}: Call, name: string): string {
  return names.get(name)?.join('/') ?? '';
}

/** Who asks: behind proxies the first of them says so. Empty if nobody knows. */
export function clientIp({headers, remoteAddress}: Call): string {
  const [first = ''] = (headers.get('x-forwarded-for') ?? '').split(',');
  return first.trim() || (remoteAddress ?? '');
}

/** Whether the client takes `type/subtype`; without a word it takes everything. */
export function accepts({headers}: Call, mediaType: string): boolean {
  const accepted = (headers.get('accept') ?? '').trim().toLowerCase();
  if (accepted === '') return true;
  const [type = ''] = mediaType.split('/');
  const fitting = ['*/*', `${type}/*`, mediaType];
  return accepted
    .split(',')
    .map((range) => range.split(';')[0]?.trim())
    .some((range) => fitting.includes(range ?? ''));
}

export function acceptsJson(call: Call): boolean {
  return accepts(call, 'application/json');
}
