/**
 * Deployments under way: which app is locked by which, the steps, and the actions of the current
 * step (reference parts 3.4 to 3.8). Instances report here what happened to them; nothing is
 * decided while something else is being carried out, because reports are queued and worked off by
 * {@link Deployments.drain}.
 */
import {must} from '../../../kernel/assert.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import {isConsideredTerminal, isHealthy, type Instance} from '../instances/instances.ts';
import {fieldValue} from './grouping.ts';
import {uuid} from '../definition/path-id.ts';
import type {PlanAction, PlanSteps} from './plan.ts';
import {
  RollingUpgrade,
  type UpgradeDecisions,
  type UpgradeEvent,
  type UpgradeSnapshot,
} from './rolling-upgrade.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';
import {proposeScaling} from './scaling.ts';

/** What deployments want done with instances. */
export interface DeploymentHands {
  /** Not wanted any more: kill it, forget it when it has ended. */
  decommission(instance: Instance): void;
  /** Launch delays of the app are forgotten. */
  resetDelays(entry: AppEntry): void;
  /** The app is not locked any more. */
  released(appId: string): void;
}

/** What happened to an instance. */
export interface InstanceReport {
  readonly kind: 'changed' | 'died' | 'gone';
  readonly instanceId: string;
  readonly appId: string;
  readonly version: number;
}

interface StopState {
  readonly kind: 'stop';
  readonly app: string;
  readonly waiting: Set<string>;
}

interface ScaleState {
  readonly kind: 'scale';
  readonly app: string;
  readonly instances: number;
  readonly victims: Set<string>;
  /** New instances that are not healthy yet; undefined while victims are being waited for. */
  pending: Set<string> | undefined;
}

interface RestartState {
  readonly kind: 'restart';
  readonly app: string;
  readonly version: number;
  readonly upgrade: RollingUpgrade;
}

type ActionState = StopState | ScaleState | RestartState;

export interface Deployment {
  readonly id: string;
  readonly version: number;
  readonly appIds: readonly string[];
  readonly steps: PlanSteps;
  /** Steps begun, from 1 on; 0 right after acceptance. */
  currentStep: number;
  /** Actions of the current step that are not done. */
  readonly actions: Map<string, ActionState>;
}

export const REVIEW_TIMER = 'upgradeReview';
const REVIEW_MS = 30_000;

export interface DeploymentsSnapshot {
  readonly serial: number;
  readonly deployments: readonly unknown[];
}

export class Deployments {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #hands: DeploymentHands;
  readonly #deployments = new Map<string, Deployment>();
  /** App → deployment that has it locked. */
  readonly #locks = new Map<string, Deployment>();
  readonly #reports = new Fifo<InstanceReport>();
  #serial: number;

  constructor(
    services: FrameworkServices,
    roster: Roster,
    hands: DeploymentHands,
    snapshot?: DeploymentsSnapshot,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#hands = hands;
    this.#serial = snapshot?.serial ?? 0;
    for (const stored of snapshot?.deployments ?? []) {
      this.#add(restoreDeployment(stored as StoredDeployment));
    }
  }

  get all(): readonly Deployment[] {
    return [...this.#deployments.values()];
  }

  lockOf(appId: string): Deployment | undefined {
    return this.#locks.get(appId);
  }

  get(id: string): Deployment | undefined {
    return this.#deployments.get(id);
  }

  /** Whether an instance that has ended is to be launched again under its id. */
  isRelaunched({id, spec}: Instance): boolean {
    const action = this.#locks.get(spec.appId)?.actions.get(spec.appId);
    return action?.kind !== 'restart' || !action.upgrade.isOld(id);
  }

  /** How many instances an upgrade of the app holds back. */
  heldBack(appId: string): number {
    const action = this.#locks.get(appId)?.actions.get(appId);
    return action?.kind === 'restart' ? action.upgrade.unlaunched : 0;
  }

  /**
   * Accepts a plan; the caller has made sure that none of its apps is locked. Runs with the next
   * {@link drain}.
   */
  start(steps: PlanSteps, appIds: readonly string[], version: number): Deployment {
    this.#serial += 1;
    const id = uuid(this.#services.random(`deployment/${this.#serial}`));
    const deployment: Deployment = {
      id,
      version,
      appIds,
      steps,
      currentStep: 0,
      actions: new Map(),
    };
    this.#add(deployment);
    this.#services.putRecord(`marathon/deployments/${id}`, {
      id,
      version,
      appIds,
      steps,
    });
    return deployment;
  }

  /**
   * A plan that was not accepted is told of all the same, as Marathon does (reference appendix A,
   * 16).
   */
  refuse(steps: PlanSteps, version: number, reason: string): void {
    this.#serial += 1;
    const id = uuid(this.#services.random(`deployment/${this.#serial}`));
    const plan = planOf({id, version, steps});
    this.#services.publish({type: 'deployment_failed', id, plan, reason});
  }

  #add(deployment: Deployment): void {
    this.#deployments.set(deployment.id, deployment);
    for (const appId of deployment.appIds) this.#locks.set(appId, deployment);
  }

  /** Begins an accepted deployment. */
  run(deployment: Deployment): void {
    this.#nextSteps(deployment);
  }

  /** Stops where it stands: old and new instances stay as they are. */
  cancel(deployment: Deployment): void {
    for (const {kind, app} of deployment.actions.values()) {
      if (kind === 'restart') this.#services.cancelTimer(REVIEW_TIMER, app);
    }
    this.#close(deployment);
    this.#services.publish({
      type: 'deployment_failed',
      id: deployment.id,
      plan: planOf(deployment),
      reason: 'The upgrade has been cancelled',
    });
  }

  report(kind: InstanceReport['kind'], {id, spec}: Instance): void {
    if (!this.#locks.has(spec.appId)) return;
    const {appId, app} = spec;
    this.#reports.push({kind, instanceId: id, appId, version: app.version});
  }

  /** Works off all reports, and those that follow from them. */
  drain(): void {
    for (let report = this.#reports.shift(); report !== undefined; report = this.#reports.shift()) {
      const deployment = this.#locks.get(report.appId);
      const action = deployment?.actions.get(report.appId);
      if (deployment === undefined || action === undefined) continue;
      this.#take(action, report);
      this.#finishIfDone(deployment, action);
    }
  }

  /** Time to look whether an upgrade stands still. */
  review(appId: string): void {
    const deployment = this.#locks.get(appId);
    const action = deployment?.actions.get(appId);
    if (deployment === undefined || action?.kind !== 'restart') return;
    this.#carryOut(action, action.upgrade.review());
    this.#services.armTimer(REVIEW_TIMER, appId, this.#services.now() + REVIEW_MS);
    this.#finishIfDone(deployment, action);
  }

  #nextSteps(deployment: Deployment): void {
    while (deployment.actions.size === 0) {
      if (deployment.currentStep > 0) this.#publishStep(deployment, 'deployment_step_success');
      const step = deployment.steps[deployment.currentStep];
      if (step === undefined) {
        this.#succeed(deployment);
        return;
      }
      deployment.currentStep += 1;
      this.#publishStep(deployment, 'deployment_info');
      for (const planned of step) {
        const action = this.#begin(planned);
        if (action === undefined) continue;
        deployment.actions.set(action.app, action);
      }
      for (const action of [...deployment.actions.values()]) {
        if (isDone(action, this.#roster)) this.#end(deployment, action);
      }
    }
  }

  #succeed(deployment: Deployment): void {
    this.#close(deployment);
    const {id} = deployment;
    this.#services.publish({type: 'deployment_success', id, plan: planOf(deployment)});
  }

  #close(deployment: Deployment): void {
    this.#deployments.delete(deployment.id);
    this.#services.deleteRecord(`marathon/deployments/${deployment.id}`);
    for (const appId of deployment.appIds) {
      this.#locks.delete(appId);
      this.#hands.released(appId);
    }
  }

  #publishStep(deployment: Deployment, type: string): void {
    const step = deployment.steps[deployment.currentStep - 1] ?? [];
    this.#services.publish({
      type,
      plan: planOf(deployment),
      currentStep: {actions: step.map(wireAction)},
    });
  }

  #begin(planned: PlanAction): ActionState | undefined {
    const {app} = planned;
    const entry = this.#roster.entry(app);
    if (entry === undefined) return undefined;
    switch (planned.action) {
      case 'StartApplication':
        return undefined;
      case 'StopApplication':
        return this.#beginStop(entry);
      case 'ScaleApplication':
        return this.#beginScale(entry, planned.instances, planned.toKill);
      case 'RestartApplication':
        return this.#beginRestart(entry);
    }
  }

  #beginStop(entry: AppEntry): ActionState {
    this.#hands.resetDelays(entry);
    const waiting = new Set<string>();
    for (const instance of [...entry.instances.values()]) {
      if (!isConsideredTerminal(instance.condition)) waiting.add(instance.id);
      this.#hands.decommission(instance);
    }
    for (const id of waiting) if (this.#roster.instance(id) === undefined) waiting.delete(id);
    return {kind: 'stop', app: entry.id, waiting};
  }

  #beginScale(
    entry: AppEntry,
    instances: number,
    toKill: readonly string[] | undefined,
  ): ActionState {
    const {decommission} = propose(entry, instances, new Set(toKill));
    const victims = new Set<string>();
    for (const instance of decommission) {
      const isWaitedFor = !isConsideredTerminal(instance.condition);
      this.#hands.decommission(instance);
      if (isWaitedFor && this.#roster.instance(instance.id) !== undefined) victims.add(instance.id);
    }
    const action: ScaleState = {
      kind: 'scale',
      app: entry.id,
      instances,
      victims,
      pending: undefined,
    };
    this.#startMissing(action);
    return action;
  }

  #beginRestart(entry: AppEntry): ActionState {
    const {definition, version} = entry.app;
    const present = [...entry.instances.values()].map((instance) => ({
      id: instance.id,
      isNew: instance.spec.app.version === version,
      hasGoalRunning: instance.goal === 'Running',
      healthy: isConsideredHealthy(instance, version),
      ready: false,
    }));
    const {upgrade, decisions} = RollingUpgrade.start(
      {
        instances: definition.instances,
        strategy: definition.upgradeStrategy,
        resident: entry.specs.get(version)?.spec.resident ?? false,
        hasReadinessCheck: false,
      },
      present,
    );
    this.#hands.resetDelays(entry);
    const action: RestartState = {kind: 'restart', app: entry.id, version, upgrade};
    this.#carryOut(action, decisions);
    this.#services.armTimer(REVIEW_TIMER, entry.id, this.#services.now() + REVIEW_MS);
    return action;
  }

  #take(action: ActionState, report: InstanceReport): void {
    const instance = this.#roster.instance(report.instanceId);
    const isLost = instance === undefined || isConsideredTerminal(instance.condition);
    switch (action.kind) {
      case 'stop':
        if (isLost) action.waiting.delete(report.instanceId);
        return;
      case 'scale':
        if (isLost) action.victims.delete(report.instanceId);
        if (instance === undefined || isHealthy(instance))
          action.pending?.delete(report.instanceId);
        this.#startMissing(action);
        return;
      case 'restart':
        this.#takeUpgrade(action, report, instance);
        return;
    }
  }

  /** Starts what an app lacks, once nothing that was sentenced is left. */
  #startMissing(action: ScaleState): void {
    if (action.victims.size > 0) return;
    action.pending ??= new Set();
    const entry = must(this.#roster.entry(action.app), 'app of a scale action');
    for (let missing = action.instances - entry.tally.pool; missing > 0; missing -= 1) {
      action.pending.add(this.#roster.create(entry).id);
    }
  }

  #takeUpgrade(
    action: RestartState,
    {kind, instanceId: id, version}: InstanceReport,
    instance: Instance | undefined,
  ): void {
    const {upgrade} = action;
    const on = (event: UpgradeEvent): void => this.#carryOut(action, upgrade.on(event));
    const isGone = kind === 'gone' || instance === undefined;
    if (version !== action.version) {
      if (isGone) return on({kind: 'oldGone', id});
      if (isConsideredTerminal(instance.condition)) {
        if (instance.goal !== 'Running') return on({kind: 'oldGone', id});
        return on({kind: 'oldDied', id});
      }
      return on({
        kind: 'oldHealthChanged',
        id,
        healthy: isConsideredHealthy(instance, action.version),
      });
    }
    if (isGone) return on({kind: 'newGone', id});
    if (kind === 'died') return on({kind: 'newDied', id});
    // With health checks an instance is healthy when they say so, without when it runs.
    return on({kind: isHealthy(instance) ? 'newHealthy' : 'newUnhealthy', id});
  }

  #carryOut(action: RestartState, {kill, decommission, launch}: UpgradeDecisions): void {
    for (const id of [...kill, ...decommission]) {
      const instance = this.#roster.instance(id);
      if (instance === undefined) continue;
      this.#hands.decommission(instance);
      // What is unreachable is not waited for; its report comes from here.
      if (isConsideredTerminal(instance.condition)) this.report('changed', instance);
    }
    if (launch === 0) return;
    const entry = must(this.#roster.entry(action.app), 'app of an upgrade');
    const ids = Array.from({length: launch}, () => this.#roster.create(entry).id);
    action.upgrade.launched(ids);
  }

  #finishIfDone(deployment: Deployment, action: ActionState): void {
    if (!isDone(action, this.#roster)) return;
    this.#end(deployment, action);
    this.#nextSteps(deployment);
  }

  #end(deployment: Deployment, action: ActionState): void {
    deployment.actions.delete(action.app);
    if (action.kind === 'restart') this.#services.cancelTimer(REVIEW_TIMER, action.app);
    if (action.kind !== 'stop') return;
    const entry = this.#roster.entry(action.app);
    if (entry !== undefined) this.#roster.dropIfGone(entry);
    this.#services.publish({type: 'app_terminated_event', appId: action.app});
  }

  snapshot(): DeploymentsSnapshot {
    return {serial: this.#serial, deployments: this.all.map(storeDeployment)};
  }
}

/** The scaling proposition for an app as it is. */
export function propose(
  entry: AppEntry,
  scaleTo: number,
  toKill: ReadonlySet<string> = new Set(),
): ReturnType<typeof proposeScaling<Instance>> {
  const {killSelection, constraints = []} = entry.app.definition;
  const grouped = constraints.filter(([, operator]) => operator?.toUpperCase() === 'GROUP_BY');
  return proposeScaling<Instance>({
    instances: entry.instances.values(),
    scaleTo,
    killSelection,
    toKill,
    groupedBy: grouped.map(
      ([field = '']) =>
        (instance) =>
          fieldValue(instance, field),
    ),
  });
}

/**
 * Old instances without health checks count as healthy by their goal (reference part 3.5); others
 * by their checks.
 */
function isConsideredHealthy(instance: Instance, version: number): boolean {
  if (instance.spec.app.version === version) return isHealthy(instance);
  if (instance.goal !== 'Running' || isConsideredTerminal(instance.condition)) return false;
  return !instance.spec.hasHealthChecks || isHealthy(instance);
}

function isDone(action: ActionState, roster: Roster): boolean {
  switch (action.kind) {
    case 'stop':
      return action.waiting.size === 0;
    case 'scale': {
      if (action.victims.size > 0 || action.pending === undefined) return false;
      const pool = roster.entry(action.app)?.tally.pool ?? 0;
      return action.pending.size === 0 && pool >= action.instances;
    }
    case 'restart':
      return action.upgrade.isFinished;
  }
}

function wireAction({action, app}: PlanAction): {action: string; app: string} {
  return {action, app};
}

/** The plan as events show it. */
function planOf({
  id,
  version,
  steps,
}: Pick<Deployment, 'id' | 'steps' | 'version'>): Readonly<Record<string, unknown>> {
  return {
    id,
    version: isoInstant(version),
    steps: steps.map((step) => ({actions: step.map(wireAction)})),
  };
}

type StoredAction =
  | {readonly kind: 'stop'; readonly app: string; readonly waiting: readonly string[]}
  | {
      readonly kind: 'scale';
      readonly app: string;
      readonly instances: number;
      readonly victims: readonly string[];
      readonly pending: readonly string[] | null;
    }
  | {
      readonly kind: 'restart';
      readonly app: string;
      readonly version: number;
      readonly upgrade: UpgradeSnapshot;
    };

type StoredDeployment = Omit<Deployment, 'actions'> & {readonly actions: readonly StoredAction[]};

function storeDeployment(deployment: Deployment): StoredDeployment {
  return {
    ...deployment,
    actions: [...deployment.actions.values()].map((action): StoredAction => {
      switch (action.kind) {
        case 'stop':
          return {...action, waiting: [...action.waiting]};
        case 'scale': {
          const pending = action.pending === undefined ? null : [...action.pending];
          return {...action, victims: [...action.victims], pending};
        }
        case 'restart':
          return {...action, upgrade: action.upgrade.snapshot()};
      }
    }),
  };
}

function restoreDeployment(stored: StoredDeployment): Deployment {
  const actions = stored.actions.map((action): ActionState => {
    switch (action.kind) {
      case 'stop':
        return {...action, waiting: new Set(action.waiting)};
      case 'scale': {
        const pending = action.pending === null ? undefined : new Set(action.pending);
        return {...action, victims: new Set(action.victims), pending};
      }
      case 'restart':
        return {...action, upgrade: new RollingUpgrade(action.upgrade)};
    }
  });
  return {...stored, actions: new Map(actions.map((action) => [action.app, action]))};
}
