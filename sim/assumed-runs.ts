/** What a run assumes of scheduled jobs because the scenario does not say it. */
import {makeBehaviourFinder} from './scenario/behaviours.ts';
import {jobNameOf} from './scenario/chronos.ts';
import type {Scenario} from './scenario/schema.ts';

/** For the assumptions of the result: at most one sentence. */
export function assumedRuns({behaviours, workloads}: Scenario): readonly string[] {
  const find = makeBehaviourFinder(behaviours);
  const names = workloads.flatMap((workload) =>
    workload.kind === 'job' ? workload.list.map(jobNameOf) : [],
  );
  const assumed = [...new Set(names)].filter(
    (name) => find(`job:${name}`, 1).durationMs === undefined,
  );
  const [first, ...others] = assumed;
  if (first === undefined) return [];
  const which = others.length === 0 ? first : `${assumed.length} jobs (such as ${first})`;
  return [`runs of ${which} take one minute: no behaviour says how long`];
}
