/** What happened in a case, in order, as it was seen from outside of the engine. */
import type {Effect, FrameworkEvent, Input, TaskState} from '../../engine/index.ts';
import type {Witness} from '../../sim/simulation.ts';

/** `at` counts from time 0 of the case: what belongs to the situation has negative times. */
export type Entry = {readonly at: number} & (
  | {readonly kind: 'event'; readonly event: FrameworkEvent}
  | {
      readonly kind: 'launch';
      readonly taskId: string;
      readonly appId: string;
      readonly agentId: string;
    }
  | {readonly kind: 'kill'; readonly taskId: string}
  /** Another process leads. */
  | {readonly kind: 'failover'}
  /** A status as it was reported to the master. */
  | {readonly kind: 'status'; readonly taskId: string; readonly state: TaskState}
);

type EntryOf<Kind extends Entry['kind']> = Extract<Entry, {readonly kind: Kind}>;

/** A task of the virtual world. */
export interface SeenTask {
  readonly taskId: string;
  readonly appId: string;
  readonly agentId: string;
  readonly launchedAt: number;
  /** As it was reported last; `TASK_STAGING` before. */
  state: TaskState;
}

/** The reply to a request. */
type Reply = Extract<Effect, {readonly kind: 'reply'}>['reply'];

export class Chronicle implements Witness {
  readonly entries: Entry[] = [];
  readonly replies = new Map<string, Reply>();
  readonly #tasks = new Map<string, SeenTask>();
  /** Time 0 of the case, by the clock of the run. */
  readonly #zero: number;

  constructor(zero: number) {
    this.#zero = zero;
  }

  input(now: number, input: Input): void {
    const at = now - this.#zero;
    switch (input.kind) {
      case 'taskStatus': {
        const {taskId, state} = input;
        const task = this.#tasks.get(taskId);
        if (task !== undefined) task.state = state;
        this.entries.push({at, kind: 'status', taskId, state});
        return;
      }
      case 'frameworkFailedOver':
        this.entries.push({at, kind: 'failover'});
        return;
      default:
        return;
    }
  }

  effect(now: number, effect: Effect): void {
    const at = now - this.#zero;
    switch (effect.kind) {
      case 'publish':
        this.entries.push({at, kind: 'event', event: effect.event});
        return;
      case 'launchTask':
        this.#launched(at, effect);
        return;
      case 'killTask':
        this.entries.push({at, kind: 'kill', taskId: effect.taskId});
        return;
      case 'reply':
        this.replies.set(effect.requestId, effect.reply);
        return;
      default:
        return;
    }
  }

  #launched(at: number, launch: Extract<Effect, {readonly kind: 'launchTask'}>): void {
    const {taskId, agentId, origin} = launch;
    const appId = origin.kind === 'app' ? origin.appId : '';
    this.#tasks.set(taskId, {taskId, appId, agentId, launchedAt: at, state: 'TASK_STAGING'});
    this.entries.push({at, kind: 'launch', taskId, appId, agentId});
  }

  /** Tasks that were ever launched, in order; of one app or of all. */
  tasks(appId?: string): readonly SeenTask[] {
    const all = [...this.#tasks.values()];
    return appId === undefined ? all : all.filter((task) => task.appId === appId);
  }

  /** Entries of a kind from time 0 of the case on. */
  since0<Kind extends Entry['kind']>(kind: Kind): readonly EntryOf<Kind>[] {
    return this.entries.filter(
      (entry): entry is EntryOf<Kind> => entry.kind === kind && entry.at >= 0,
    );
  }

  /** Events of a type from time 0 of the case on. */
  events(type: string): readonly FrameworkEvent[] {
    return this.since0('event').flatMap(({event}) => (event.type === type ? [event] : []));
  }
}
