/**
 * What is looked at from time to time: launches that do not come on, and tasks whose state is in
 * doubt.
 */
import type {FrameworkServices} from '../../../scheduler.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import {isStaged, type Instance} from './instances.ts';
import {taskIdFor} from '../definition/path-id.ts';
import type {Roster} from './roster.ts';

export const OVERDUE_TIMER = 'overdue';
export const RECONCILE_TIMER = 'reconcile';

/** `--task_launch_timeout` and `--task_launch_confirm_timeout`. */
export const OVERDUE_MS = 300_000;
/** `--reconciliation_initial_delay` and `--reconciliation_interval`. */
export const RECONCILE_FIRST_MS = 15_000;
export const RECONCILE_MS = 600_000;

interface Launch {
  readonly id: string;
  readonly incarnation: number;
  readonly dueAt: number;
}

export interface WatchSnapshot {
  readonly launches: readonly Launch[];
  readonly isReconciling: boolean;
  readonly hasTakenOver: boolean;
}

export class Watch {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  /** In the order in which they are due, because all have the same time: one timer serves all. */
  readonly #launches: Fifo<Launch>;
  #isReconciling: boolean;
  /** What was taken over from another leader is in doubt, all of it. */
  #hasTakenOver: boolean;

  constructor(services: FrameworkServices, roster: Roster, snapshot?: WatchSnapshot) {
    this.#services = services;
    this.#roster = roster;
    this.#launches = new Fifo(snapshot?.launches);
    this.#isReconciling = snapshot?.isReconciling ?? false;
    this.#hasTakenOver = snapshot?.hasTakenOver ?? false;
  }

  /** The instances come from records: launches under way are timed again, and all are asked for. */
  takeOver(): void {
    this.#hasTakenOver = true;
    for (const {instances} of this.#roster.entries.values()) {
      for (const instance of instances.values()) {
        if (isStaged(instance.condition)) this.launched(instance);
      }
    }
  }

  started(): void {
    if (this.#roster.instanceCount > 0) this.#armReconcile(RECONCILE_FIRST_MS);
  }

  launched({id, incarnation}: Instance): void {
    const dueAt = this.#services.now() + OVERDUE_MS;
    if (this.#launches.size === 0) this.#services.armTimer(OVERDUE_TIMER, '', dueAt);
    this.#launches.push({id, incarnation, dueAt});
    if (!this.#isReconciling) this.#armReconcile(RECONCILE_MS);
  }

  /** Instances whose launch has taken too long. */
  overdue(): readonly string[] {
    const now = this.#services.now();
    const late: string[] = [];
    for (;;) {
      const launch = this.#launches.peek();
      if (launch === undefined) return late;
      const instance = this.#roster.instance(launch.id);
      const isPending =
        instance?.incarnation === launch.incarnation && isStaged(instance.condition);
      if (launch.dueAt > now && isPending) {
        this.#services.armTimer(OVERDUE_TIMER, '', launch.dueAt);
        return late;
      }
      if (isPending) late.push(launch.id);
      this.#launches.shift();
    }
  }

  /**
   * Asks the master for the state of the tasks that are neither running nor ended. Unlike Marathon,
   * which asks for all: updates between this framework and its master are repeated until
   * acknowledged, so a settled task stays known, and asking for each of 100,000 every ten minutes
   * would be the dearest thing it does.
   */
  reconcile(): void {
    this.#isReconciling = false;
    const tasks = this.#inDoubt().map(({id, incarnation, agentId}) => ({
      taskId: taskIdFor(id, incarnation),
      agentId,
    }));
    this.#hasTakenOver = false;
    if (tasks.length > 0) this.#services.driver.reconcile(tasks);
    if (this.#roster.instanceCount > 0) this.#armReconcile(RECONCILE_MS);
  }

  #inDoubt(): readonly Instance[] {
    if (!this.#hasTakenOver) {
      return this.#roster.unsettled().filter(({condition}) => condition !== 'Provisioned');
    }
    const launched: Instance[] = [];
    for (const {instances} of this.#roster.entries.values()) {
      for (const instance of instances.values()) {
        if (instance.condition !== 'Scheduled') launched.push(instance);
      }
    }
    return launched.sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  #armReconcile(inMs: number): void {
    this.#isReconciling = true;
    this.#services.armTimer(RECONCILE_TIMER, '', this.#services.now() + inMs);
  }

  snapshot(): WatchSnapshot {
    return {
      launches: this.#launches.toArray(),
      isReconciling: this.#isReconciling,
      hasTakenOver: this.#hasTakenOver,
    };
  }
}
