/**
 * The read side of a Mesos master (reference 4.5): what it shows of agents, frameworks and tasks.
 * Only the leader knows; others send clients to it, and answer for themselves what is about
 * themselves.
 */
import {NotLeadingError, type Cluster} from '../cluster.ts';
import {filesEndpoints} from '../files/files-endpoints.ts';
import {anyOf, fileAt} from '../files/file-roots.ts';
import type {GatewayOptions} from '../gateway-options.ts';
import type {Exchange, Face} from '../http/exchange.ts';
import {hostPort} from '../http/host-port.ts';
import {jsonOf} from '../http/json-chunks.ts';
import {queryOf, withoutQuery} from '../http/raw-path.ts';
import {ClientGoneError} from '../http/read-body.ts';
import {MESOS_BUILD} from './build.ts';
import type {ClusterCounts} from './cluster-counts.ts';
import {Endpoints} from './endpoints.ts';
import {sendJson} from './jsonp.ts';
import {masterMetrics} from './master-metrics.ts';
import {
  agentLists,
  frameworkLists,
  maintenanceSchedule,
  masterState,
  roleList,
  stateSummary,
  taskList,
} from './master-state.ts';
import {sendEmpty, sendText} from './send-text.ts';
import type {TaskBook} from './task-book.ts';

export interface MesosParts {
  readonly cluster: Cluster;
  readonly book: TaskBook;
  readonly counts: ClusterCounts;
  readonly options: GatewayOptions;
}

type Shown = (query: URLSearchParams) => object;

export class MesosFace {
  readonly #parts: MesosParts;
  readonly #endpoints: Endpoints;
  /** Ends when what is being shown is written down. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(parts: MesosParts) {
    this.#parts = parts;
    this.#endpoints = new Endpoints('master', parts.options);
    this.#addLocal();
    this.#addLeading();
  }

  /** Whether a path is one of Mesos's, for whoever shares plain paths with others. */
  has(path: string): boolean {
    return this.#endpoints.find(path) !== undefined;
  }

  readonly serve: Face = (exchange) => this.#endpoints.serve(exchange);

  /** Answered by every master for itself. */
  #addLocal(): void {
    const {cluster, counts, book, options} = this.#parts;
    this.#endpoints
      .add('/health', (exchange) => sendEmpty(exchange, 200))
      .add('/version', (exchange) => sendJson(exchange, JSON.stringify(MESOS_BUILD)))
      .add('/flags', (exchange) => sendJson(exchange, JSON.stringify({flags: cluster.flags})))
      .add('/metrics/snapshot', (exchange) => {
        const metrics = masterMetrics({cluster, counts, book, now: options.now()});
        return sendJson(exchange, JSON.stringify(metrics));
      })
      .add('/redirect', (exchange) => this.#redirectToMaster(exchange));
    const {logFile} = options;
    const roots = anyOf(logFile === undefined ? [] : [fileAt('/master/log', logFile)]);
    for (const [path, face] of filesEndpoints(roots)) this.#endpoints.add(path, face);
  }

  #addLeading(): void {
    const {cluster, book, counts, options} = this.#parts;
    const {clusterName, logFile} = options;
    const parts = {cluster, book, counts, clusterName, logFile};
    const shown: readonly (readonly [path: string, show: Shown])[] = [
      ['/state', () => masterState(parts)],
      ['/state-summary', () => stateSummary(parts)],
      ['/slaves', (query) => agentLists(parts, query.get('slave_id') ?? undefined)],
      ['/frameworks', (query) => frameworkLists(parts, query.get('framework_id') ?? undefined)],
      ['/tasks', (query) => taskList(parts, query)],
      ['/roles', () => roleList(parts)],
      ['/maintenance/schedule', () => maintenanceSchedule(parts)],
    ];
    for (const [path, show] of shown) {
      this.#endpoints.add(path, (exchange) => this.#show(exchange, show));
    }
  }

  /** A follower sends the client on; who has just stopped leading asks to be treated as one. */
  async #show(exchange: Exchange, show: Shown): Promise<void> {
    const json = this.#writing.then(() => this.#write(exchange, show));
    this.#writing = json.catch(() => undefined);
    return sendJson(exchange, await json);
  }

  /** One at a time: else many who ask at once would have as many lists half written. */
  #write({raw, path}: Exchange, show: Shown): Promise<string> {
    if (!this.#parts.cluster.isLeader) throw new NotLeadingError();
    if (raw.socket.destroyed) throw new ClientGoneError();
    return jsonOf(show(queryOf(path)));
  }

  /** Where the leader is, without its scheme: as Mesos's pages ask. */
  #redirectToMaster(exchange: Exchange): Promise<void> {
    if (withoutQuery(exchange.path) !== '/') return sendEmpty(exchange, 404);
    return sendRedirect(exchange, this.#parts.cluster, '');
  }
}

/** 307 to the leader (reference 4.0). */
export function sendRedirect(exchange: Exchange, cluster: Cluster, path: string): Promise<void> {
  const leader = cluster.isLeader ? cluster.self : cluster.leader;
  if (leader === undefined) return sendText(exchange, 503, 'No leader elected');
  return sendEmpty(exchange, 307, {Location: `//${hostPort(leader)}${path}`});
}
