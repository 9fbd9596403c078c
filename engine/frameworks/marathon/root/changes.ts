/**
 * From a wish to a running deployment (reference part 3.1): the draft is finished, planned, checked
 * against what is under way, put in force, and begun. All or nothing: a refused wish leaves nothing
 * behind but the events that tell of it.
 */
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkServices, Refusal} from '../../../scheduler.ts';
import type {Deployment, DeploymentPlan} from '../deploy/deployment.ts';
import type {Deployments} from '../deploy/deployments.ts';
import {planSteps, type PlanSteps} from '../deploy/plan.ts';
import {NO_TERMS, type DeploymentTerms} from '../deploy/terms.ts';
import {RootDraft} from './draft.ts';
import type {RootChange} from './groups.ts';
import {revertChange} from './revert.ts';
import type {Root} from './root.ts';

export interface ChangeOptions {
  /** The group that events name: an app's parent, or the group that was asked for. */
  readonly groupId: string;
  /** Deployments that stand in the way are cancelled. */
  readonly force: boolean;
  readonly terms?: DeploymentTerms | undefined;
}

export type ChangeResult =
  | {readonly ok: true; readonly change: RootChange; readonly deployment: DeploymentPlan}
  | {readonly ok: false; readonly refusal: Refusal};

export type PreviewResult =
  | {readonly ok: true; readonly change: RootChange; readonly steps: PlanSteps}
  | {readonly ok: false; readonly refusal: Refusal};

export class Changes {
  readonly #services: FrameworkServices;
  readonly #root: Root;
  readonly #deployments: Deployments;
  /** `--max_running_deployments`. */
  readonly #deploymentsMax: number;

  constructor(
    services: FrameworkServices,
    root: Root,
    deployments: Deployments,
    deploymentsMax = Infinity,
  ) {
    this.#services = services;
    this.#root = root;
    this.#deployments = deployments;
    this.#deploymentsMax = deploymentsMax;
  }

  draft(): RootDraft {
    return new RootDraft(this.#root);
  }

  /** What a draft would do: the change and its plan. Nothing is stored and nothing told. */
  preview(draft: RootDraft, force: boolean): PreviewResult {
    const finished = draft.finish(force);
    if (!finished.ok) return finished;
    const {change, depthOf} = finished;
    return {ok: true, change, steps: planSteps(change.apps, depthOf)};
  }

  submit(draft: RootDraft, options: ChangeOptions): ChangeResult {
    const planned = this.preview(draft, options.force);
    if (!planned.ok) return this.#refused(options, this.#root.nextVersion(), planned.refusal);
    const {change, steps} = planned;
    const plan = this.#deployments.plan(change, steps, options.terms ?? NO_TERMS);
    const locks = this.#locksOf(plan);
    if (locks.length > 0 && !options.force) return this.#refuseLocked(plan, options, locks);
    const refusal = this.#tooMany(locks.length);
    if (refusal !== undefined) return this.#refused(options, change.version, refusal);
    for (const lock of locks) this.#deployments.cancel(lock);
    const deployment = this.#deployments.accept(plan);
    this.#root.apply(change);
    this.#services.publish({
      type: 'group_change_success',
      groupId: options.groupId,
      version: isoInstant(change.version),
    });
    this.#deployments.begin(deployment);
    return {ok: true, change, deployment: plan};
  }

  /** Undoes what a deployment changed; it is cancelled if it still runs. */
  rollBack({id, change}: DeploymentPlan): ChangeResult {
    const options: ChangeOptions = {groupId: '/', force: true};
    const draft = this.draft();
    revertChange(change, draft);
    const planned = this.preview(draft, true);
    if (!planned.ok) return this.#refused(options, this.#root.nextVersion(), planned.refusal);
    const running = this.#deployments.get(id);
    if (running !== undefined) this.#deployments.cancel(running);
    return this.submit(draft, options);
  }

  #locksOf({appIds}: DeploymentPlan): readonly Deployment[] {
    const locks = new Set<Deployment>();
    for (const appId of appIds) {
      const lock = this.#deployments.lockOf(appId);
      if (lock !== undefined) locks.add(lock);
    }
    return [...locks];
  }

  #tooMany(cancelled: number): Refusal | undefined {
    const max = this.#deploymentsMax;
    if (this.#deployments.count - cancelled < max) return undefined;
    const message =
      `Max number (${max}) of running deployments is achieved. ` +
      'Wait for existing deployments to complete or cancel one using force=true parameter.';
    return {code: 'tooManyDeployments', message};
  }

  #refuseLocked(
    plan: DeploymentPlan,
    options: ChangeOptions,
    locks: readonly Deployment[],
  ): ChangeResult {
    const message =
      "App is locked by one or more deployments. Override with the option '?force=true'. " +
      "View details at '/v2/deployments/<DEPLOYMENT_ID>'.";
    const deploymentIds = locks.map(({id}) => id);
    const refused = this.#refused(options, plan.version, {
      code: 'appLocked',
      message,
      deploymentIds,
    });
    this.#deployments.refuse(plan, message);
    return refused;
  }

  #refused({groupId}: ChangeOptions, version: number, refusal: Refusal): ChangeResult {
    this.#services.publish({
      type: 'group_change_failed',
      groupId,
      version: isoInstant(version),
      reason: refusal.message,
    });
    return {ok: false, refusal};
  }
}
