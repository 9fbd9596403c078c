import type {JobsResult, SimResult} from '../result.ts';

/** Whether jobs have several tasks, so that their waits are others than those of tasks. */
export function hasWideJobs(result: SimResult): result is SimResult & {readonly jobs: JobsResult} {
  if (result.jobs === undefined) return false;
  let placed = 0;
  for (const {kind, waiting} of result.frameworks) if (kind === 'batch') placed += waiting.count;
  return result.jobs.waiting.count !== placed;
}
