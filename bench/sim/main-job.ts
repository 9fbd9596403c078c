/** The main job of `npm start`: `drydock start`, report and all. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {demand} from '../bench.ts';
import type {Bench} from '../bench.ts';
import {usageReadings} from '../whole-run.ts';
import {parseResult, runDrydock} from './drydock-run.ts';
import {sameHashChecker} from './same-hash.ts';

export function makeMainJobBench(): Bench {
  const checkHash = sameHashChecker();
  return {
    name: 'sim/main',
    about: 'the main job of npm start: 31 days of services and batch jobs on 4,278 machines',
    rounds: 3,
    isWholeRun: true,
    // Without the traces it runs a workload of the same size that it makes up.
    skipReason: () => undefined,
    measure: (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
      try {
        const run = runDrydock(['start'], context, folder);
        const {runHash, tasks, events} = parseResult(
          readFileSync(join(folder, 'out', 'result.json'), 'utf8'),
        );
        demand(tasks.finished > 0, () => 'sim/main: no task finished');
        checkHash('sim/main', runHash);
        return [
          ...usageReadings('sim/main', run),
          {name: 'sim/main/event-rate', unit: '1/s', values: [events / run.wallSeconds]},
        ];
      } finally {
        rmSync(folder, {recursive: true, force: true});
      }
    },
  };
}
