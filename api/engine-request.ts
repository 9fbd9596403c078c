/** Asks a framework of the engine over HTTP, on behalf of a client. */
import type {FrameworkId, HttpAnswer, HttpRequest} from '../engine/index.ts';
import {NotLeadingError, type Cluster} from './cluster.ts';
import {headerOf, isRead, type Exchange} from './http/exchange.ts';
import {readJsonText} from './http/read-body.ts';
import {Fault} from './master-errors.ts';

/** Somebody who answers questions without a step of the engine. */
export interface Readable {
  get(request: Pick<HttpRequest, 'headers' | 'path'>): HttpAnswer;
}

export interface EngineAsk {
  readonly cluster: Cluster;
  readonly bodyBytesMax: number;
  readonly frameworkId: FrameworkId;
  readonly find: (id: FrameworkId) => Readable | undefined;
}

/**
 * The engine's answer; the path goes there as it was sent.
 *
 * @throws NotLeadingError this master does not lead (any more).
 * @throws Fault the body cannot be used.
 */
export async function askEngine(ask: EngineAsk, exchange: Exchange): Promise<HttpAnswer> {
  const {cluster, frameworkId} = ask;
  const {method, path, raw} = exchange;
  const headers = readHeaders(exchange);
  if (isRead(exchange)) {
    const framework = cluster.isLeader ? ask.find(frameworkId) : undefined;
    if (framework === undefined) throw new NotLeadingError();
    return framework.get({path, headers});
  }
  const body = await readJsonText(raw, ask.bodyBytesMax);
  // While the body came: nothing was done, but there is no body any more to pass on.
  if (!cluster.isLeader) throw new Fault('leaderUnknown');
  const {remoteAddress} = raw.socket;
  return cluster.request(frameworkId, {kind: 'http', method, path, headers, body, remoteAddress});
}

/**
 * The headers that a framework may look at. Not all: requests are recorded, and tokens must not be.
 */
const READ = ['accept', 'content-type', 'x-forwarded-for'] as const;

function readHeaders({raw}: Exchange): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const name of READ) {
    const value = headerOf(raw, name);
    if (value !== undefined) out[name] = value;
  }
  return out;
}
