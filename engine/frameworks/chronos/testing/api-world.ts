/**
 * A whole engine with one Chronos, one agent and a store that has always written: the least world
 * in which requests have consequences. Not part of the engine.
 */
import type {Effect} from '../../../effects.ts';
import {createEngine, type Engine} from '../../../engine.ts';
import {must} from '../../../kernel/assert.ts';
import {agentIdOf, frameworkIdOf} from '../../../kernel/ids.ts';
import {UTC_ONLY, type TimeZones} from '../../../kernel/time-zones.ts';
import type {ChronosOptions, ChronosPreset} from '../../../options.ts';
import type {FrameworkEvent, FrameworkReply, TaskState} from '../../../scheduler.ts';
import type {HttpAnswer} from '../../http/answers.ts';
import type {Chronos} from '../chronos.ts';

type Launch = Extract<Effect, {kind: 'launchTask'}>;

const CHRONOS = frameworkIdOf('chronos');
/** Thousandths of cores. */
const CPUS = 4000;

export interface WorldSetup {
  readonly options?: Partial<ChronosOptions> & {readonly preset?: ChronosPreset};
  readonly timeZones?: TimeZones;
  /** Wall-clock instant of the beginning. */
  readonly epochMs?: number;
  /** Tasks are launched, and give no sign of life. */
  readonly isSilent?: boolean;
  /** Its agent is deaf to kills. */
  readonly ignoresKills?: boolean;
  /**
   * What its agent has, in thousandths of cores; 0: no agent is there until {@link ApiWorld.join}.
   */
  readonly cpus?: number;
}

export class ApiWorld {
  readonly engine: Engine;
  readonly records = new Map<string, unknown>();
  /** Tasks that have begun and not ended, by their ids. */
  readonly tasks = new Map<string, Launch>();
  /** All that was published, oldest first. */
  readonly events: FrameworkEvent[] = [];
  /** Ids of all tasks that were launched, oldest first. */
  readonly launched: string[] = [];
  readonly #isSilent: boolean;
  readonly #ignoresKills: boolean;
  #now = 0;
  #updates = 0;
  #reply: FrameworkReply | undefined;

  constructor({
    options = {},
    timeZones = UTC_ONLY,
    epochMs = 0,
    isSilent = false,
    ignoresKills = false,
    cpus = CPUS,
  }: WorldSetup = {}) {
    this.#isSilent = isSilent;
    this.#ignoresKills = ignoresKills;
    const frameworks = [{id: 'chronos', type: 'chronos', role: '*', chronos: options}] as const;
    this.engine = createEngine({seed: 1, epochMs, frameworks}, 0, {timeZones});
    this.#carryOut();
    if (cpus > 0) this.join(cpus);
  }

  /** The agent comes. */
  join(cpus: number): void {
    const agent = {id: agentIdOf('agent-1'), hostname: 'host-1', attributes: {}};
    const scalars = {cpus, mem: 4_096_000, disk: 10_000_000};
    const resources = {scalars, ranges: {}, sets: {}};
    this.engine.step(this.#now, {kind: 'agentRegistered', agent, resources, tasks: []});
    this.#carryOut();
  }

  get chronos(): Chronos {
    return must(this.engine.view.chronos(CHRONOS), 'the Chronos');
  }

  ask(request: unknown): FrameworkReply {
    const input = {kind: 'request', requestId: 'r', frameworkId: CHRONOS, request} as const;
    this.engine.step(this.#now, input);
    this.#carryOut();
    return must(this.#reply, 'a reply');
  }

  /** A body that is a text is sent as it is. */
  http(method: string, path: string, body?: unknown): HttpAnswer {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = this.ask({kind: 'http', method, path, body: text});
    if (!reply.ok) throw new Error(JSON.stringify(reply.refusal));
    return reply.body as HttpAnswer;
  }

  /** Lets so much time pass; tasks start, and run on. */
  run(ms: number): void {
    const end = this.#now + ms;
    while (this.engine.wakeAt <= end) {
      this.#now = Math.max(this.#now, this.engine.wakeAt);
      this.engine.step(this.#now, {kind: 'tick'});
      this.#carryOut();
    }
    this.#now = end;
  }

  /** All tasks end so. */
  end(state: TaskState): void {
    for (const [taskId, task] of [...this.tasks]) {
      this.tasks.delete(taskId);
      this.#report(task, state);
    }
    this.#carryOut();
  }

  /** The tasks of one job end so. */
  endOf(jobName: string, state: TaskState): void {
    for (const [taskId, task] of [...this.tasks]) {
      if (task.origin.kind !== 'run' || task.origin.jobName !== jobName) continue;
      this.tasks.delete(taskId);
      this.#report(task, state);
    }
    this.#carryOut();
  }

  /** Another leader begins with these records. */
  takeOver(records: readonly (readonly [path: string, document: unknown])[]): void {
    this.engine.step(this.#now, {kind: 'frameworkFailedOver', frameworkId: CHRONOS, records});
    this.#carryOut();
  }

  #report({agentId, frameworkId, taskId}: Launch, state: TaskState): void {
    this.#updates += 1;
    const status = {agentId, frameworkId, taskId, state, updateId: `${this.#updates}`};
    this.engine.step(this.#now, {kind: 'taskStatus', ...status});
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
        for (const {path, document} of effect.puts) this.records.set(path, document);
        for (const path of effect.deletes) this.records.delete(path);
        this.engine.step(this.#now, {kind: 'recordsWritten', batch: effect.batch});
        break;
      case 'launchTask':
        this.tasks.set(effect.taskId, effect);
        this.launched.push(effect.taskId);
        if (!this.#isSilent) this.#report(effect, 'TASK_RUNNING');
        break;
      case 'killTask': {
        if (this.#ignoresKills) break;
        const task = this.tasks.get(effect.taskId);
        this.tasks.delete(effect.taskId);
        if (task !== undefined) this.#report(task, 'TASK_KILLED');
        break;
      }
      case 'reply':
        this.#reply = effect.reply;
        break;
      case 'acknowledgeStatus':
      case 'applyOperations':
      case 'operatorReply':
      case 'probe':
        break;
      case 'publish':
        this.events.push(effect.event);
        break;
      default:
        effect satisfies never;
    }
  }
}
