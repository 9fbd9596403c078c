/** Deployments as `GET /v2/deployments` shows them (reference part 2.3, sample C4). */
import {isoInstant} from '../../../kernel/instants.ts';
import {wireAction, wireSteps, type Deployment} from '../deploy/deployment.ts';
import type {DeploymentTerms} from '../deploy/terms.ts';
import type {ReadinessResult} from '../health/readiness.ts';

export function deploymentForm(
  {id, version, appIds, steps, progress, terms}: Readonly<Deployment>,
  readinessOf: (appId: string) => readonly ReadinessResult[],
): Readonly<Record<string, unknown>> {
  const {currentStep, state, reason, deadlineAt} = progress;
  const current = steps[currentStep - 1] ?? [];
  // Clients that know only Marathon's fields see these alone, as long as nobody asks for more.
  const isPlain = state === 'running' && !hasTerms(terms);
  return {
    id,
    version: isoInstant(version),
    affectedApps: appIds,
    affectedPods: [],
    steps: wireSteps(steps),
    currentActions: current.map((action) => ({
      ...wireAction(action),
      readinessCheckResults: readinessOf(action.app),
    })),
    currentStep,
    totalSteps: steps.length,
    ...(isPlain
      ? {}
      : {
          state,
          ...(reason === '' ? {} : {reason}),
          ...(deadlineAt === null ? {} : {deadline: isoInstant(deadlineAt)}),
        }),
  };
}

function hasTerms(terms: DeploymentTerms): boolean {
  const {onFailure, stepByStep, deadlineSeconds, failuresMax, canary} = terms;
  const numbers = [deadlineSeconds, failuresMax, canary];
  return onFailure !== 'fail' || stepByStep || numbers.some((value) => value !== undefined);
}
