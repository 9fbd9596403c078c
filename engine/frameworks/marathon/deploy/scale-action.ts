/** Brings an app to a number of instances: first what has to go goes, then what lacks comes. */
import {must} from '../../../kernel/assert.ts';
import {isConsideredTerminal, type Instance} from '../instances/instances.ts';
import type {AppEntry} from '../instances/roster.ts';
import type {Action, ActionRecord, ActionTools, InstanceReport} from './action.ts';
import {instancesOf} from './action.ts';
import {propose} from './scaling-of-app.ts';

type ScaleRecord = ActionRecord & {readonly kind: 'scale'};

export class ScaleAction implements Action {
  readonly awaitsConfirmation = false;
  readonly #tools: ActionTools;
  readonly #record: ScaleRecord;
  /** Instances whose end is waited for. */
  readonly #victims = new Set<string>();
  /** Its new instances that are not proven yet. */
  readonly #pending = new Set<string>();
  readonly #leftovers: ReadonlySet<string>;
  #isHeld: boolean;

  private constructor(record: ScaleRecord, tools: ActionTools, isHeld: boolean) {
    this.#record = record;
    this.#tools = tools;
    this.#leftovers = new Set(record.leftovers);
    this.#isHeld = isHeld;
  }

  static begin(
    entry: AppEntry,
    instances: number,
    toKill: readonly string[] | undefined,
    tools: ActionTools,
  ): ScaleAction {
    const after = tools.roster.serialOf(entry.id);
    const leftovers = instancesOf(entry)
      .filter(({goal}) => goal !== 'Running')
      .map(({id}) => id);
    const record: ScaleRecord = {kind: 'scale', app: entry.id, instances, after, leftovers};
    const action = new ScaleAction(record, tools, false);
    action.#sentence(propose(entry, instances, new Set(toKill)).decommission);
    action.#balance();
    return action;
  }

  static restore(
    entry: AppEntry,
    record: ScaleRecord,
    tools: ActionTools,
    isHeld: boolean,
  ): ScaleAction {
    const action = new ScaleAction(record, tools, isHeld);
    for (const instance of instancesOf(entry)) action.#note(instance);
    return action;
  }

  get app(): string {
    return this.#record.app;
  }

  get record(): ActionRecord {
    return this.#record;
  }

  get isDone(): boolean {
    if (this.#isHeld || this.#victims.size > 0 || this.#pending.size > 0) return false;
    return this.#pool >= this.#record.instances;
  }

  get heldBack(): number {
    return Math.max(0, this.#record.instances - this.#pool);
  }

  get #pool(): number {
    return this.#tools.roster.entry(this.app)?.tally.pool ?? 0;
  }

  isNew(): boolean {
    return true;
  }

  isRelaunched(): boolean {
    return true;
  }

  take({instanceId: id}: InstanceReport, instance: Instance | undefined): void {
    if (instance === undefined) {
      this.#victims.delete(id);
      this.#pending.delete(id);
    } else {
      this.#note(instance);
    }
  }

  decide(): void {
    this.#balance();
  }

  /** What the action waits for follows from the instance as it is. */
  #note({id, goal, condition, serial, proven}: Instance): void {
    const isDying = goal !== 'Running' && !isConsideredTerminal(condition);
    if (isDying && !this.#leftovers.has(id)) this.#victims.add(id);
    else this.#victims.delete(id);
    if (goal === 'Running' && serial > this.#record.after && !proven) this.#pending.add(id);
    else this.#pending.delete(id);
  }

  hold(): void {
    this.#isHeld = true;
  }

  resume(): void {
    this.#isHeld = false;
    this.#balance();
  }

  review(): void {}

  #sentence(instances: readonly Instance[]): void {
    const {hands, roster} = this.#tools;
    for (const instance of instances) {
      if (!isConsideredTerminal(instance.condition)) this.#victims.add(instance.id);
      hands.decommission(instance);
      if (roster.instance(instance.id) === undefined) this.#victims.delete(instance.id);
    }
  }

  /**
   * Starts what an app lacks, once nothing that was sentenced is left; and when what was lost and
   * replaced comes back, something has to go.
   */
  #balance(): void {
    if (this.#isHeld || this.#victims.size > 0) return;
    const {instances} = this.#record;
    const entry = must(this.#tools.roster.entry(this.app), 'app of a scale action');
    if (this.#pool > instances) this.#sentence(propose(entry, instances).decommission);
    for (let missing = instances - this.#pool; missing > 0; missing -= 1) {
      this.#pending.add(this.#tools.roster.create(entry).id);
    }
  }
}
