/**
 * A master: contends for the leadership, and while it leads drives the engine, its agents and its
 * faces. Between two terms nothing of the engine is kept: the store has it.
 */
import {randomInt} from 'node:crypto';
import type {Logger} from 'pino';
import {
  frameworkIdOf,
  MASTER_DEFAULTS,
  must,
  succeedEngine,
  type AgentId,
  type EngineOptions,
  type EngineView,
  type FrameworkEvent,
  type FrameworkId,
  type FrameworkReply,
  type HttpAnswer,
  type HttpRequest,
  type OperatorRequest,
  type TimeZones,
} from '../../engine/index.ts';
import {
  NotLeadingError,
  type Address,
  type AgentAccess,
  type Cluster,
  type MasterIdentity,
  type Witness,
} from '../../api/cluster.ts';
import {Witnesses} from '../../api/witnesses.ts';
import type {Clock} from '../clock.ts';
import {Driver, type WorldEffect} from '../driver.ts';
import type {Channel, ChannelListener} from '../link/channel.ts';
import {AgentLinks} from './agent-links.ts';
import type {Leadership, Term} from './leadership.ts';
import {Prober} from './prober.ts';

export interface MasterParts {
  readonly self: Omit<MasterIdentity, 'electedAt'>;
  readonly leadership: Leadership;
  /** All but the seed, which is the term's. */
  readonly options: Omit<EngineOptions, 'seed' | 'epochMs'>;
  readonly flags: Cluster['flags'];
  readonly timeZones: TimeZones;
  readonly clock: Clock;
  /** What an agent must be shown to answer this master over HTTP. */
  readonly proof: () => AgentAccess['headers'];
  readonly log: Logger;
}

/** All that exists only while it leads. */
interface Reign {
  readonly term: Term;
  readonly driver: Driver;
  readonly links: AgentLinks;
  readonly prober: Prober;
}

/** From a failed start of a term to giving the leadership back, so that it does not spin. */
const RETRY_MS = 1000;
/** How many there are to choose from. */
const SEEDS = 2 ** 48 - 1;
/** As Marathon's DELETE /v2/leader: its answer still goes out. */
const ABDICATION_MS = 500;

export class Master implements Cluster {
  readonly self: MasterIdentity & {electedAt?: number | undefined};
  readonly names = {marathon: frameworkIdOf('marathon'), chronos: frameworkIdOf('chronos')};
  readonly flags: Cluster['flags'];
  readonly #parts: MasterParts;
  readonly #witnesses = new Witnesses();
  readonly #listeners = new Map<FrameworkId, Set<(event: FrameworkEvent) => void>>();
  readonly #ends = new Set<() => void>();
  #reign: Reign | undefined;
  /** The present term's epoch while it is being prepared and while it leads. */
  #epoch: number | undefined;
  #isClosed = false;

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.self = {...parts.self};
    this.flags = parts.flags;
  }

  /** Contends from now on. Resolves when it takes part; it may lead later, or never. */
  start(): Promise<void> {
    return this.#parts.leadership.contend({
      elected: (term) => {
        void this.#rule(term);
      },
      lost: (reason) => this.#stepDown(reason),
    });
  }

  // Leading.

  async #rule(term: Term): Promise<void> {
    const {log, clock} = this.#parts;
    const {epoch} = term;
    this.#epoch = epoch;
    log.info({epoch}, 'elected; reading the store');
    const startedAt = performance.now();
    const records = await term.store.load().catch((error: unknown) => {
      log.error({err: error, epoch}, 'the store cannot be read: the term does not begin');
      return undefined;
    });
    if (this.#epoch !== epoch || this.#isClosed) return;
    if (records === undefined) {
      setTimeout(() => {
        // Another term, if there is one by then, has nothing to do with this.
        if (this.#epoch === epoch) void this.#resign('the store cannot be read');
      }, RETRY_MS);
      return;
    }
    const tookMs = Math.round(performance.now() - startedAt);
    log.info({epoch, records: records.length, tookMs}, 'leading');
    this.self.electedAt = clock.now();
    this.#reign = this.#begin(term, records);
    this.#witnesses.measured(clock.now(), 'recordsRead', tookMs);
    this.#reign.driver.start();
  }

  #begin(term: Term, records: readonly (readonly [string, unknown])[]): Reign {
    const {options, clock, timeZones, log, self} = this.#parts;
    const {epoch} = term;
    // By chance: the ids that it makes must be those of no other cluster, or of this one anew.
    const seeded = {...options, seed: randomInt(SEEDS), epochMs: 0};
    const now = clock.now();
    this.#witnesses.started(now);
    const engine = succeedEngine(seeded, {records, epoch}, now, {timeZones});
    const pings = {...MASTER_DEFAULTS, ...options.master};
    const links = new AgentLinks({
      masterId: self.id,
      epoch,
      pingTimeoutMs: pings.agentPingTimeoutMs,
      pingTimeoutsMax: pings.agentPingTimeoutsMax,
      tell: (input, prepare) => driver.tell(input, prepare),
      registered: (report) => this.#witnesses.agent(clock.now(), report),
      log,
    });
    const prober = new Prober((results) => driver.tell(results));
    const roles = new Map(options.frameworks.map(({id, role}) => [id, role]));
    const driver = new Driver({
      engine,
      store: term.store,
      clock,
      isLeading: () => term.isHeld(),
      carryOut: (effect) => carryOut(effect, {links, prober, roles}),
      published: (frameworkId, event) => this.#publish(frameworkId, event),
      deposed: (reason, cause) => {
        log.error({err: cause, reason, epoch}, 'this master must not go on leading');
        this.#stepDown(reason);
        void this.#resign(reason);
      },
      witness: this.#witnesses,
    });
    return {term, driver, links, prober};
  }

  /** Whatever it was about to do is not done any more. */
  #stepDown(reason: string): void {
    const reign = this.#reign;
    this.#epoch = undefined;
    this.#reign = undefined;
    this.self.electedAt = undefined;
    if (reign === undefined) return;
    this.#parts.log.warn({reason, epoch: reign.term.epoch}, 'leading no more');
    reign.driver.stop();
    reign.prober.stop();
    reign.links.close();
    for (const end of [...this.#ends]) end();
  }

  async #resign(reason: string): Promise<void> {
    try {
      await this.#parts.leadership.resign(reason);
    } catch (error) {
      this.#parts.log.error({err: error}, 'the leadership cannot be given back');
    }
  }

  #publish(frameworkId: FrameworkId, event: FrameworkEvent): void {
    for (const listener of this.#listeners.get(frameworkId) ?? []) listener(event);
  }

  /** A connection of an agent; one that does not lead sends it away. */
  acceptAgent(open: (listener: ChannelListener) => Channel): void {
    if (this.#reign !== undefined) {
      this.#reign.links.accept(open);
      return;
    }
    const channel = open({message: () => undefined, ended: () => undefined});
    channel.send({kind: 'refused', reason: 'this master does not lead'});
    channel.end();
  }

  // What the faces ask: see Cluster.

  get leader(): Address | undefined {
    return this.#parts.leadership.leader;
  }

  get isLeader(): boolean {
    return this.#reign !== undefined && this.#reign.term.isHeld();
  }

  get view(): EngineView {
    return this.#leading().driver.engine.view;
  }

  #leading(): Reign {
    if (this.#reign === undefined || !this.#reign.term.isHeld()) throw new NotLeadingError();
    return this.#reign;
  }

  async request(frameworkId: FrameworkId, request: HttpRequest): Promise<HttpAnswer> {
    const reply = await this.#leading().driver.request(frameworkId, request);
    if (reply.ok) return reply.body as HttpAnswer;
    const {message, errors} = reply.refusal;
    const body = {message, ...(errors === undefined ? {} : {details: errors})};
    return {status: 400, headers: {'Content-Type': 'application/json'}, body};
  }

  async operatorRequest(request: OperatorRequest): Promise<FrameworkReply> {
    return await this.#leading().driver.operatorRequest(request);
  }

  onEvent(frameworkId: FrameworkId, listener: (event: FrameworkEvent) => void): () => void {
    const listeners = this.#listeners.get(frameworkId) ?? new Set();
    this.#listeners.set(frameworkId, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  onEnd(listener: () => void): () => void {
    this.#ends.add(listener);
    return () => this.#ends.delete(listener);
  }

  witness(witness: Witness): void {
    this.#witnesses.add(witness);
  }

  agentAccess(agentId: AgentId): AgentAccess | undefined {
    return this.#reign?.links.accessTo(agentId, this.#parts.proof);
  }

  /** Gives the leadership to somebody else, if this is the leader. */
  abdicate(): void {
    const {term} = must(this.#reign, 'only a leader abdicates');
    setTimeout(() => {
      if (this.#reign?.term !== term) return;
      this.#stepDown('abdicated');
      void this.#resign('abdicated');
    }, ABDICATION_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stepDown('the process stops');
    for (const end of [...this.#ends]) end();
    await this.#parts.leadership.close();
  }
}

interface World {
  readonly links: AgentLinks;
  readonly prober: Prober;
  /** Of frameworks: tasks that are told no other have these. */
  readonly roles: ReadonlyMap<string, string>;
}

function carryOut(effect: WorldEffect, {links, prober, roles}: World): void {
  if (effect.kind === 'probe') prober.ask(effect.frameworkId, effect.probes);
  else if (effect.kind !== 'launchTask') links.order(effect);
  else links.order({role: roles.get(effect.frameworkId), ...effect});
}
