/** The LCG grid's 188,041 jobs on 3,359 one-cpu agents: `drydock sim scenarios/lcg.yaml`. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {demand} from '../bench.ts';
import type {Bench} from '../bench.ts';
import {usageReadings} from '../whole-run.ts';
import {parseResult, runDrydock} from './drydock-run.ts';
import {sameHashChecker} from './same-hash.ts';

const SCENARIO = fileURLToPath(new URL('../../scenarios/lcg.yaml', import.meta.url));
const TRACE = 'lcg_grid_2005.csv.gz';
const JOBS = 188_041;

export function makeLcgBench(): Bench {
  const checkHash = sameHashChecker();
  return {
    name: 'sim/lcg',
    about: `${JOBS} jobs of the LCG grid on 3,359 one-cpu agents, the whole process`,
    rounds: 5,
    isWholeRun: true,
    skipReason: ({dataFolder}) => {
      if (dataFolder !== undefined && existsSync(join(dataFolder, TRACE))) return undefined;
      return `${TRACE} is not at hand: set DRYDOCK_DATA to the folder that has it`;
    },
    measure: (context) => {
      const run = runDrydock(['sim', SCENARIO, '--json', '--quiet'], context);
      const {tasks, runHash} = parseResult(run.stdout);
      demand(tasks.finished === JOBS, () => `sim/lcg: ${tasks.finished} of ${JOBS} jobs finished`);
      checkHash('sim/lcg', runHash);
      return usageReadings('sim/lcg', run);
    },
  };
}
