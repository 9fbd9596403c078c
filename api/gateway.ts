/**
 * The one port of a master: every HTTP API below its prefix, as behind DC/OS's Admin Router, and at
 * the plain path that it has on a host of its own. Where two plain paths are the same,
 * docs/http.md says who has it.
 */
import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import type {FastifyInstance, FastifyReply} from 'fastify';
import {agentProxyFace, joinUpgraded, upstreamOf} from './agent-proxy.ts';
import {EXEC_PROTOCOL} from './agent/exec-frames.ts';
import {chronosFace} from './chronos/chronos-face.ts';
import {metronomeFace} from './chronos/metronome-face.ts';
import {clusterFact} from './cluster-facts.ts';
import {NotLeadingError, type Cluster} from './cluster.ts';
import {GATEWAY_DEFAULTS, type GatewayOptions} from './gateway-options.ts';
import {at, isRead, type Exchange, type Face} from './http/exchange.ts';
import type {Upstream} from './http/forward.ts';
import {makeServer} from './http/make-server.ts';
import {behind, targetOf, withOneSlash, withoutQuery} from './http/raw-path.ts';
import {sendAnswer} from './http/send.ts';
import {Tokens} from './http/tokens.ts';
import {LOGIN_PATH, logIn} from './login.ts';
import {LeaderProxy} from './leader-proxy.ts';
import {EventHub} from './marathon/event-hub.ts';
import {MarathonFace} from './marathon/marathon-face.ts';
import {marathonText} from './marathon/marathon-metrics.ts';
import {Fault} from './master-errors.ts';
import {ClusterCounts} from './mesos/cluster-counts.ts';
import {MesosFace, sendRedirect} from './mesos/mesos-face.ts';
import {TaskBook} from './mesos/task-book.ts';
import {PrometheusMetrics} from './metrics/prometheus.ts';
import {clusterHealth, ownHealth} from './system-health.ts';

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
  const proxy = new LeaderProxy(cluster, timing);
  const faces = makeFaces(cluster, settings, proxy);
  const tokens = new Tokens(settings.tokens);
  const isOpen = settings.tokens.length === 0;
  const admit = (raw: IncomingMessage, method: string, url: string): void => {
    if (isOpen || isPublic(method, url) || tokens.admits(raw)) return;
    throw new Fault('unauthorized', {'WWW-Authenticate': 'oauthjwt'});
  };
  const app = makeServer({
    served: faces.served,
    face: async (exchange) => {
      if (isLogin(exchange) && !isOpen) return logIn(exchange, tokens);
      admit(exchange.raw, exchange.method, exchange.url);
      await faces.route(exchange);
    },
    limits,
    logger,
    upgrade: {
      protocol: EXEC_PROTOCOL,
      take: (raw: IncomingMessage, socket: Socket, head: Buffer) => {
        const url = targetOf(raw.url ?? '/');
        admit(raw, raw.method ?? 'GET', url);
        const target = upgradeTarget(cluster, proxy, {raw, url});
        joinUpgraded({raw, socket, head}, target, timing);
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
  readonly served: (reply: FastifyReply) => void;
}

/** Which API a request was for, as metrics name it. */
type Api = 'agent' | 'chronos' | 'health' | 'marathon' | 'mesos' | 'metronome';

/** The longest prefix is tried first: they stand in that order. */
type Prefix = readonly [prefix: string, api: Api, face: Face];

function makeFaces(cluster: Cluster, options: GatewayOptions, proxy: LeaderProxy): Faces {
  const hub = new EventHub(cluster, options);
  const counts = new ClusterCounts();
  const book = new TaskBook(cluster, counts);
  cluster.witness(counts);
  cluster.witness(book);
  const metrics = new PrometheusMetrics({
    ...{cluster, book, counts},
    eventStreams: () => hub.streams,
  });
  const mesos = new MesosFace({cluster, book, counts, options});
  const {services, plain} = prefixes({cluster, options, hub, mesos, counts, proxy});
  const apis = new WeakMap<FastifyReply, Api>();
  const route: Face = async (sent) => {
    const path = withOneSlash(sent.path);
    const exchange = at(sent, path);
    const resource = withoutQuery(path);
    if (PROMETHEUS.test(resource) && isRead(exchange)) {
      const own = marathonText({cluster, counts, now: options.now});
      return sendPrometheus(exchange, metrics, own);
    }
    for (const [prefix, api, face] of services) {
      const rest = behind(path, prefix);
      if (rest === undefined) continue;
      apis.set(exchange.reply, api);
      return below(exchange, {prefix, rest, face});
    }
    const fact = isRead(exchange) ? clusterFact(resource, cluster, options) : undefined;
    if (fact !== undefined) return sendAnswer(exchange, fact);
    const found = plain.find(([prefix]) => behind(path, prefix) !== undefined);
    if (found !== undefined && !(found[0] === '/metrics' && mesos.has(path))) {
      apis.set(exchange.reply, found[1]);
      return found[2](exchange);
    }
    if (!mesos.has(path)) throw new Fault('notFound');
    apis.set(exchange.reply, 'mesos');
    return orRedirect(exchange, mesos.serve, cluster);
  };
  return {route, hub, served: (reply) => tellServed(reply, apis.get(reply), metrics)};
}

/** Behind the prefix of Marathon, too: there its own were. */
const PROMETHEUS = /^(\/(service\/)?marathon)?\/metrics\/prometheus$/;

interface PrefixParts {
  readonly cluster: Cluster;
  readonly options: GatewayOptions;
  readonly hub: EventHub;
  readonly mesos: MesosFace;
  readonly counts: ClusterCounts;
  readonly proxy: LeaderProxy;
}

/** Where each API is: below a prefix of its own, and at its plain path. */
function prefixes({cluster, options, hub, mesos, counts, proxy}: PrefixParts): {
  readonly services: readonly Prefix[];
  readonly plain: readonly Prefix[];
} {
  const {limits, proxy: timing} = options;
  const {serve: marathon} = new MarathonFace({cluster, proxy, hub, counts, options});
  const chronos = chronosFace({cluster, proxy, limits});
  const metronome = metronomeFace({cluster, proxy, limits});
  const agents = proxy.leading(agentProxyFace({cluster, timing}));
  const own = ownHealth({cluster, counts});
  const nodes = proxy.leading(clusterHealth({cluster, counts}));
  const health: Face = (exchange) =>
    withoutQuery(exchange.path) === '/' ? own(exchange) : nodes(exchange);
  return {
    services: [
      ['/service/marathon', 'marathon', marathon],
      ['/service/chronos', 'chronos', chronos],
      ['/service/metronome', 'metronome', metronome],
      ['/system/health/v1', 'health', health],
      ['/marathon', 'marathon', marathon],
      ['/mesos/master/redirect', 'mesos', toMesos],
      ['/mesos/slave', 'agent', agents],
      ['/mesos', 'mesos', proxy.localFirst(mesos.serve)],
      ['/agent', 'agent', agents],
      ['/slave', 'agent', agents],
    ],
    plain: [
      ['/v1/scheduler', 'chronos', chronos],
      ['/scheduler', 'chronos', chronos],
      ['/v1/jobs', 'metronome', metronome],
      ['/v1/queue', 'metronome', metronome],
      ['/v1/metrics', 'metronome', metronome],
      ['/v0/scheduled-jobs', 'metronome', metronome],
      ['/info', 'metronome', metronome],
      ['/leader', 'metronome', metronome],
      ['/v2', 'marathon', marathon],
      ['/ping', 'marathon', marathon],
      ['/metrics', 'marathon', marathon],
    ],
  };
}

/** As behind Admin Router: whoever leads, its pages are here. */
const toMesos: Face = (exchange) =>
  sendAnswer(exchange, {status: 307, headers: {Location: '/mesos/'}, body: undefined});

/** At plain paths a client is sent to the leader, as Mesos does it. */
async function orRedirect(exchange: Exchange, face: Face, cluster: Cluster): Promise<void> {
  try {
    await face(exchange);
  } catch (error) {
    if (!(error instanceof NotLeadingError)) throw error;
    await sendRedirect(exchange, cluster, exchange.url);
  }
}

/** `more` stands behind what the metrics have. */
async function sendPrometheus(
  exchange: Exchange,
  metrics: PrometheusMetrics,
  more: string,
): Promise<void> {
  const body = (await metrics.text()) + more;
  const headers = {'Content-Type': metrics.contentType};
  await sendAnswer(exchange, {status: 200, headers, body});
}

function tellServed(reply: FastifyReply, api: Api | undefined, metrics: PrometheusMetrics): void {
  const {method, originalUrl} = reply.request;
  const isStream = /\/v2\/events(\?|$)/.test(originalUrl);
  const labels = {api: api ?? 'other', method, code: `${reply.statusCode}`};
  metrics.served(labels, isStream ? undefined : reply.elapsedTime / 1000);
}

/** Prefixes that are resources themselves. */
const EXACT: ReadonlySet<string> = new Set(['/mesos/master/redirect', '/system/health/v1']);

interface Below {
  readonly prefix: string;
  readonly rest: string;
  readonly face: Face;
}

/** Without the slash behind the prefix, relative links of a page would lead elsewhere. */
function below(exchange: Exchange, {prefix, rest, face}: Below): void | Promise<void> {
  if (rest.startsWith('/')) return face(at(exchange, withOneSlash(rest)));
  if (EXACT.has(prefix)) return face(at(exchange, `/${rest}`));
  const status = prefix === '/marathon' ? 307 : 301;
  const headers = {Location: `${prefix}/${rest}`};
  return sendAnswer(exchange, {status, headers, body: undefined});
}

function isLogin({method, url}: Exchange): boolean {
  return method === 'POST' && withoutQuery(url) === LOGIN_PATH;
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
function upgradeTarget(
  cluster: Cluster,
  proxy: LeaderProxy,
  {raw, url}: {readonly raw: IncomingMessage; readonly url: string},
): Upstream {
  for (const prefix of ['/mesos/slave', '/agent', '/slave']) {
    const rest = behind(url, prefix);
    if (rest === undefined) continue;
    return cluster.isLeader ? upstreamOf(cluster, rest) : proxy.leaderUpstream(raw, url);
  }
  throw new Fault('notFound');
}
