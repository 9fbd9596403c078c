/** Runs of the `drydock` command, and what it answers. */
import {demand} from '../bench.ts';
import type {BenchContext} from '../bench.ts';
import {runWhole} from '../whole-run.ts';
import type {WholeRun} from '../whole-run.ts';
import type {SimResult} from '../../sim/result.ts';

const DRYDOCK = new URL('../../cli/drydock.ts', import.meta.url);

/** The command as a user gives it, in `folder` or where the bench was started. */
export function runDrydock(
  args: readonly string[],
  {dataFolder, profileFile}: BenchContext,
  folder?: string,
): WholeRun {
  return runWhole({
    program: DRYDOCK,
    arguments: args,
    environment: dataFolder === undefined ? {} : {DRYDOCK_DATA: dataFolder},
    profileFile,
    folder,
  });
}

/** A result that is complete and in which every expectation of the scenario holds. */
export function parseResult(text: string): SimResult {
  const result = JSON.parse(text) as SimResult;
  const {scenario, partial, expectations} = result;
  demand(!partial, () => `${scenario}: the run was interrupted`);
  const broken = expectations.filter(({passed}) => !passed).map(({text: words}) => words);
  demand(broken.length === 0, () => `${scenario}: not met: ${broken.join('; ')}`);
  return result;
}
