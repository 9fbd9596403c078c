/**
 * The measured program: a store full of jobs is read, and every job is armed for its next slot.
 * Prints what came of it.
 */
import {argv, stdout} from 'node:process';
import {demand} from '../bench.ts';
import {makeJobs} from './jobs.ts';
import {SmallWorld} from './small-world.ts';

export interface LoadOutcome {
  readonly jobs: number;
  /** Process time from the texts of the records until all jobs are armed. */
  readonly loadSeconds: number;
  /** Process time of as many requests that create the jobs, for comparison. */
  readonly submitSeconds: number;
}

function secondsOf(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1e6;
}

interface Store {
  readonly texts: readonly (readonly [path: string, text: string])[];
  readonly submitSeconds: number;
}

/** What the store holds after so many jobs were submitted; who submitted them is not kept. */
function makeStore(count: number): Store {
  const source = new SmallWorld({keepsRecords: true});
  // Without a slot in the past: what is measured is loading, not running.
  const jobs = makeJobs(count).map((job) => ({
    ...job,
    schedule: job.schedule.replace('2025-', '2026-'),
  }));
  const submitSeconds = secondsOf(() => {
    for (const job of jobs) {
      const {status} = source.request('POST', '/v1/scheduler/iso8601', job);
      demand(status === 204, () => `${job.name}: ${status}`);
    }
  });
  const texts = [...source.records].map(
    ([path, document]) => [path, JSON.stringify(document)] as const,
  );
  return {texts, submitSeconds};
}

function run(count: number): LoadOutcome {
  const {texts, submitSeconds} = makeStore(count);
  const world = new SmallWorld({keepsRecords: false});
  const loadSeconds = secondsOf(() => {
    world.takeOver(texts.map(([path, text]) => [path, JSON.parse(text) as unknown]));
  });
  const chronos = world.engine.view.chronos(world.chronosId);
  const armed = chronos?.jobs().filter(({wakeAt, schedule}) => wakeAt === schedule?.next).length;
  demand(armed === count, () => `${armed} of ${count} jobs are armed`);
  return {jobs: count, loadSeconds, submitSeconds};
}

stdout.write(JSON.stringify(run(Number(argv[2]))));
