/**
 * An app as answers show it: the new form with versions and counters (reference parts 1.7 and 2.1).
 */
import type {App} from '../definition/app-definition.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import type {Tally} from '../instances/roster.ts';

const NOTHING: Pick<Tally, 'staged' | 'running' | 'reportedHealthy' | 'reportedUnhealthy'> = {
  staged: 0,
  running: 0,
  reportedHealthy: 0,
  reportedUnhealthy: 0,
};

export function appForm(
  {definition, version, lastScalingAt, lastConfigChangeAt}: App,
  tally: typeof NOTHING = NOTHING,
  deploymentIds: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  return {
    ...definition,
    version: isoInstant(version),
    versionInfo: {
      lastScalingAt: isoInstant(lastScalingAt),
      lastConfigChangeAt: isoInstant(lastConfigChangeAt),
    },
    tasksStaged: tally.staged,
    tasksRunning: tally.running,
    tasksHealthy: tally.reportedHealthy,
    tasksUnhealthy: tally.reportedUnhealthy,
    deployments: deploymentIds.map((id) => ({id})),
  };
}
