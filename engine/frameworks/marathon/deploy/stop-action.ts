/** Ends all instances of an app (reference part 3.4). */
import {isConsideredTerminal, type Instance} from '../instances/instances.ts';
import type {AppEntry} from '../instances/roster.ts';
import {
  instancesOf,
  type Action,
  type ActionRecord,
  type ActionTools,
  type InstanceReport,
} from './action.ts';

export class StopAction implements Action {
  readonly app: string;
  readonly awaitsConfirmation = false;
  readonly heldBack = 0;
  readonly record: ActionRecord;
  /** Instances whose end is waited for. */
  readonly #waiting: Set<string>;

  private constructor(entry: AppEntry) {
    this.app = entry.id;
    this.record = {kind: 'stop', app: entry.id};
    this.#waiting = new Set(
      instancesOf(entry)
        .filter(({condition}) => !isConsideredTerminal(condition))
        .map(({id}) => id),
    );
  }

  static begin(entry: AppEntry, {hands, roster}: ActionTools): StopAction {
    const action = new StopAction(entry);
    for (const instance of instancesOf(entry)) hands.decommission(instance);
    for (const id of action.#waiting) {
      if (roster.instance(id) === undefined) action.#waiting.delete(id);
    }
    return action;
  }

  static restore(entry: AppEntry): StopAction {
    return new StopAction(entry);
  }

  get isDone(): boolean {
    return this.#waiting.size === 0;
  }

  isNew(): boolean {
    return false;
  }

  isRelaunched(): boolean {
    return false;
  }

  take({instanceId}: InstanceReport, instance: Instance | undefined): void {
    const isLost = instance === undefined || isConsideredTerminal(instance.condition);
    if (isLost) this.#waiting.delete(instanceId);
    else this.#waiting.add(instanceId);
  }

  /** What was asked to end cannot be held back. */
  hold(): void {}
  decide(): void {}
  resume(): void {}
  review(): void {}
}
