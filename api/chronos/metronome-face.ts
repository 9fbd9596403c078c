/** Metronome's HTTP API (Chronos reference part 8), which `dcos job` talks to. */
import type {HttpAnswer} from '../../engine/index.ts';
import type {Cluster} from '../cluster.ts';
import {askEngine} from '../engine-request.ts';
import {headerOf, type Exchange, type Face} from '../http/exchange.ts';
import {hostPort} from '../http/host-port.ts';
import type {HttpLimits} from '../http/limits.ts';
import {behind, withoutQuery} from '../http/raw-path.ts';
import {sendAnswer} from '../http/send.ts';
import type {LeaderProxy} from '../leader-proxy.ts';
import {Fault} from '../master-errors.ts';
import {leaderAnswer} from './chronos-face.ts';

const JSON_TYPE = {'Content-Type': 'application/json'} as const;

/** What of the engine's API belongs to Metronome: the rest is Chronos's. */
const PREFIXES = ['/v1/jobs', '/v1/queue', '/v1/metrics', '/v0/scheduled-jobs', '/info', '/ping'];

/** Before there is an engine: the form, and nothing in it. */
const NO_METRICS = {
  version: '4.0.0',
  gauges: {},
  counters: {},
  histograms: {},
  meters: {},
  timers: {},
};

export interface MetronomeParts {
  readonly cluster: Cluster;
  readonly proxy: LeaderProxy;
  readonly limits: HttpLimits;
}

export function metronomeFace({cluster, proxy, limits}: MetronomeParts): Face {
  const ask = {
    cluster,
    bodyBytesMax: limits.bodyBytesMax,
    frameworkId: cluster.names.chronos,
    find: (id: typeof cluster.names.chronos) => cluster.view.chronos(id),
  };
  const here: Face = async (exchange) => {
    await sendAnswer(exchange, await askEngine(ask, exchange));
  };
  const leading = proxy.leading(here, {
    leaderless: 'noConsistentLeadership',
    headers: () => ({'x-via': proxy.own}),
    answerHeaders: (leader) => ({'X-LEADER': hostPort(leader)}),
  });
  return async (exchange) => {
    const resource = withoutQuery(exchange.path).replace(/\/+$/, '');
    if (resource === '/leader') return sendAnswer(exchange, leaderAnswer(cluster));
    if (!PREFIXES.some((prefix) => behind(exchange.path, prefix) !== undefined)) {
      return sendAnswer(exchange, unknownRoute(exchange));
    }
    if (!cluster.isLeader) {
      const local = localAnswer(resource);
      if (local !== undefined) return sendAnswer(exchange, local);
      if (headerOf(exchange.raw, 'x-via') !== undefined) throw new Fault('alreadyProxied');
    }
    return leading(exchange);
  };
}

/** What followers answer themselves. */
function localAnswer(resource: string): HttpAnswer | undefined {
  if (resource === '/ping') {
    return {status: 200, headers: {'Content-Type': 'text/plain'}, body: 'pong'};
  }
  if (resource === '/v1/metrics') return {status: 200, headers: JSON_TYPE, body: NO_METRICS};
  return undefined;
}

function unknownRoute({path}: Exchange): HttpAnswer {
  const body = {message: 'Unknown route.', requestPath: withoutQuery(path)};
  return {status: 404, headers: JSON_TYPE, body};
}
