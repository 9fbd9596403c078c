/** Replaces the instances of an app by those of its version in force (reference part 3.5). */
import {must} from '../../../kernel/assert.ts';
import {isConsideredTerminal, isParked, type Instance} from '../instances/instances.ts';
import type {AppEntry} from '../instances/roster.ts';
import {
  instancesOf,
  isConsideredHealthy,
  type Action,
  type ActionRecord,
  type ActionTools,
  type InstanceReport,
  type VersionOfInstance,
} from './action.ts';
import {
  RollingUpgrade,
  type UpgradeDecisions,
  type UpgradeEvent,
  type UpgradeInstance,
} from './rolling-upgrade.ts';

type RestartRecord = ActionRecord & {readonly kind: 'restart'};

/** Which versions of an app an upgrade leads to. */
type Aim = Omit<RestartRecord, 'kind' | 'upgrade'>;

export class RestartAction implements Action {
  readonly #tools: ActionTools;
  readonly #aim: Aim;
  readonly #upgrade: RollingUpgrade;
  #isHeld: boolean;
  #record: RestartRecord;

  private constructor(aim: Aim, upgrade: RollingUpgrade, tools: ActionTools, isHeld: boolean) {
    this.#aim = aim;
    this.#record = {kind: 'restart', ...aim, upgrade: upgrade.record};
    this.#upgrade = upgrade;
    this.#tools = tools;
    this.#isHeld = isHeld;
  }

  static begin(
    entry: AppEntry,
    keeps: boolean,
    tools: ActionTools,
    canary: number | undefined,
  ): RestartAction {
    const {definition, version, lastConfigChangeAt} = entry.app;
    const aim: Aim = {app: entry.id, version, lastConfigChangeAt, keeps};
    const {upgrade, decisions} = RollingUpgrade.start(
      {
        instances: definition.instances,
        strategy: definition.upgradeStrategy,
        killSelection: definition.killSelection,
        resident: must(entry.specs.get(version), 'spec in force').spec.resident,
      },
      presentOf(entry, aim),
      canary,
    );
    const action = new RestartAction(aim, upgrade, tools, false);
    action.#carryOut(decisions);
    return action;
  }

  static restore(
    entry: AppEntry,
    {kind: _kind, upgrade, ...aim}: RestartRecord,
    tools: ActionTools,
    isHeld: boolean,
  ): RestartAction {
    const restored = RollingUpgrade.restore(upgrade, presentOf(entry, aim), isHeld);
    return new RestartAction(aim, restored, tools, isHeld);
  }

  get app(): string {
    return this.#aim.app;
  }

  get isDone(): boolean {
    return this.#upgrade.isFinished && !this.#isHeld;
  }

  get awaitsConfirmation(): boolean {
    return this.#upgrade.awaitsConfirmation;
  }

  get heldBack(): number {
    return this.#upgrade.unlaunched;
  }

  /** The same object as long as nothing of it changed. */
  get record(): ActionRecord {
    const {record} = this.#upgrade;
    if (record !== this.#record.upgrade) this.#record = {...this.#record, upgrade: record};
    return this.#record;
  }

  isNew(version: VersionOfInstance): boolean {
    return isNew(this.#aim, version);
  }

  isRelaunched(id: string): boolean {
    return this.#isHeld || !this.#upgrade.isOld(id);
  }

  take(report: InstanceReport, instance: Instance | undefined): void {
    const {kind, instanceId: id} = report;
    const event = isNew(this.#aim, report)
      ? eventOfNew(kind, id, instance)
      : eventOfOld(kind, id, instance);
    this.#decommission(this.#upgrade.note(event));
  }

  decide(): void {
    this.#carryOut(this.#upgrade.decide());
  }

  hold(): void {
    this.#isHeld = true;
    this.#upgrade.hold();
  }

  resume(isConfirmed: boolean): void {
    this.#isHeld = false;
    this.#carryOut(this.#upgrade.resume(isConfirmed));
  }

  review(): void {
    this.#carryOut(this.#upgrade.review());
  }

  #carryOut({kill, decommission, launch}: UpgradeDecisions): void {
    const {roster} = this.#tools;
    this.#decommission([...kill, ...decommission]);
    if (launch === 0) return;
    const entry = must(roster.entry(this.app), 'app of an upgrade');
    const ids = Array.from({length: launch}, () => roster.create(entry).id);
    this.#upgrade.launched(ids);
  }

  #decommission(ids: readonly string[]): void {
    const {roster, hands} = this.#tools;
    for (const id of ids) {
      const instance = roster.instance(id);
      if (instance === undefined) continue;
      hands.decommission(instance);
      // What is unreachable is not waited for; its report comes from here.
      if (isConsideredTerminal(instance.condition)) hands.report('changed', instance);
    }
  }
}

function isNew({version, lastConfigChangeAt, keeps}: Aim, other: VersionOfInstance): boolean {
  return keeps ? other.lastConfigChangeAt === lastConfigChangeAt : other.version === version;
}

function presentOf(entry: AppEntry, aim: Aim): readonly UpgradeInstance[] {
  const present = instancesOf(entry).filter((instance) => !isParked(instance));
  return present.map((instance) => {
    const {id, serial, goal, proven, spec} = instance;
    const fresh = isNew(aim, spec.app);
    return {
      id,
      serial,
      isNew: fresh,
      hasGoalRunning: goal === 'Running',
      healthy: isConsideredHealthy(instance, fresh),
      proven,
    };
  });
}

function eventOfNew(
  kind: InstanceReport['kind'],
  id: string,
  instance: Instance | undefined,
): UpgradeEvent {
  const isWanted = kind !== 'gone' && instance?.goal === 'Running';
  if (!isWanted) return {kind: 'newGone', id};
  if (kind === 'died') return {kind: 'newDied', id};
  const healthy = isConsideredHealthy(instance, true);
  return {kind: 'newChanged', id, healthy, proven: instance.proven};
}

function eventOfOld(
  kind: InstanceReport['kind'],
  id: string,
  instance: Instance | undefined,
): UpgradeEvent {
  if (kind === 'gone' || instance === undefined) return {kind: 'oldGone', id};
  if (!isConsideredTerminal(instance.condition)) {
    if (instance.goal !== 'Running') return {kind: 'oldDying', id, serial: instance.serial};
    return {kind: 'oldHealthChanged', id, healthy: isConsideredHealthy(instance, false)};
  }
  if (instance.goal === 'Running') return {kind: 'oldDied', id};
  return {kind: 'oldGone', id, remains: true};
}
