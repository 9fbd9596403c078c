/** A bench of a program that is told a number of jobs, and prints what came of them as JSON. */
import type {Bench, Reading} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';

export interface JobsBenchTerms<Outcome> {
  readonly name: string;
  readonly about: string;
  readonly program: URL;
  readonly jobs: number;
  readonly jobsQuick: number;
  /** Besides what it used; throws if the program did the wrong thing. */
  readonly readingsOf: (outcome: Outcome) => readonly Reading[];
}

export function makeJobsBench<Outcome>(terms: JobsBenchTerms<Outcome>): Bench {
  const {name, about, program, jobs, jobsQuick, readingsOf} = terms;
  return {
    name,
    about,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const count = isQuick ? jobsQuick : jobs;
      const run = runWhole({program, arguments: [`${count}`], profileFile});
      return [...readingsOf(JSON.parse(run.stdout) as Outcome), ...usageReadings(name, run)];
    },
  };
}
