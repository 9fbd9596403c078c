/**
 * Deployments under way: which app is locked by which, and how each goes from step to step
 * (reference parts 3.4 to 3.8). Instances report here what happened to them; nothing is decided
 * while something else is being carried out, because reports are queued and worked off by {@link
 * Deployments.drain}.
 */
import {must} from '../../../kernel/assert.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import {uuid} from '../definition/path-id.ts';
import type {Instance} from '../instances/instances.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';
import type {RootChange} from '../root/groups.ts';
import type {Action, ActionRecord, ActionTools, InstanceReport} from './action.ts';
import {
  actionRecord,
  planForm,
  planRecord,
  progressRecord,
  stepEvent,
  type Deployment,
  type DeploymentDocument,
  type DeploymentPlan,
  type DeploymentProgress,
} from './deployment.ts';
import type {PlanAction, PlanSteps} from './plan.ts';
import {RestartAction} from './restart-action.ts';
import {ScaleAction} from './scale-action.ts';
import {StopAction} from './stop-action.ts';
import type {DeploymentTerms} from './terms.ts';

/** What deployments want done with apps and instances. */
export interface DeploymentHands {
  /** Not wanted any more: kill it, forget it when it has ended. */
  decommission(instance: Instance): void;
  /** Launch delays of the app are forgotten. */
  resetDelays(entry: AppEntry): void;
  /** An action for the app begins: its checks are looked at from now on. */
  watch(entry: AppEntry): void;
  /** The app is being removed: its checks are not looked at any more. */
  unwatch(entry: AppEntry): void;
  /** The app is not locked any more. */
  released(appId: string): void;
  /** A deployment has failed and is over: what it changed is to be undone. */
  rollBack(deployment: DeploymentPlan): void;
}

export const REVIEW_TIMER = 'upgradeReview';
export const DEADLINE_TIMER = 'deploymentDeadline';
const REVIEW_MS = 30_000;

export interface DeploymentsSnapshot {
  readonly serial: number;
  readonly deployments: readonly DeploymentDocument[];
}

export const CANCELLED = 'The upgrade has been cancelled';

export class Deployments {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #hands: DeploymentHands;
  readonly #tools: ActionTools;
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
    this.#tools = {
      roster,
      hands: {
        decommission: (instance) => hands.decommission(instance),
        report: (kind, instance) => this.report(kind, instance),
      },
    };
    this.#serial = snapshot?.serial ?? 0;
    for (const stored of snapshot?.deployments ?? []) this.#restore(stored);
  }

  get all(): readonly Deployment[] {
    return [...this.#deployments.values()];
  }

  get count(): number {
    return this.#deployments.size;
  }

  lockOf(appId: string): Deployment | undefined {
    return this.#locks.get(appId);
  }

  get(id: string): Deployment | undefined {
    return this.#deployments.get(id);
  }

  /** Whether an instance that has ended is to be launched again under its id. */
  isRelaunched({id, spec}: Instance): boolean {
    return this.#actionOf(spec.appId)?.isRelaunched(id) ?? true;
  }

  /** Whether an instance is one that the deployment of its app starts. */
  isBeingStarted({spec}: Instance): boolean {
    return this.#actionOf(spec.appId)?.isNew(spec.app) ?? false;
  }

  /** How many instances of an app are held back for now. */
  heldBack(appId: string): number {
    return this.#actionOf(appId)?.heldBack ?? 0;
  }

  #actionOf(appId: string): Action | undefined {
    return this.#locks.get(appId)?.actions.get(appId);
  }

  /** A plan with a name of its own; nothing is begun. */
  plan(change: RootChange, steps: PlanSteps, terms: DeploymentTerms): DeploymentPlan {
    this.#serial += 1;
    this.#services.putRecord('deployments', {serial: this.#serial});
    const ids = steps.flatMap((step) => step.map(({app}) => app));
    return {
      id: uuid(this.#services.random(`deployment/${this.#serial}`)),
      version: change.version,
      change,
      appIds: [...new Set(ids)].sort(),
      steps,
      terms,
    };
  }

  /**
   * Accepts a plan; the caller has made sure that none of its apps is locked. It begins with {@link
   * begin}, when the change is in force.
   */
  accept(plan: DeploymentPlan): Deployment {
    const {deadlineSeconds} = plan.terms;
    const deadlineAt =
      deadlineSeconds === undefined ? null : this.#services.now() + deadlineSeconds * 1000;
    const progress: DeploymentProgress = {
      currentStep: 0,
      state: 'running',
      reason: '',
      failures: 0,
      deadlineAt,
    };
    const deployment: Deployment = {...plan, progress, actions: new Map()};
    this.#add(deployment);
    this.#services.putRecord(planRecord(plan), plan);
    this.#progress(deployment, {});
    if (deadlineAt !== null) this.#services.armTimer(DEADLINE_TIMER, plan.id, deadlineAt);
    return deployment;
  }

  begin(deployment: Deployment): void {
    this.#nextSteps(deployment);
  }

  /**
   * A plan that was not accepted is told of all the same, as Marathon does (reference appendix A,
   * 16).
   */
  refuse(plan: DeploymentPlan, reason: string): void {
    this.#services.publish({type: 'deployment_failed', id: plan.id, plan: planForm(plan), reason});
  }

  #add(deployment: Deployment): void {
    this.#deployments.set(deployment.id, deployment);
    for (const appId of deployment.appIds) this.#locks.set(appId, deployment);
  }

  /** Stops where it stands: old and new instances stay as they are. */
  cancel(deployment: Deployment, reason = CANCELLED): void {
    if (deployment.actions.size > 0) {
      this.#services.publish(stepEvent('deployment_step_failure', deployment));
    }
    this.#close(deployment);
    const {id} = deployment;
    this.#services.publish({type: 'deployment_failed', id, plan: planForm(deployment), reason});
  }

  /** Stops where it stands until {@link resume}; what runs is kept running. */
  pause(deployment: Deployment, reason: string): void {
    if (deployment.progress.state !== 'running') return;
    for (const action of deployment.actions.values()) action.hold();
    this.#services.cancelTimer(DEADLINE_TIMER, deployment.id);
    this.#progress(deployment, {state: 'paused', reason, deadlineAt: null});
    this.#publishStop('deployment_paused', deployment);
  }

  /** Goes on after a pause, or with a word of confirmation. */
  resume(deployment: Deployment): void {
    const {state} = deployment.progress;
    if (state === 'running') return;
    const isBetweenSteps = deployment.actions.size === 0;
    const {deadlineSeconds} = deployment.terms;
    const deadlineAt =
      deadlineSeconds === undefined ? null : this.#services.now() + deadlineSeconds * 1000;
    this.#progress(deployment, {state: 'running', reason: '', failures: 0, deadlineAt});
    if (deadlineAt !== null) this.#services.armTimer(DEADLINE_TIMER, deployment.id, deadlineAt);
    this.#publishStop('deployment_resumed', deployment);
    const isConfirmed = state === 'awaitingConfirmation';
    for (const action of deployment.actions.values()) {
      action.resume(isConfirmed);
      this.#record(deployment, action);
    }
    this.#endDone(deployment);
    this.#nextSteps(deployment, isConfirmed && isBetweenSteps);
  }

  report(kind: InstanceReport['kind'], {id, spec}: Instance): void {
    if (!this.#locks.has(spec.appId)) return;
    const {version, lastConfigChangeAt} = spec.app;
    this.#reports.push({kind, instanceId: id, appId: spec.appId, version, lastConfigChangeAt});
  }

  /**
   * Works off all reports, and those that follow from them. What came at once is known as a whole
   * before anything is decided.
   */
  drain(): void {
    if (this.#reports.size === 0) return;
    const told = new Map<Action, ActionRecord>();
    for (;;) {
      const report = this.#reports.shift();
      if (report !== undefined) {
        this.#tell(report, told);
        continue;
      }
      const [next] = told;
      if (next === undefined) return;
      const [action, before] = next;
      told.delete(action);
      const deployment = this.#locks.get(action.app);
      if (deployment?.actions.get(action.app) !== action) continue;
      action.decide();
      if (action.record !== before) this.#record(deployment, action);
      this.#goOn(deployment, action);
    }
  }

  #tell(report: InstanceReport, told: Map<Action, ActionRecord>): void {
    const deployment = this.#locks.get(report.appId);
    const action = deployment?.actions.get(report.appId);
    if (deployment === undefined || action === undefined) return;
    if (!told.has(action)) told.set(action, action.record);
    action.take(report, this.#roster.instance(report.instanceId));
    if (report.kind === 'died' && action.isNew(report)) this.#countFailure(deployment);
  }

  /** Time to look whether an upgrade stands still. */
  review(appId: string): void {
    const deployment = this.#locks.get(appId);
    const action = deployment?.actions.get(appId);
    if (deployment === undefined || action === undefined) return;
    const before = action.record;
    action.review();
    if (action.record !== before) this.#record(deployment, action);
    this.#services.armTimer(REVIEW_TIMER, appId, this.#services.now() + REVIEW_MS);
    this.#goOn(deployment, action);
  }

  /** The time that a deployment was given is over. */
  deadline(id: string): void {
    const deployment = this.#deployments.get(id);
    if (deployment === undefined) return;
    const {deadlineSeconds = 0} = deployment.terms;
    this.#fail(deployment, `Not done within ${deadlineSeconds} s`);
  }

  #countFailure(deployment: Deployment): void {
    const {failuresMax} = deployment.terms;
    if (failuresMax === undefined || deployment.progress.state !== 'running') return;
    const failures = deployment.progress.failures + 1;
    this.#progress(deployment, {failures});
    if (failures <= failuresMax) return;
    this.#fail(deployment, `${failures} instances failed, at most ${failuresMax} may`);
  }

  #fail(deployment: Deployment, reason: string): void {
    const {onFailure} = deployment.terms;
    if (onFailure === 'pause') {
      this.pause(deployment, reason);
      return;
    }
    this.cancel(deployment, reason);
    if (onFailure === 'rollback') this.#hands.rollBack(deployment);
  }

  #goOn(deployment: Deployment, action: Action): void {
    if (action.isDone) this.#end(deployment, action);
    this.#nextSteps(deployment);
  }

  /** Begins steps as long as the one before is done and nothing stands in the way. */
  #nextSteps(deployment: Deployment, isConfirmed = false): void {
    let mayGoOn = isConfirmed;
    for (;;) {
      if (deployment.progress.state !== 'running') return;
      if (deployment.actions.size > 0) {
        this.#awaitIfProven(deployment);
        return;
      }
      const {currentStep} = deployment.progress;
      const step = deployment.steps[currentStep];
      if (!mayGoOn && currentStep > 0) {
        this.#services.publish(stepEvent('deployment_step_success', deployment));
        if (deployment.terms.stepByStep && step !== undefined) {
          this.#await(deployment);
          return;
        }
      }
      mayGoOn = false;
      if (step === undefined) {
        this.#succeed(deployment);
        return;
      }
      this.#beginStep(deployment, step);
    }
  }

  #beginStep(deployment: Deployment, step: readonly PlanAction[]): void {
    this.#progress(deployment, {currentStep: deployment.progress.currentStep + 1});
    this.#services.publish(stepEvent('deployment_info', deployment));
    for (const planned of step) {
      const action = this.#begin(planned, deployment.terms);
      if (action === undefined) continue;
      deployment.actions.set(action.app, action);
      this.#record(deployment, action);
    }
    this.#endDone(deployment);
  }

  #endDone(deployment: Deployment): void {
    for (const action of [...deployment.actions.values()]) {
      if (action.isDone) this.#end(deployment, action);
    }
  }

  /** Canaries are out: the rest waits for a word. */
  #awaitIfProven(deployment: Deployment): void {
    if (deployment.terms.canary === undefined) return;
    const actions = [...deployment.actions.values()];
    if (actions.every((action) => action.awaitsConfirmation)) this.#await(deployment);
  }

  #await(deployment: Deployment): void {
    this.#services.cancelTimer(DEADLINE_TIMER, deployment.id);
    const reason = 'Waits for confirmation';
    this.#progress(deployment, {state: 'awaitingConfirmation', reason, deadlineAt: null});
    this.#publishStop('deployment_paused', deployment);
  }

  #succeed(deployment: Deployment): void {
    this.#close(deployment);
    const {id} = deployment;
    this.#services.publish({type: 'deployment_success', id, plan: planForm(deployment)});
  }

  #close(deployment: Deployment): void {
    this.#services.cancelTimer(DEADLINE_TIMER, deployment.id);
    for (const action of [...deployment.actions.values()]) this.#drop(deployment, action);
    this.#deployments.delete(deployment.id);
    this.#services.deleteRecord(planRecord(deployment));
    this.#services.deleteRecord(progressRecord(deployment));
    for (const appId of deployment.appIds) {
      this.#locks.delete(appId);
      this.#hands.released(appId);
    }
  }

  #progress(deployment: Deployment, change: Partial<DeploymentProgress>): void {
    deployment.progress = {...deployment.progress, ...change};
    this.#services.putRecord(progressRecord(deployment), deployment.progress);
  }

  #record(deployment: Deployment, action: Action): void {
    this.#services.putRecord(actionRecord(deployment, action.app), action.record);
  }

  #publishStop(type: 'deployment_paused' | 'deployment_resumed', deployment: Deployment): void {
    const {id, progress} = deployment;
    const reason = progress.reason === '' ? {} : {reason: progress.reason};
    this.#services.publish({type, id, plan: planForm(deployment), ...reason});
  }

  #begin(planned: PlanAction, {canary}: DeploymentTerms): Action | undefined {
    const {app} = planned;
    const entry = this.#roster.entry(app);
    if (entry === undefined) return undefined;
    switch (planned.action) {
      case 'StartApplication':
        this.#hands.watch(entry);
        return undefined;
      case 'StopApplication':
        this.#hands.unwatch(entry);
        return StopAction.begin(entry, this.#tools);
      case 'ScaleApplication':
        this.#hands.watch(entry);
        return ScaleAction.begin(entry, planned.instances, planned.toKill, this.#tools);
      case 'RestartApplication':
        this.#hands.watch(entry);
        this.#hands.resetDelays(entry);
        this.#services.armTimer(REVIEW_TIMER, app, this.#services.now() + REVIEW_MS);
        return RestartAction.begin(entry, planned.keeps ?? false, this.#tools, canary);
    }
  }

  #end(deployment: Deployment, action: Action): void {
    this.#drop(deployment, action);
    if (!(action instanceof StopAction)) return;
    const {app, entry} = action;
    this.#hands.resetDelays(entry);
    if (this.#roster.entry(app) === entry) this.#roster.dropIfGone(entry);
    this.#services.publish({type: 'app_terminated_event', appId: app});
  }

  #drop(deployment: Deployment, action: Action): void {
    deployment.actions.delete(action.app);
    this.#services.deleteRecord(actionRecord(deployment, action.app));
    if (action.record.kind === 'restart') this.#services.cancelTimer(REVIEW_TIMER, action.app);
  }

  #restore({plan, progress, actions}: DeploymentDocument): void {
    const restored = actions.map((record) => this.#restoreAction(record, progress));
    this.#add({
      ...plan,
      progress,
      actions: new Map(restored.map((action) => [action.app, action])),
    });
  }

  #restoreAction(record: ActionRecord, {state}: DeploymentProgress): Action {
    const entry = must(this.#roster.entry(record.app), 'app of an action');
    const isHeld = state === 'paused';
    switch (record.kind) {
      case 'stop':
        return StopAction.restore(entry);
      case 'scale':
        return ScaleAction.restore(entry, record, this.#tools, isHeld);
      case 'restart':
        return RestartAction.restore(entry, record, this.#tools, isHeld);
    }
  }

  /** Arms all timers anew, after a restore from records alone. */
  rearm(): void {
    const now = this.#services.now();
    for (const {id, progress, actions} of this.#deployments.values()) {
      const {deadlineAt} = progress;
      if (deadlineAt !== null) this.#services.armTimer(DEADLINE_TIMER, id, deadlineAt);
      for (const {app, record} of actions.values()) {
        if (record.kind === 'restart') {
          this.#services.armTimer(REVIEW_TIMER, app, now + REVIEW_MS);
        }
      }
    }
  }

  snapshot(): DeploymentsSnapshot {
    return {
      serial: this.#serial,
      deployments: this.all.map(({progress, actions, ...plan}) => ({
        plan,
        progress,
        actions: [...actions.values()].map(({record}) => record),
      })),
    };
  }
}
