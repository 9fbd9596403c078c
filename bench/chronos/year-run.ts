/** The measured program: so many jobs over one virtual year. Prints what came of it. */
import {argv, stdout} from 'node:process';
import {demand} from '../bench.ts';
import {makeJobs, YEAR_MS} from './jobs.ts';
import {SmallWorld} from './small-world.ts';

export interface YearOutcome {
  readonly jobs: number;
  /** Runs that were launched, of which these ended well. */
  readonly launches: number;
  readonly finished: number;
  readonly skipped: number;
  /** Process time of the year alone, without the submission of the jobs. */
  readonly processSeconds: number;
}

function run(count: number): YearOutcome {
  const world = new SmallWorld({keepsRecords: false});
  for (const job of makeJobs(count)) {
    const answer = world.request('POST', '/v1/scheduler/iso8601', job);
    demand(answer.status === 204, () => `${job.name}: ${JSON.stringify(answer.body)}`);
  }
  const before = process.cpuUsage();
  world.runUntil(YEAR_MS);
  const {user, system} = process.cpuUsage(before);
  return {
    jobs: count,
    launches: world.launches,
    finished: world.events.get('JobFinished') ?? 0,
    skipped: world.events.get('JobSkipped') ?? 0,
    processSeconds: (user + system) / 1e6,
  };
}

stdout.write(JSON.stringify(run(Number(argv[2]))));
