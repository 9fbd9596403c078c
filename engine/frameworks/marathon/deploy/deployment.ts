/** A deployment: a plan on its way, as state, as records and as events show it. */
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkEvent} from '../../../scheduler.ts';
import type {RootChange} from '../root/groups.ts';
import type {Action, ActionRecord} from './action.ts';
import type {PlanAction, PlanSteps} from './plan.ts';
import type {DeploymentTerms} from './terms.ts';

export type DeploymentState = 'running' | 'paused' | 'awaitingConfirmation';

/** What a deployment is to do; it never changes. */
export interface DeploymentPlan {
  readonly id: string;
  readonly version: number;
  /** What it changed, for the case that it is rolled back. */
  readonly change: RootChange;
  /** Apps that it has locked. */
  readonly appIds: readonly string[];
  readonly steps: PlanSteps;
  readonly terms: DeploymentTerms;
}

/** How far a deployment is. */
export interface DeploymentProgress {
  /** Steps begun, from 1 on; 0 right after acceptance. */
  readonly currentStep: number;
  readonly state: DeploymentState;
  /** Why it does not run; empty while it does. */
  readonly reason: string;
  /** Instances of the new definitions that ended by themselves since it (re)started. */
  readonly failures: number;
  /** When it will have failed, in ms; null = never. */
  readonly deadlineAt: number | null;
}

export interface Deployment extends DeploymentPlan {
  progress: DeploymentProgress;
  /** Actions of the current step that are not done, by app. */
  readonly actions: Map<string, Action>;
}

/** A deployment as records hold it. */
export interface DeploymentDocument {
  readonly plan: DeploymentPlan;
  readonly progress: DeploymentProgress;
  readonly actions: readonly ActionRecord[];
}

export function planRecord({id}: Pick<DeploymentPlan, 'id'>): string {
  return `deployments/${id}/plan`;
}

export function progressRecord({id}: Pick<DeploymentPlan, 'id'>): string {
  return `deployments/${id}/progress`;
}

export function actionRecord({id}: Pick<DeploymentPlan, 'id'>, app: string): string {
  return `deployments/${id}/actions${app}`;
}

export function wireAction({action, app}: PlanAction): {action: string; app: string} {
  return {action, app};
}

/** The steps of a plan on the wire. */
export function wireSteps(steps: PlanSteps): readonly {actions: readonly object[]}[] {
  return steps.map((step) => ({actions: step.map(wireAction)}));
}

/** The plan as events show it. */
export function planForm({
  id,
  version,
  steps,
}: Pick<DeploymentPlan, 'id' | 'steps' | 'version'>): Readonly<Record<string, unknown>> {
  return {id, version: isoInstant(version), steps: wireSteps(steps)};
}

/** Events of one step (reference part 8). */
export function stepEvent(
  type: 'deployment_info' | 'deployment_step_failure' | 'deployment_step_success',
  deployment: Deployment,
): FrameworkEvent {
  const step = deployment.steps[deployment.progress.currentStep - 1] ?? [];
  return {
    type,
    plan: planForm(deployment),
    currentStep: {actions: step.map(wireAction)},
  };
}
