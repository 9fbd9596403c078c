/** Chronos's HTTP API (reference part 5): what the engine answers, or the leader's engine. */
import {STATUS_CODES} from 'node:http';
import type {HttpAnswer} from '../../engine/index.ts';
import type {Cluster} from '../cluster.ts';
import {askEngine} from '../engine-request.ts';
import type {HttpLimits} from '../http/limits.ts';
import {type Exchange, type Face} from '../http/exchange.ts';
import {hostPort} from '../http/host-port.ts';
import {behind, withoutQuery} from '../http/raw-path.ts';
import {sendAnswer} from '../http/send.ts';
import {PLAIN_PROXY, type LeaderProxy} from '../leader-proxy.ts';
import {Fault, faultBody} from '../master-errors.ts';

/** As Chronos, every answer may be read by pages of any origin. */
const OPEN = {'Access-Control-Allow-Origin': '*'} as const;

/** What of the engine's API belongs to Chronos: the rest is Metronome's. */
const PREFIXES = ['/v1/scheduler', '/scheduler', '/metrics', '/ping'];

export interface ChronosParts {
  readonly cluster: Cluster;
  readonly proxy: LeaderProxy;
  readonly limits: HttpLimits;
}

export function chronosFace({cluster, proxy, limits}: ChronosParts): Face {
  const ask = {
    cluster,
    bodyBytesMax: limits.bodyBytesMax,
    frameworkId: cluster.names.chronos,
    find: (id: typeof cluster.names.chronos) => cluster.view.chronos(id),
  };
  const leading = proxy.leading(
    async (exchange) => {
      if (!PREFIXES.some((prefix) => behind(exchange.path, prefix) !== undefined)) {
        throw new Fault('notFound');
      }
      await send(exchange, await askEngine(ask, exchange));
    },
    {...PLAIN_PROXY, leaderless: 'noLeader'},
  );
  return async (exchange) => {
    try {
      if (isLeaderQuestion(exchange)) await send(exchange, leaderAnswer(cluster));
      else await leading(exchange);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await send(exchange, {
        status: error.status,
        headers: {'Content-Type': 'application/json', ...error.headers},
        body: {...faultBody(error.code), status: STATUS_CODES[error.status]},
      });
    }
  };
}

function send(exchange: Exchange, answer: HttpAnswer): Promise<void> {
  return sendAnswer(exchange, {...answer, headers: {...OPEN, ...answer.headers}});
}

function isLeaderQuestion({method, path}: Exchange): boolean {
  const resource = withoutQuery(path);
  return method === 'GET' && /^(\/v1)?\/scheduler\/leader\/*$/.test(resource);
}

/** Who leads, as far as this process knows; for Chronos and Metronome. */
export function leaderAnswer(cluster: Cluster): HttpAnswer {
  const leader = cluster.isLeader ? cluster.self : cluster.leader;
  const headers = {'Content-Type': 'application/json'};
  if (leader === undefined) return {status: 404, headers, body: {message: 'There is no leader'}};
  return {status: 200, headers, body: {leader: hostPort(leader)}};
}
