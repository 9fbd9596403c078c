/**
 * The one port of a master: every HTTP API below its prefix, as behind DC/OS's Admin Router, and at
 * the plain path that it has on a host of its own. Where two plain paths are the same,
 * docs/http.md says who has it.
 */
import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import type {FastifyInstance} from 'fastify';
import {agentProxyFace, joinUpgraded, upstreamOf} from './agent-proxy.ts';
import {EXEC_PROTOCOL} from './agent/exec-frames.ts';
import {chronosFace} from './chronos/chronos-face.ts';
import {metronomeFace} from './chronos/metronome-face.ts';
import {clusterFact} from './cluster-facts.ts';
import type {Cluster} from './cluster.ts';
import {GATEWAY_DEFAULTS, type GatewayOptions} from './gateway-options.ts';
import {at, isRead, type Exchange, type Face} from './http/exchange.ts';
import {hangUp} from './http/hang-up.ts';
import {makeServer} from './http/make-server.ts';
import {behind, targetOf, withoutQuery} from './http/raw-path.ts';
import {sendAnswer} from './http/send.ts';
import {Tokens} from './http/tokens.ts';
import {LeaderProxy} from './leader-proxy.ts';
import {EventHub} from './marathon/event-hub.ts';
import {MarathonFace} from './marathon/marathon-face.ts';
import {Fault} from './master-errors.ts';

/**
 * The gateway of a master, not listening yet: `app.listen({host, port})` makes it, `app.close()`
 * ends it with all its connections. What is not given is as in {@link GATEWAY_DEFAULTS}.
 */
export function makeGateway(
  cluster: Cluster,
  options: Partial<GatewayOptions> = {},
): FastifyInstance {
  const settings = {...GATEWAY_DEFAULTS, ...options};
  const {limits, logger, proxy: timing} = settings;
  const faces = makeFaces(cluster, settings);
  const tokens = new Tokens(settings.tokens);
  const isOpen = settings.tokens.length === 0;
  const admit = (raw: IncomingMessage, method: string, url: string): void => {
    if (isOpen || isPublic(method, url) || tokens.admits(raw)) return;
    throw new Fault('unauthorized', {'WWW-Authenticate': 'oauthjwt'});
  };
  const app = makeServer({
    face: async (exchange) => {
      admit(exchange.raw, exchange.method, exchange.url);
      await faces.route(exchange);
    },
    limits,
    logger,
    upgrade: {
      protocol: EXEC_PROTOCOL,
      take: (raw: IncomingMessage, socket: Socket, head: Buffer) => {
        try {
          const url = targetOf(raw.url ?? '/');
          admit(raw, raw.method ?? 'GET', url);
          joinUpgraded({raw, socket, head}, upgradeTarget(cluster, url), timing);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          hangUp(socket, error);
        }
      },
    },
  });
  app.addHook('preClose', (done) => {
    faces.hub.endAll();
    done();
  });
  return app;
}

interface Faces {
  readonly route: Face;
  readonly hub: EventHub;
}

/** The longest prefix is tried first: they stand in that order. */
type Prefix = readonly [prefix: string, face: Face];

function makeFaces(cluster: Cluster, options: GatewayOptions): Faces {
  const {limits, proxy: timing} = options;
  const proxy = new LeaderProxy(cluster, timing);
  const hub = new EventHub(cluster, options);
  const {serve: marathon} = new MarathonFace({cluster, proxy, hub, options});
  const chronos = chronosFace({cluster, proxy, limits});
  const metronome = metronomeFace({cluster, proxy, limits});
  const agents = proxy.leading(agentProxyFace({cluster, timing}));
  const services: readonly Prefix[] = [
    ['/service/marathon', marathon],
    ['/service/chronos', chronos],
    ['/service/metronome', metronome],
    ['/marathon', marathon],
    ['/mesos/slave', agents],
    ['/agent', agents],
    ['/slave', agents],
  ];
  const plain: readonly Prefix[] = [
    ['/v1/scheduler', chronos],
    ['/scheduler', chronos],
    ['/v1/jobs', metronome],
    ['/v1/queue', metronome],
    ['/v1/metrics', metronome],
    ['/v0/scheduled-jobs', metronome],
    ['/info', metronome],
    ['/leader', metronome],
    ['/v2', marathon],
    ['/ping', marathon],
    ['/metrics', marathon],
  ];
  const route: Face = async (exchange) => {
    const {path} = exchange;
    for (const [prefix, face] of services) {
      const rest = behind(path, prefix);
      if (rest !== undefined) return below(exchange, {prefix, rest, face});
    }
    if (isRead(exchange)) {
      const fact = clusterFact(withoutQuery(path), cluster, options);
      if (fact !== undefined) return sendAnswer(exchange, fact);
    }
    const found = plain.find(([prefix]) => behind(path, prefix) !== undefined);
    if (found === undefined) throw new Fault('notFound');
    return found[1](exchange);
  };
  return {route, hub};
}

interface Below {
  readonly prefix: string;
  readonly rest: string;
  readonly face: Face;
}

/** Without the slash behind the prefix, relative links of a page would lead elsewhere. */
function below(exchange: Exchange, {prefix, rest, face}: Below): void | Promise<void> {
  if (rest.startsWith('/')) return face(at(exchange, rest));
  const status = prefix === '/marathon' ? 307 : 301;
  const headers = {Location: `${prefix}/${rest}`};
  return sendAnswer(exchange, {status, headers, body: undefined});
}

/** What monitors and clients that look for a cluster ask without a token. */
function isPublic(method: string, url: string): boolean {
  const path = withoutQuery(url);
  if (method === 'HEAD' && path === '/') return true;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (path === '/dcos-metadata/dcos-version.json') return true;
  return (
    /^(\/(service\/)?(marathon|chronos|metronome))?\/ping$/.test(path) ||
    /^(\/mesos)?(\/master)?\/health$/.test(path)
  );
}

/** @throws Fault nothing is upgraded there. */
function upgradeTarget(cluster: Cluster, url: string): ReturnType<typeof upstreamOf> {
  for (const prefix of ['/mesos/slave', '/agent', '/slave']) {
    const rest = behind(url, prefix);
    if (rest === undefined) continue;
    if (!cluster.isLeader) throw new Fault('noLeader');
    return upstreamOf(cluster, rest);
  }
  throw new Fault('notFound');
}
