/**
 * Marathon at size: from a definition to all instances running, and from one version to the next.
 */
import {demand} from '../bench.ts';
import type {Bench, Reading} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import {sameHashChecker} from '../sim/same-hash.ts';
import {AGENTS} from './load.ts';
import type {MarathonOutcome} from './run.ts';

const PROGRAM = new URL('./run.ts', import.meta.url);
const INSTANCES_PER_APP = 10;

interface Load {
  readonly kind: 'group' | 'scale' | 'upgrade';
  /** What the size counts. */
  readonly what: string;
  readonly about: string;
  /** Tasks that are placed per unit of size. */
  readonly placedPerUnit: number;
  readonly instancesPerUnit: number;
}

const LOADS: readonly Load[] = [
  {
    kind: 'scale',
    what: 'instances',
    about: 'one app, from nothing until all run',
    placedPerUnit: 1,
    instancesPerUnit: 1,
  },
  {
    kind: 'group',
    what: 'apps',
    about: `apps of ${INSTANCES_PER_APP} instances in one group, until all run`,
    placedPerUnit: INSTANCES_PER_APP,
    instancesPerUnit: INSTANCES_PER_APP,
  },
  {
    kind: 'upgrade',
    what: 'instances',
    about: 'one app with health checks, deployed and then replaced by a rolling upgrade',
    placedPerUnit: 2,
    instancesPerUnit: 1,
  },
];

export function makeWholeRunBench(kind: Load['kind'], size: number): Bench {
  const load = LOADS.find((known) => known.kind === kind);
  if (load === undefined) throw new TypeError(kind);
  const name = `marathon/${kind}/${size}`;
  const checkHash = sameHashChecker();
  return {
    name,
    about: `${load.about}: ${size} ${load.what} on ${AGENTS} agents`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const units = isQuick ? Math.min(size, 1000) : size;
      const run = runWhole({program: PROGRAM, arguments: [kind, `${units}`], profileFile});
      const outcome = JSON.parse(run.stdout) as MarathonOutcome;
      check(name, outcome, load, units);
      checkHash(name, outcome.runHash);
      const perInstance: Reading = {
        name: `${name}/time-per-instance`,
        unit: 'µs',
        values: [(run.processSeconds * 1_000_000) / (units * load.placedPerUnit)],
      };
      return [perInstance, ...usageReadings(name, run)];
    },
  };
}

function check(name: string, outcome: MarathonOutcome, load: Load, units: number): void {
  const instances = units * load.instancesPerUnit;
  const {wanted, running, fresh, placed, deployments} = outcome;
  demand(
    wanted === instances &&
      running === instances &&
      fresh === instances &&
      placed === units * load.placedPerUnit &&
      deployments === 0,
    () => `${name}: not ${instances} instances as wanted: ${JSON.stringify(outcome)}`,
  );
}
