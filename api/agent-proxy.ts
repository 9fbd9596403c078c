/**
 * `/agent/ID/…`: an agent's own HTTP face, through the master, which shows the agent that it is
 * one. Both ways are streamed; connections that ask to be upgraded are joined.
 */
import {request as httpRequest} from 'node:http';
import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {agentIdOf} from '../engine/index.ts';
import {NotLeadingError, type AgentAccess, type Cluster} from './cluster.ts';
import type {ProxyTiming} from './gateway-options.ts';
import type {Exchange, Face} from './http/exchange.ts';
import {forward, forwardedHeaders, type Upstream} from './http/forward.ts';
import {hangUp} from './http/hang-up.ts';
import {firstSegment} from './http/raw-path.ts';
import {Fault} from './master-errors.ts';

/** What an agent must not see of a client: it could use it itself. */
const SECRETS = {authorization: undefined, cookie: undefined} as const;

export interface AgentProxyParts {
  readonly cluster: Cluster;
  readonly timing: ProxyTiming;
}

/** For paths that begin with an agent's id; only where a master leads. */
export function agentProxyFace({cluster, timing}: AgentProxyParts): Face {
  return async (exchange: Exchange) => {
    if (!cluster.isLeader) throw new NotLeadingError();
    const {connectMs} = timing;
    await forward(exchange, upstreamOf(cluster, exchange.path), {
      connectMs,
      silenceMs: 0,
      refused: 'agentRefused',
      failed: 'agentFailed',
    });
  };
}

/** @throws Fault there is no such agent, or it serves nothing. */
export function upstreamOf(cluster: Cluster, path: string): Upstream {
  const first = firstSegment(path);
  const access = first && cluster.agentAccess(agentIdOf(first.segment));
  if (first === undefined || access === undefined) throw new Fault('unknownAgent');
  const rest = first.rest.startsWith('/') ? first.rest : `/${first.rest}`;
  return {...addressOf(access), path: rest, headers: headersFor(access), answerHeaders: {}};
}

/** Of `http://host:port`; the host may be an IPv6 address, with brackets or without. */
function addressOf({origin}: AgentAccess): {readonly hostname: string; readonly port: number} {
  const [, host = '', port = '80'] = /^http:\/\/(.*?)(?::(\d+))?\/?$/.exec(origin) ?? [];
  return {hostname: host.replace(/^\[|\]$/g, ''), port: Number(port)};
}

function headersFor({headers}: AgentAccess): Upstream['headers'] {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {...SECRETS, ...Object.fromEntries(own)};
}

export interface UpgradeRequest {
  readonly raw: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent behind its request. */
  readonly head: Buffer;
}

/**
 * Joins an upgraded connection with one to another server that agrees to it; what it answers
 * instead is passed on, and the connection ends.
 */
export function joinUpgraded(
  {raw, socket, head}: UpgradeRequest,
  upstream: Upstream,
  {connectMs}: Pick<ProxyTiming, 'connectMs'>,
): void {
  const outgoing = httpRequest({
    method: raw.method,
    host: upstream.hostname,
    port: upstream.port,
    path: upstream.path,
    headers: {
      ...forwardedHeaders(raw, upstream),
      connection: 'Upgrade',
      upgrade: raw.headers.upgrade,
    },
    setHost: false,
    agent: false,
    timeout: connectMs,
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('it took too long')));
  outgoing.on('upgrade', (answer, other, otherHead) => {
    other.setTimeout(0);
    socket.write(statusAndHeaders(answer));
    if (otherHead.length > 0) socket.write(otherHead);
    if (head.length > 0) other.write(head);
    join(socket, other);
    join(other, socket);
  });
  outgoing.on('response', (answer) => {
    socket.write(statusAndHeaders(answer));
    answer.pipe(socket);
    answer.on('error', () => socket.destroy());
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    const isRefused = error.code === 'ECONNREFUSED';
    hangUp(socket, new Fault(isRefused ? 'agentRefused' : 'agentFailed'));
  });
  socket.on('error', () => outgoing.destroy());
  socket.once('close', () => outgoing.destroy());
  outgoing.end();
}

/** One direction; either side's end or failure ends the other one. */
function join(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.once('close', () => to.destroy());
}

function statusAndHeaders(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  const {rawHeaders} = answer;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    // The body has been taken out of its chunks, and ends with the connection.
    if (/^(transfer-encoding|keep-alive)$/i.test(rawHeaders[at] ?? '')) continue;
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
