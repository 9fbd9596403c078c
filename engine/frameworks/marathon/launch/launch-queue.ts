/**
 * Instances that wait for an offer, in one lane per configuration, and the launch delays that keep
 * lanes closed (reference part 5). A lane is open when it has instances and no delay; only open
 * lanes look at offers, and only at those of their role.
 */
import type {AgentId} from '../../../kernel/ids.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import type {Random} from '../../../kernel/random.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {Instance} from '../instances/instances.ts';
import {
  BACKOFF_RECORDS,
  backoffEffect,
  BackoffTable,
  deadlineMs,
  type BackoffSnapshot,
} from './backoff.ts';
import {LaneStats, SeenAgents, type LaneStatsSnapshot} from './lane-stats.ts';
import {LaunchTokens, type LaunchTokensSnapshot} from './launch-tokens.ts';
import type {SeenOffer} from '../../placement/offer-left.ts';
import {offerTerms, type LaunchOptions, type OfferTerms} from './offer-terms.ts';
import type {RunSpec} from './run-spec.ts';

export interface Lane {
  readonly key: string;
  readonly queue: RoleQueue;
  /** Of the instance scheduled last; what is wanted of offers is the same for all of a lane. */
  spec: RunSpec;
  readonly terms: OfferTerms;
  /** Begin of the launch attempt, which ends with the lane. */
  readonly since: number;
  /** Ids in the order of launch; those no longer scheduled are skipped when met. */
  readonly ids: Fifo<string>;
  size: number;
  /** Those of them that wait for an offer of the agent that keeps their reservation. */
  readonly bound: Set<string>;
  /** End of the launch delay, in ms; 0 = none. */
  blockedUntil: number;
  /** Place among the open lanes of its role; -1 = closed. */
  openAt: number;
  readonly stats: LaneStats;
}

/** What waits in one role. */
export interface RoleQueue {
  readonly role: string;
  /** Lanes that look at offers; their order is the queue's own. */
  readonly open: Lane[];
  /** How many instances could be launched now. */
  launchable: number;
  /** Whether something became launchable that nobody has taken notice of. */
  hasNews: boolean;
  /** Whether anything of this changed since {@link LaunchQueue.takeTouched}. */
  isTouched: boolean;
}

export interface LaunchQueueSnapshot {
  readonly backoff: BackoffSnapshot;
  readonly tokens?: LaunchTokensSnapshot | undefined;
  readonly agents: readonly AgentId[];
  /** Those that lanes could not use, each once. */
  readonly offers: readonly SeenOffer[];
  readonly lanes: readonly {
    readonly key: string;
    readonly since: number;
    readonly ids: readonly string[];
    readonly bound: readonly string[];
    readonly blockedUntil: number;
    readonly stats: LaneStatsSnapshot;
  }[];
  /** Keys of the open lanes, in their order. */
  readonly roles: readonly {
    readonly role: string;
    readonly open: readonly string[];
    readonly hasNews: boolean;
  }[];
}

export const BACKOFF_TIMER = 'backoff';
export const TOKENS_TIMER = 'launchTokens';

export class LaunchQueue {
  readonly tokens: LaunchTokens;
  readonly #services: FrameworkServices;
  readonly #find: (id: string) => Instance | undefined;
  readonly #options: LaunchOptions;
  readonly #backoff: BackoffTable;
  readonly #lanes = new Map<string, Lane>();
  readonly #roles = new Map<string, RoleQueue>();
  readonly #touched: RoleQueue[] = [];
  readonly #agents: SeenAgents;

  /** Where only records are left, the back-off is all there is: see {@link recordedDelays}. */
  constructor(
    services: FrameworkServices,
    find: (id: string) => Instance | undefined,
    options: LaunchOptions,
    snapshot?: Partial<LaunchQueueSnapshot>,
  ) {
    this.#services = services;
    this.#find = find;
    this.#options = options;
    this.#backoff = new BackoffTable(snapshot?.backoff, (key, delay) => {
      const path = `${BACKOFF_RECORDS}${key}`;
      if (delay === undefined) services.deleteRecord(path);
      else services.putRecord(path, delay);
    });
    this.tokens = new LaunchTokens(options, services.now(), snapshot?.tokens);
    this.#agents = new SeenAgents(snapshot?.agents);
  }

  /** Second half of a restore, when {@link LaunchQueue.#find} knows the instances. */
  restore({lanes, roles, offers}: LaunchQueueSnapshot): void {
    for (const {role, hasNews} of roles) this.role(role).hasNews = hasNews;
    for (const stored of lanes) {
      const scheduled = [...stored.ids, ...stored.bound].flatMap((id) => this.#find(id) ?? []);
      const last = scheduled.findLast(({condition}) => condition === 'Scheduled');
      if (last === undefined) continue;
      const lane = this.#makeLane(last.spec, stored.since);
      for (const id of stored.ids) lane.ids.push(id);
      lane.size = new Set(
        scheduled.filter(({condition}) => condition === 'Scheduled').map(({id}) => id),
      ).size;
      for (const id of stored.bound) lane.bound.add(id);
      lane.blockedUntil = stored.blockedUntil;
      lane.stats.load(stored.stats, offers);
    }
    for (const {role, open} of roles) {
      for (const key of open) {
        const lane = this.#lanes.get(key);
        if (lane === undefined) continue;
        const queue = this.role(role);
        lane.openAt = queue.open.push(lane) - 1;
        queue.launchable += lane.size;
      }
    }
    this.takeTouched();
  }

  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  get options(): LaunchOptions {
    return this.#options;
  }

  /** What waits in a role; it may be nothing. */
  role(role: string): RoleQueue {
    const known = this.#roles.get(role);
    if (known !== undefined) return known;
    const queue = {role, open: [], launchable: 0, hasNews: false, isTouched: false};
    this.#roles.set(role, queue);
    return queue;
  }

  /** Forgets a role in which nothing waits. */
  dropRole(role: string): void {
    if (this.#roles.get(role)?.open.length === 0) this.#roles.delete(role);
  }

  /** Roles in which something has changed, once each. */
  takeTouched(): readonly RoleQueue[] {
    if (this.#touched.length === 0) return NONE;
    for (const queue of this.#touched) queue.isTouched = false;
    return this.#touched.splice(0);
  }

  get hasTouched(): boolean {
    return this.#touched.length > 0;
  }

  /** Has what waits in a role looked at anew. */
  touch(role: string): void {
    this.#touch(this.role(role));
  }

  #touch(queue: RoleQueue): void {
    if (queue.isTouched) return;
    queue.isTouched = true;
    this.#touched.push(queue);
  }

  /** A number for an agent of which an offer came: see {@link LaneStats}. */
  slotOf(agent: AgentId): number {
    return this.#agents.slotOf(agent);
  }

  scheduled(instance: Instance): void {
    const {spec} = instance;
    const lane = this.#lanes.get(spec.configKey) ?? this.#makeLane(spec, this.#services.now());
    lane.spec = spec;
    lane.ids.push(instance.id);
    if (lane.openAt >= 0) {
      lane.queue.launchable += 1;
      lane.queue.hasNews = true;
      this.#touch(lane.queue);
    }
    lane.size += 1;
    if (instance.reservation !== undefined) lane.bound.add(instance.id);
    this.#refresh(lane);
  }

  unscheduled(instance: Instance): void {
    const lane = this.#lanes.get(instance.spec.configKey);
    if (lane === undefined) return;
    if (lane.openAt >= 0) {
      lane.queue.launchable -= 1;
      this.#touch(lane.queue);
    }
    lane.size -= 1;
    lane.bound.delete(instance.id);
    if (lane.size > 0) return;
    this.#close(lane);
    if (lane.blockedUntil > 0) this.#services.cancelTimer(BACKOFF_TIMER, lane.key);
    lane.stats.release();
    this.#lanes.delete(lane.key);
    if (this.#lanes.size === 0) this.#agents.clear();
  }

  /** Something is reserved for an instance that waits: it is launched there and nowhere else. */
  bound({id, spec}: Instance): void {
    const lane = this.#lanes.get(spec.configKey);
    if (lane === undefined) return;
    lane.bound.add(id);
    this.#touch(lane.queue);
  }

  /** Nothing is reserved any more for an instance that waits: any agent will do. */
  unbound({id, spec}: Instance): void {
    const lane = this.#lanes.get(spec.configKey);
    if (lane === undefined) return;
    lane.bound.delete(id);
    lane.ids.push(id);
    lane.queue.hasNews = true;
    this.#touch(lane.queue);
  }

  /** The lane in which an instance waits, if it could be launched now. */
  openLaneOf({condition, spec}: Instance): Lane | undefined {
    const lane = this.#lanes.get(spec.configKey);
    return condition === 'Scheduled' && lane !== undefined && lane.openAt >= 0 ? lane : undefined;
  }

  /**
   * Failures delay the configuration, signs of life move the delay on. Who runs makes room for one
   * more launch.
   */
  conditionChanged({condition, spec, healthy}: Instance): void {
    const now = this.#services.now();
    if (condition === 'Running' && healthy !== false && this.tokens.isLimited) {
      if (this.tokens.left(now) === 0) this.#touchAll();
      this.tokens.give(now);
    }
    switch (backoffEffect(condition)) {
      case 'add':
        this.#backoff.add(spec.configKey, spec.app.definition, now);
        break;
      case 'advance':
        if (this.#backoff.get(spec.configKey, now) === undefined) return;
        this.#backoff.advance(spec.configKey, now);
        break;
      case 'none':
        return;
    }
    this.#refreshKey(spec.configKey);
  }

  /** Forgets the launch delay of a configuration. */
  resetDelay(configKey: string): void {
    this.#backoff.reset(configKey);
    this.#refreshKey(configKey);
  }

  /** Forgets the launch delays of an app that waits; false if nothing of it does. */
  resetAppDelay(appId: string): boolean {
    const own = [...this.#lanes.values()].filter(({spec}) => spec.appId === appId);
    for (const {key} of own) this.resetDelay(key);
    return own.length > 0;
  }

  /** A delay may be over. */
  delayPassed(configKey: string): void {
    this.#refreshKey(configKey);
  }

  /** A launch uses up a token; with the last one all wait until there are new ones. */
  launched(): void {
    if (!this.tokens.isLimited) return;
    const now = this.#services.now();
    this.tokens.take(now);
    if (this.tokens.left(now) > 0) return;
    this.#services.armTimer(TOKENS_TIMER, '', this.tokens.nextRefillAt(now));
    this.#touchAll();
  }

  /** There are launch tokens again. */
  tokensRefilled(): void {
    for (const queue of this.#roles.values()) if (queue.open.length > 0) queue.hasNews = true;
    this.#touchAll();
  }

  #touchAll(): void {
    for (const queue of this.#roles.values()) this.#touch(queue);
  }

  /** How many instances of a role may be launched now, and could be. */
  launchableIn({launchable}: RoleQueue): number {
    return Math.min(launchable, this.tokens.left(this.#services.now()));
  }

  /** The next one for which any agent will do; undefined if the lane is closed, or has none. */
  first(lane: Lane): Instance | undefined {
    if (lane.openAt < 0) return undefined;
    for (;;) {
      const id = lane.ids.peek();
      if (id === undefined) return undefined;
      const instance = this.#find(id);
      const isWaiting = instance?.condition === 'Scheduled' && instance.spec.configKey === lane.key;
      if (isWaiting && !lane.bound.has(id)) return instance;
      lane.ids.shift();
    }
  }

  /** Draws one of the open lanes from place `from` on and moves it there: one step of a shuffle. */
  draw({open}: RoleQueue, from: number, random: () => Random): Lane | undefined {
    const left = open.length - from;
    if (left <= 0) return undefined;
    const other = left === 1 ? from : from + random().below(left);
    const lane = open[other] as Lane;
    if (other !== from) {
      const held = open[from] as Lane;
      open[other] = held;
      held.openAt = other;
      open[from] = lane;
      lane.openAt = from;
    }
    return lane;
  }

  #makeLane(spec: RunSpec, since: number): Lane {
    const lane: Lane = {
      key: spec.configKey,
      queue: this.role(spec.app.definition.role),
      spec,
      terms: offerTerms(spec.app.definition, this.#options),
      since,
      ids: new Fifo(),
      size: 0,
      bound: new Set(),
      blockedUntil: 0,
      openAt: -1,
      stats: new LaneStats(this.#agents),
    };
    this.#lanes.set(lane.key, lane);
    return lane;
  }

  #refreshKey(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane !== undefined) this.#refresh(lane);
  }

  #refresh(lane: Lane): void {
    const now = this.#services.now();
    const delay = this.#backoff.get(lane.key, now);
    const until = delay === undefined ? 0 : deadlineMs(delay);
    const blockedUntil = until > now ? until : 0;
    if (blockedUntil !== lane.blockedUntil) {
      if (blockedUntil > 0) this.#services.armTimer(BACKOFF_TIMER, lane.key, blockedUntil);
      else this.#services.cancelTimer(BACKOFF_TIMER, lane.key);
      lane.blockedUntil = blockedUntil;
    }
    if (blockedUntil > 0) this.#close(lane);
    else if (lane.openAt < 0) this.#openLane(lane);
  }

  #openLane(lane: Lane): void {
    const {queue} = lane;
    lane.openAt = queue.open.push(lane) - 1;
    queue.launchable += lane.size;
    queue.hasNews = true;
    this.#touch(queue);
  }

  #close(lane: Lane): void {
    const {openAt: at, queue} = lane;
    if (at < 0) return;
    const last = queue.open.pop() as Lane;
    if (last !== lane) {
      queue.open[at] = last;
      last.openAt = at;
    }
    lane.openAt = -1;
    queue.launchable -= lane.size;
    this.#touch(queue);
  }

  snapshot(): LaunchQueueSnapshot {
    const offers = new Map<SeenOffer, number>();
    const indexOf = (offer: SeenOffer): number => {
      const known = offers.get(offer);
      if (known !== undefined) return known;
      offers.set(offer, offers.size);
      return offers.size - 1;
    };
    const lanes = [...this.#lanes.values()].map((lane) => ({
      key: lane.key,
      since: lane.since,
      ids: lane.ids.toArray(),
      bound: [...lane.bound],
      blockedUntil: lane.blockedUntil,
      stats: lane.stats.snapshot(indexOf),
    }));
    return {
      backoff: this.#backoff.snapshot(),
      tokens: this.tokens.snapshot(),
      agents: this.#agents.snapshot(),
      offers: [...offers.keys()],
      lanes,
      roles: [...this.#roles.values()].map(({role, open, hasNews}) => {
        return {role, open: open.map(({key}) => key), hasNews};
      }),
    };
  }
}

const NONE: readonly never[] = [];
