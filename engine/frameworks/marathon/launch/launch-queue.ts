/**
 * Instances that wait for an offer, in one lane per configuration, and the launch delays that keep
 * lanes closed (reference part 5). A lane is open when it has instances and no delay; only open
 * lanes look at offers.
 */
import type {Random} from '../../../kernel/random.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import {backoffEffect, BackoffTable, deadlineMs, type BackoffSnapshot} from './backoff.ts';
import type {Constraint} from './constraints.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import type {Instance} from '../instances/instances.ts';
import type {RunSpec} from './run-spec.ts';

export interface Lane {
  readonly key: string;
  /** Of the instance scheduled last; needs are the same for all of a lane. */
  spec: RunSpec;
  /** Ids in the order of launch; those no longer scheduled are skipped when met. */
  readonly ids: Fifo<string>;
  size: number;
  /** End of the launch delay, in ms; 0 = none. */
  blockedUntil: number;
  /** Place among the open lanes; -1 = closed. */
  openAt: number;
  /**
   * What the offers since the lane opened lacked, and how many were refused for it or by a
   * constraint.
   */
  lack: string | undefined;
  lacking: number;
  refusing: Constraint | undefined;
  refused: number;
}

export interface LaunchQueueSnapshot {
  readonly backoff: BackoffSnapshot;
  readonly lanes: readonly {
    readonly key: string;
    readonly ids: readonly string[];
    readonly blockedUntil: number;
    readonly lack?: string | undefined;
    readonly lacking: number;
    /** Index in the constraints of the spec. */
    readonly refusing: number;
    readonly refused: number;
  }[];
  /** Keys of the open lanes, in their order. */
  readonly open: readonly string[];
  readonly hasNews: boolean;
}

export const BACKOFF_TIMER = 'backoff';

export class LaunchQueue {
  readonly #services: FrameworkServices;
  readonly #find: (id: string) => Instance | undefined;
  readonly #backoff: BackoffTable;
  readonly #lanes = new Map<string, Lane>();
  readonly #open: Lane[] = [];
  #launchable = 0;
  #hasNews: boolean;

  constructor(
    services: FrameworkServices,
    find: (id: string) => Instance | undefined,
    snapshot?: LaunchQueueSnapshot,
  ) {
    this.#services = services;
    this.#find = find;
    this.#backoff = new BackoffTable(snapshot?.backoff);
    this.#hasNews = snapshot?.hasNews ?? false;
  }

  /** Second half of a restore, when {@link LaunchQueue.#find} knows the instances. */
  restore({lanes, open}: LaunchQueueSnapshot): void {
    for (const stored of lanes) {
      const scheduled = stored.ids.flatMap((id) => this.#find(id) ?? []);
      const last = scheduled.findLast(({condition}) => condition === 'Scheduled');
      if (last === undefined) continue;
      const lane = this.#makeLane(last.spec);
      for (const id of stored.ids) lane.ids.push(id);
      lane.size = new Set(
        scheduled.filter(({condition}) => condition === 'Scheduled').map(({id}) => id),
      ).size;
      lane.blockedUntil = stored.blockedUntil;
      lane.lack = stored.lack;
      lane.lacking = stored.lacking;
      lane.refusing = last.spec.constraints[stored.refusing];
      lane.refused = stored.refused;
    }
    for (const key of open) {
      const lane = this.#lanes.get(key);
      if (lane === undefined) continue;
      lane.openAt = this.#open.push(lane) - 1;
      this.#launchable += lane.size;
    }
  }

  /** How many instances could be launched now. */
  get launchable(): number {
    return this.#launchable;
  }

  /** Lanes that look at offers; their order is the queue's own. */
  get open(): readonly Lane[] {
    return this.#open;
  }

  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** Whether something became launchable since the last call. */
  takeNews(): boolean {
    const news = this.#hasNews;
    this.#hasNews = false;
    return news;
  }

  get hasNews(): boolean {
    return this.#hasNews;
  }

  scheduled(instance: Instance): void {
    const lane = this.#lanes.get(instance.spec.configKey) ?? this.#makeLane(instance.spec);
    lane.spec = instance.spec;
    lane.ids.push(instance.id);
    if (lane.openAt >= 0) {
      this.#launchable += 1;
      this.#hasNews = true;
    }
    lane.size += 1;
    this.#refresh(lane);
  }

  unscheduled(instance: Instance): void {
    const lane = this.#lanes.get(instance.spec.configKey);
    if (lane === undefined) return;
    if (lane.openAt >= 0) this.#launchable -= 1;
    lane.size -= 1;
    if (lane.size > 0) return;
    this.#close(lane);
    if (lane.blockedUntil > 0) this.#services.cancelTimer(BACKOFF_TIMER, lane.key);
    this.#lanes.delete(lane.key);
  }

  /** Failures delay the configuration, signs of life move the delay on. */
  conditionChanged({condition, spec}: Instance): void {
    const now = this.#services.now();
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

  resetDelay(configKey: string): void {
    this.#backoff.reset(configKey);
    this.#refreshKey(configKey);
  }

  /** A delay may be over. */
  delayPassed(configKey: string): void {
    this.#refreshKey(configKey);
  }

  /** The instance that is launched next; undefined when the lane is closed. */
  first(lane: Lane): Instance | undefined {
    if (lane.openAt < 0) return undefined;
    for (;;) {
      const id = lane.ids.peek();
      if (id === undefined) return undefined;
      const instance = this.#find(id);
      if (instance?.condition === 'Scheduled' && instance.spec.configKey === lane.key) {
        return instance;
      }
      lane.ids.shift();
    }
  }

  /** Draws one of the open lanes from place `from` on and moves it there: one step of a shuffle. */
  draw(from: number, random: () => Random): Lane | undefined {
    const lanes = this.#open;
    const left = lanes.length - from;
    if (left <= 0) return undefined;
    const other = left === 1 ? from : from + random().below(left);
    const lane = lanes[other] as Lane;
    if (other !== from) {
      const held = lanes[from] as Lane;
      lanes[other] = held;
      held.openAt = other;
      lanes[from] = lane;
      lane.openAt = from;
    }
    return lane;
  }

  #makeLane(spec: RunSpec): Lane {
    const lane: Lane = {
      key: spec.configKey,
      spec,
      ids: new Fifo(),
      size: 0,
      blockedUntil: 0,
      openAt: -1,
      lack: undefined,
      lacking: 0,
      refusing: undefined,
      refused: 0,
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
    lane.openAt = this.#open.push(lane) - 1;
    lane.lack = undefined;
    lane.lacking = 0;
    lane.refusing = undefined;
    lane.refused = 0;
    this.#launchable += lane.size;
    this.#hasNews = true;
  }

  #close(lane: Lane): void {
    const at = lane.openAt;
    if (at < 0) return;
    const last = this.#open.pop() as Lane;
    if (last !== lane) {
      this.#open[at] = last;
      last.openAt = at;
    }
    lane.openAt = -1;
    this.#launchable -= lane.size;
  }

  snapshot(): LaunchQueueSnapshot {
    return {
      backoff: this.#backoff.snapshot(),
      lanes: [...this.#lanes.values()].map((lane) => ({
        key: lane.key,
        ids: lane.ids.toArray(),
        blockedUntil: lane.blockedUntil,
        lack: lane.lack,
        lacking: lane.lacking,
        refusing: lane.refusing === undefined ? -1 : lane.spec.constraints.indexOf(lane.refusing),
        refused: lane.refused,
      })),
      open: this.#open.map(({key}) => key),
      hasNews: this.#hasNews,
    };
  }
}
