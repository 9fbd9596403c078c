/**
 * An independent check of Chronos from outside, by inputs and effects alone: nothing is launched
 * before its run is recorded, no slot is claimed twice, and of a job that is to run alone no two
 * tasks are alive at once.
 *
 * A task counts as alive from its launch to its end. One whose agent fell silent is in doubt, and
 * counts again when the agent is back, unless it was given up meanwhile: it has been waited for as
 * long as its job said.
 */
import {isTerminal} from '../engine/index.ts';
import type {Effect, FrameworkEvent, Input} from '../engine/index.ts';

type Launch = Extract<Effect, {kind: 'launchTask'}>;
type Persist = Extract<Effect, {kind: 'persist'}>;

/** What of the record of a run is looked at. */
interface RunRecord {
  readonly attempt: number;
  readonly tasks: readonly {readonly id: string}[];
}

/** What of the record of a job is looked at. */
interface JobRecord {
  readonly definition: {
    readonly form: string;
    readonly concurrent?: boolean;
    readonly overlap?: string;
  };
}

interface LiveTask {
  readonly agentId: string;
  readonly taskId: string;
  /** `<framework>/<job>`. */
  readonly job: string;
  readonly due: number;
  readonly attempt: number;
  isDoubtful: boolean;
  /** It is told to be over, and its agent was out of reach then. */
  isGivenUp: boolean;
}

const RUN_RECORD = /^[^/]+\/runs\//;
const JOB_RECORD = /^([^/]+)\/jobs\/([^/]+)$/;

export class RunChecker {
  readonly #report: (now: number, text: string) => void;
  /** Frameworks in which jobs may run beside themselves although they do not say so. */
  readonly #mayOverlap: ReadonlySet<string>;
  readonly #unconfirmed = new Map<number, Persist>();
  /** Path → record; only what the store has confirmed. */
  readonly #runs = new Map<string, RunRecord>();
  /** Jobs that run alone, as they were last sent to the store. */
  readonly #alone = new Set<string>();
  /** Job → slots that were claimed since it was last defined. */
  readonly #claimed = new Map<string, Set<number>>();
  /** Agents that are out of reach. */
  readonly #silent = new Set<string>();
  /** `<framework>/<task>` → task. */
  readonly #live = new Map<string, LiveTask>();

  constructor(
    report: (now: number, text: string) => void,
    mayOverlap: ReadonlySet<string> = new Set(),
  ) {
    this.#report = report;
    this.#mayOverlap = mayOverlap;
  }

  input(_now: number, input: Input): void {
    switch (input.kind) {
      case 'recordsWritten':
        this.#written(input.batch);
        return;
      case 'taskStatus':
        if (isTerminal(input.state)) this.#live.delete(`${input.frameworkId}/${input.taskId}`);
        return;
      case 'agentDisconnected':
      case 'agentSilent':
        this.#silent.add(input.agentId);
        for (const task of this.#on(input.agentId)) task.isDoubtful = true;
        return;
      case 'agentHeard':
        this.#back(input.agentId);
        return;
      case 'agentRegistered': {
        const there = new Set(input.tasks.map((task) => `${task.frameworkId}/${task.taskId}`));
        for (const {job, taskId} of this.#on(input.agent.id)) {
          const key = `${frameworkOf(job)}/${taskId}`;
          if (!there.has(key)) this.#live.delete(key);
        }
        this.#back(input.agent.id);
        return;
      }
      default:
    }
  }

  effect(now: number, effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        this.#unconfirmed.set(effect.batch, effect);
        this.#defined(effect);
        return;
      case 'launchTask':
        if (effect.origin.kind === 'run') this.#launched(now, effect, effect.origin);
        return;
      case 'publish': {
        const {type, job, slot} = effect.event;
        const key = `${effect.frameworkId}/${String(job)}`;
        if (type === 'JobQueued' && typeof slot === 'number') this.#slotClaimed(now, key, slot);
        else if (type === 'JobUpdated') this.#claimed.delete(key);
        else if (type === 'JobRemoved') this.#removed(key);
        else if (type === 'JobFailed' || type === 'JobCancelled') this.#over(key, effect.event);
        return;
      }
      default:
    }
  }

  #on(agentId: string): readonly LiveTask[] {
    return [...this.#live.values()].filter((task) => task.agentId === agentId);
  }

  #back(agentId: string): void {
    this.#silent.delete(agentId);
    for (const task of this.#on(agentId)) task.isDoubtful = task.isGivenUp;
  }

  #over(job: string, {due, attempt}: FrameworkEvent): void {
    for (const task of this.#live.values()) {
      if (task.job !== job || task.due !== due || task.attempt !== attempt) continue;
      if (task.isDoubtful) task.isGivenUp = true;
    }
  }

  #written(batch: number): void {
    const written = this.#unconfirmed.get(batch);
    if (written === undefined) return;
    this.#unconfirmed.delete(batch);
    for (const {path, document} of written.puts) {
      if (RUN_RECORD.test(path)) this.#runs.set(path, document as RunRecord);
    }
    for (const path of written.deletes) this.#runs.delete(path);
  }

  #defined({puts}: Persist): void {
    for (const {path, document} of puts) {
      const [, framework = '', name = ''] = JOB_RECORD.exec(path) ?? [];
      const {definition} = (document ?? {}) as Partial<JobRecord>;
      if (framework === '' || definition === undefined) continue;
      const {form, concurrent = false, overlap} = definition;
      const isConcurrent =
        overlap === undefined ? concurrent || this.#mayOverlap.has(framework) : overlap === 'allow';
      if (form === 'chronos' && !isConcurrent) this.#alone.add(`${framework}/${name}`);
      else this.#alone.delete(`${framework}/${name}`);
    }
  }

  #launched(
    now: number,
    {frameworkId, taskId, agentId}: Launch,
    {jobName, due, attempt}: Extract<Launch['origin'], {kind: 'run'}>,
  ): void {
    const record = this.#runs.get(`${frameworkId}/runs/${jobName}/${due}`);
    const isRecorded = record?.attempt === attempt && record.tasks.some(({id}) => id === taskId);
    if (!isRecorded) this.#report(now, `task ${taskId} is launched before its run is recorded`);
    const job = `${frameworkId}/${jobName}`;
    if (this.#alone.has(job)) {
      for (const other of this.#live.values()) {
        if (other.job !== job || other.taskId === taskId || other.isDoubtful) continue;
        this.#report(now, `task ${taskId} is launched beside ${other.taskId}, which is alive`);
      }
    }
    this.#live.set(`${frameworkId}/${taskId}`, {
      ...{agentId, taskId, job, due, attempt},
      ...{isDoubtful: this.#silent.has(agentId), isGivenUp: false},
    });
  }

  #slotClaimed(now: number, job: string, slot: number): void {
    const slots = this.#claimed.get(job) ?? new Set<number>();
    this.#claimed.set(job, slots);
    if (slots.has(slot)) this.#report(now, `job ${job}: slot ${slot} is claimed twice`);
    slots.add(slot);
  }

  /** Its tasks are killed, and another job may have its name. */
  #removed(job: string): void {
    this.#claimed.delete(job);
    for (const task of this.#live.values()) {
      if (task.job !== job) continue;
      task.isDoubtful = true;
      task.isGivenUp = true;
    }
  }
}

function frameworkOf(job: string): string {
  return job.slice(0, job.indexOf('/'));
}
