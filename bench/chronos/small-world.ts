/**
 * The least world that an engine can be driven in: agents that run every task for a while, a store
 * that has always written. It costs little, so that what is measured is the core.
 */
import {
  Agenda,
  agentIdOf,
  createEngine,
  frameworkIdOf,
  type Effect,
  type Engine,
  type FrameworkId,
  type HttpAnswer,
} from '../../engine/index.ts';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {demand} from '../bench.ts';
import {EPOCH_MS} from './jobs.ts';

/** What must be known of a task to report its end. */
type RunningTask = Pick<
  Extract<Effect, {kind: 'launchTask'}>,
  'agentId' | 'frameworkId' | 'taskId'
>;

const AGENTS = 100;
const AGENT = {
  scalars: {cpus: 64_000, mem: 262_144_000, disk: 1_000_000_000},
  ranges: {},
  sets: {},
};

/** How long tasks run: half a minute to ten and a half. */
const DURATION_MS_MIN = 30_000;
const DURATION_MS_RANGE = 600_000;

export class SmallWorld {
  readonly engine: Engine;
  readonly chronosId: FrameworkId = frameworkIdOf('chronos');
  readonly records = new Map<string, unknown>();
  readonly events = new Map<string, number>();
  readonly #keepsRecords: boolean;
  readonly #tasks: (RunningTask | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #ends = new Agenda();
  #now = 0;
  #updates = 0;
  #answer: HttpAnswer | undefined;
  launches = 0;

  constructor({keepsRecords}: {readonly keepsRecords: boolean}) {
    this.#keepsRecords = keepsRecords;
    const frameworks = [{id: 'chronos', type: 'chronos', role: '*'}] as const;
    const options = {seed: 1, epochMs: EPOCH_MS, frameworks};
    this.engine = createEngine(options, 0, {timeZones: temporalZones});
    for (let at = 0; at < AGENTS; at += 1) {
      const agent = {id: agentIdOf(`agent-${at}`), hostname: `host-${at}`, attributes: {}};
      this.engine.step(0, {kind: 'agentRegistered', agent, resources: AGENT, tasks: []});
    }
    this.#carryOut();
  }

  request(method: string, path: string, body: unknown): HttpAnswer {
    const request = {kind: 'http', method, path, body: JSON.stringify(body)};
    const {chronosId: frameworkId} = this;
    this.engine.step(this.#now, {kind: 'request', requestId: 'bench', frameworkId, request});
    this.#carryOut();
    const answer = this.#answer;
    demand(answer !== undefined, () => `${method} ${path} was not answered`);
    return answer;
  }

  /** Another leader begins with these records. */
  takeOver(records: readonly (readonly [string, unknown])[]): void {
    const {chronosId: frameworkId} = this;
    this.engine.step(this.#now, {kind: 'frameworkFailedOver', frameworkId, records});
    this.#carryOut();
  }

  /** Runs until that instant, in ms from the beginning. */
  runUntil(endMs: number): void {
    const {engine} = this;
    for (;;) {
      const endsAt = this.#ends.nextAt;
      const at = Math.min(endsAt, engine.wakeAt);
      if (at > endMs) break;
      this.#now = Math.max(this.#now, at);
      if (endsAt <= this.#now) this.#endTask(this.#ends.pop());
      else engine.step(this.#now, {kind: 'tick'});
      this.#carryOut();
    }
    this.#now = endMs;
  }

  #endTask(row: number): void {
    const task = this.#tasks[row];
    this.#tasks[row] = undefined;
    this.#free.push(row);
    if (task !== undefined) this.#report(task, 'TASK_FINISHED');
  }

  #report(task: RunningTask, state: 'TASK_FINISHED' | 'TASK_RUNNING'): void {
    this.#updates += 1;
    const updateId = `${this.#updates}`;
    this.engine.step(this.#now, {kind: 'taskStatus', ...task, state, updateId});
  }

  #carryOut(): void {
    const {engine} = this;
    for (let effects = engine.takeEffects(); effects.length > 0; effects = engine.takeEffects()) {
      for (const effect of effects) this.#carry(effect);
    }
  }

  #carry(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        if (this.#keepsRecords) {
          for (const {path, document} of effect.puts) this.records.set(path, document);
          for (const path of effect.deletes) this.records.delete(path);
        }
        this.engine.step(this.#now, {kind: 'recordsWritten', batch: effect.batch});
        break;
      case 'launchTask': {
        const row = this.#free.pop() ?? this.#tasks.length;
        const {agentId, frameworkId, taskId} = effect;
        const task = {agentId, frameworkId, taskId};
        this.#tasks[row] = task;
        this.launches += 1;
        const duration = DURATION_MS_MIN + ((this.launches * 7919) % DURATION_MS_RANGE);
        this.#ends.push(this.#now + duration, row);
        this.#report(task, 'TASK_RUNNING');
        break;
      }
      case 'publish': {
        const {type} = effect.event;
        this.events.set(type, (this.events.get(type) ?? 0) + 1);
        break;
      }
      case 'reply':
        this.#answer = effect.reply.ok ? (effect.reply.body as HttpAnswer) : undefined;
        break;
      case 'acknowledgeStatus':
      case 'applyOperations':
      case 'killTask':
      case 'operatorReply':
      case 'probe':
        break;
      default:
        effect satisfies never;
    }
  }
}
