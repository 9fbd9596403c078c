/** The plan of a change of many apps in layers of groups that wait for each other. */
import {dependencyDepths, planSteps, type AppChange, type App} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import type {Bench} from '../bench.ts';

const APPS = 10_000;
const GROUPS = 100;
/** Measured so often; all values are told. */
const TIMES = 5;

interface Change {
  readonly changes: readonly AppChange[];
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
}

/** Every app gets another command, and waits for all apps of the group before its own. */
function makeChange(): Change {
  const changes: AppChange[] = [];
  const dependencies = new Map<string, readonly string[]>();
  for (let at = 0; at < APPS; at += 1) {
    const group = at % GROUPS;
    const id = `/layer-${group}/app-${at}`;
    const from = appOf(id, 'sleep 1', 1);
    changes.push({id, from, to: appOf(id, 'sleep 2', 2)});
    dependencies.set(id, group === 0 ? [] : [`/layer-${group - 1}`]);
  }
  return {changes, dependencies};
}

function appOf(id: string, cmd: string, version: number): App {
  const definition = {
    id,
    cmd,
    instances: 10,
    cpus: 0.1,
    mem: 32,
    disk: 0,
    gpus: 0,
    executor: '',
    role: '*',
    networks: [{mode: 'host'}],
    requirePorts: false,
    backoffSeconds: 1,
    backoffFactor: 1.15,
    maxLaunchDelaySeconds: 300,
    upgradeStrategy: {minimumHealthCapacity: 1, maximumOverCapacity: 1},
    labels: {owner: 'bench'},
    killSelection: 'YOUNGEST_FIRST',
    unreachableStrategy: {inactiveAfterSeconds: 0, expungeAfterSeconds: 0},
  } as const satisfies App['definition'];
  return {definition, version, lastScalingAt: version, lastConfigChangeAt: version};
}

export function makePlanBench(): Bench {
  const name = `marathon/plan/${APPS}`;
  return {
    name,
    about: `the plan of ${APPS} changed apps in ${GROUPS} groups, each waiting for the one before`,
    rounds: 1,
    isWholeRun: false,
    skipReason: () => undefined,
    measure: () => {
      const {changes, dependencies} = makeChange();
      const values: number[] = [];
      for (let time = 0; time < TIMES; time += 1) {
        const startedAt = performance.now();
        const depths = dependencyDepths(dependencies);
        const steps = planSteps(changes, (id) => depths?.get(id) ?? 1);
        values.push(performance.now() - startedAt);
        demand(
          steps.length === GROUPS && steps.every((step) => step.length === APPS / GROUPS),
          () => `${name}: ${steps.length} steps`,
        );
      }
      return [{name: `${name}/time`, unit: 'ms', values}];
    },
  };
}
