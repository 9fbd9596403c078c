/** From the checks of an instance to its health (reference part 4.4). Pure. */
import type {HealthCheck} from '../definition/app-definition.ts';
import type {Instance} from '../instances/instances.ts';
import {isAlive, type HealthRecord} from './health-record.ts';
import {isAgentLevel} from './probe-target.ts';

/**
 * All say it is well: true. Else, if any has said nothing yet: undefined. Else false. Without
 * checks nothing is known.
 */
export function aggregate(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.length === 0) return undefined;
  if (values.every((alive) => alive === true)) return true;
  return values.includes(undefined) ? undefined : false;
}

/** What one check of an instance says: its agent's word, or what the probes found. */
export function aliveBy(
  check: Pick<HealthCheck, 'protocol'>,
  record: HealthRecord | undefined,
  reported: boolean | undefined,
): boolean | undefined {
  if (isAgentLevel(check)) return reported;
  return record === undefined ? undefined : isAlive(record);
}

/** The health of an instance by all checks of its version. */
export function healthOf(
  checks: readonly HealthCheck[] | undefined,
  records: readonly (HealthRecord | undefined)[],
  reported: boolean | undefined,
): boolean | undefined {
  if (checks === undefined) return undefined;
  return aggregate(checks.map((check, index) => aliveBy(check, records[index], reported)));
}

/** Whether any check says that it is not well, although others may have said nothing yet. */
export function isUnwell({healthy, spec, checks, reported}: Instance): boolean {
  if (healthy !== undefined) return !healthy;
  if (!spec.hasHealthChecks) return false;
  const all = spec.app.definition.healthChecks ?? [];
  return all.some((check, index) => aliveBy(check, checks[index], reported) === false);
}
