/** Health as answers show it (reference part 2, Task JSON). */
import {isoInstant} from '../../../kernel/instants.ts';
import type {Instance} from '../instances/instances.ts';
import {aliveBy} from './aggregate.ts';

export interface HealthCheckResult {
  readonly alive: boolean;
  readonly consecutiveFailures: number;
  readonly firstSuccess?: string;
  readonly lastFailure?: string;
  readonly lastFailureCause?: string;
  readonly lastSuccess?: string;
  readonly instanceId: string;
}

/** One entry per check that has had a result, in the order of the app's checks. */
export function healthCheckResults(instance: Readonly<Instance>): readonly HealthCheckResult[] {
  const {id, spec, checks, reported} = instance;
  return (spec.app.definition.healthChecks ?? []).flatMap((check, index) => {
    const record = checks[index];
    if (record === undefined) return [];
    const {firstSuccess, latestSuccess, lastFailure, lastFailureCause} = record;
    return [
      {
        alive: aliveBy(check, record, reported) === true,
        consecutiveFailures: record.consecutiveFailures,
        ...(firstSuccess !== undefined && {firstSuccess: isoInstant(firstSuccess)}),
        ...(lastFailure !== undefined && {lastFailure: isoInstant(lastFailure)}),
        ...(lastFailureCause !== undefined && {lastFailureCause}),
        ...(latestSuccess !== undefined && {lastSuccess: isoInstant(latestSuccess)}),
        instanceId: id,
      },
    ];
  });
}
