/**
 * Marathon's HTTP API (reference parts 2, 8 and 9.3): what the engine answers, with the headers of
 * a leader around it, and what only a process knows: who leads, and the stream of events.
 */
import type {HttpAnswer} from '../../engine/index.ts';
import type {Address, Cluster} from '../cluster.ts';
import {askEngine} from '../engine-request.ts';
import type {GatewayOptions} from '../gateway-options.ts';
import {headerOf, isRead, type Exchange, type Face} from '../http/exchange.ts';
import {hostPort} from '../http/host-port.ts';
import {queryOf, withoutQuery} from '../http/raw-path.ts';
import {sendAnswer} from '../http/send.ts';
import {PLAIN_PROXY, type LeaderProxy} from '../leader-proxy.ts';
import type {ClusterCounts} from '../mesos/cluster-counts.ts';
import type {EventHub} from './event-hub.ts';
import {withOwnMetrics} from './marathon-metrics.ts';

export interface MarathonParts {
  readonly cluster: Cluster;
  readonly proxy: LeaderProxy;
  readonly hub: EventHub;
  readonly counts: ClusterCounts;
  readonly options: GatewayOptions;
}

const NOT_CACHED = {
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Expires: '0',
} as const;

export class MarathonFace {
  readonly #parts: MarathonParts;
  readonly #leading: Face;

  constructor(parts: MarathonParts) {
    this.#parts = parts;
    this.#leading = parts.proxy.leading((exchange) => this.#lead(exchange));
  }

  readonly serve: Face = async (exchange) => {
    const {method} = exchange;
    if (method === 'OPTIONS' && this.#parts.options.corsOrigin !== undefined) {
      return this.#preflight(exchange);
    }
    switch (resourceOf(exchange)) {
      case '/v2/events':
        if (isRead(exchange)) return this.#events(exchange);
        return this.#tellMethods(exchange, 'GET, HEAD, OPTIONS');
      case '/v2/leader':
        if (isRead(exchange)) return this.#showLeader(exchange);
        if (method === 'DELETE') break;
        return this.#tellMethods(exchange, 'DELETE, GET, HEAD, OPTIONS');
      case '/v2/info':
        if (method === 'GET' && !this.#parts.cluster.isLeader) return this.#info(exchange);
        break;
      default:
        break;
    }
    return this.#leading(exchange);
  };

  async #lead(exchange: Exchange): Promise<void> {
    if (exchange.method === 'DELETE' && resourceOf(exchange) === '/v2/leader') {
      return this.#abdicate(exchange);
    }
    const {cluster, options} = this.#parts;
    const answer = await askEngine(
      {
        cluster,
        bodyBytesMax: options.limits.bodyBytesMax,
        frameworkId: cluster.names.marathon,
        find: (id) => cluster.view.marathon(id),
      },
      exchange,
    );
    if (answer.status !== 200 || answer.body === undefined) return this.#send(exchange, answer);
    switch (resourceOf(exchange)) {
      case '/v2/info':
        return this.#send(exchange, {...answer, body: this.#ownInfo(answer.body)});
      case '/metrics':
        return this.#send(exchange, {...answer, body: this.#ownMetrics(answer.body)});
      default:
        return this.#send(exchange, answer);
    }
  }

  #ownMetrics(form: unknown): object {
    const {cluster, counts, options} = this.#parts;
    return withOwnMetrics(form, {cluster, counts, now: options.now});
  }

  /** The engine does not know under which address it is reached. */
  #ownInfo(info: unknown): object {
    const {
      cluster: {self},
      options: {corsOrigin},
    } = this.#parts;
    const {marathon_config: config, ...rest} = info as Readonly<Record<string, unknown>>;
    const origins = corsOrigin === undefined ? {} : {access_control_allow_origin: corsOrigin};
    return {
      ...rest,
      leader: hostPort(self),
      marathon_config: {...(config as object), hostname: self.hostname, ...origins},
      http_config: {http_port: self.port, https_port: null},
    };
  }

  /** Without these two, an answer is the engine's own. */
  #send(exchange: Exchange, answer: HttpAnswer): Promise<void> {
    return sendAnswer(exchange, {...answer, headers: {...this.#headers, ...answer.headers}});
  }

  #message(exchange: Exchange, status: number, body: object, more: object = {}): Promise<void> {
    const headers = {...NOT_CACHED, 'Content-Type': 'application/json', ...more};
    return this.#send(exchange, {status, headers, body});
  }

  /** OPTIONS asks for them, and of other methods these are refused. */
  #tellMethods(exchange: Exchange, allowed: string): Promise<void> {
    const headers = {...NOT_CACHED, Allow: allowed};
    if (exchange.method === 'OPTIONS') {
      return this.#send(exchange, {status: 204, headers, body: undefined});
    }
    return this.#message(exchange, 405, {message: 'HTTP method not allowed'}, headers);
  }

  get #headers(): Readonly<Record<string, string>> {
    const {cluster, options, proxy} = this.#parts;
    const leader = cluster.isLeader ? {'X-Marathon-Leader': `http://${proxy.own}`} : {};
    const cors =
      options.corsOrigin === undefined ? {} : {'Access-Control-Allow-Origin': options.corsOrigin};
    return {...leader, 'X-Frame-Options': 'DENY', 'X-XSS-Protection': '1; mode=block', ...cors};
  }

  /** Only a leader has events; a proxy in between would have to hold each stream twice. */
  async #events(exchange: Exchange): Promise<void> {
    const {hub, proxy} = this.#parts;
    const leader = await proxy.findLeader('leaderUnknown');
    if (leader === 'here') {
      hub.serve(exchange, {...this.#headers, ...NOT_CACHED});
      return;
    }
    const headers = {...NOT_CACHED, Location: `http://${hostPort(leader)}${exchange.url}`};
    await this.#send(exchange, {status: 302, headers, body: undefined});
  }

  async #showLeader(exchange: Exchange): Promise<void> {
    const {cluster} = this.#parts;
    const leader: Address | undefined = cluster.isLeader ? cluster.self : cluster.leader;
    if (leader === undefined) {
      return this.#message(exchange, 404, {message: 'There is no leader'});
    }
    return this.#message(exchange, 200, {leader: hostPort(leader)});
  }

  /** Answered first: then the connection may end with the leadership. */
  async #abdicate(exchange: Exchange): Promise<void> {
    const query = queryOf(exchange.path);
    for (const name of ['backup', 'restore']) {
      if (!query.has(name)) continue;
      const message = `'${name}' is not supported: back up the store itself`;
      return this.#message(exchange, 422, {message});
    }
    const {cluster} = this.#parts;
    exchange.reply.raw.once('close', () => {
      if (cluster.isLeader) cluster.abdicate();
    });
    return this.#message(exchange, 200, {message: 'Leadership abdicated'});
  }

  /** The leader's, but for who this is. */
  async #info(exchange: Exchange): Promise<void> {
    const {proxy} = this.#parts;
    const found = await proxy.fetch(exchange, PLAIN_PROXY);
    if (found === 'here') return this.#leading(exchange);
    const headers = {...NOT_CACHED, 'Content-Type': 'application/json'};
    const {status, body} = found;
    const shown = status === 200 ? {...(body as object), elected: false} : body;
    return this.#send(exchange, {status, headers, body: shown});
  }

  async #preflight(exchange: Exchange): Promise<void> {
    const asked = headerOf(exchange.raw, 'access-control-request-headers');
    const headers = {
      'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
      'Access-Control-Max-Age': '86400',
      ...(asked === undefined ? {} : {'Access-Control-Allow-Headers': asked}),
    };
    await this.#send(exchange, {status: 200, headers, body: undefined});
  }
}

/** The path without its query and slashes at its end. */
function resourceOf({path}: Exchange): string {
  return withoutQuery(path).replace(/\/+$/, '');
}
