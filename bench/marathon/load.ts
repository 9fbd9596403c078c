/** The loads under which Marathon is measured. */
import {scenarioOf} from '../../sim/scenario/load.ts';
import type {Scenario} from '../../sim/scenario/schema.ts';

export const AGENTS = 5000;

/** Of each of them: far more than all instances need, so that placing is never a matter of luck. */
const AGENT = 'cpus:64;mem:262144;ports:[31000-32000]';

const TINY = {cmd: 'sleep 1000', cpus: 0.1, mem: 32, portDefinitions: []};

/** When the upgrade begins; everything runs by then. */
const UPGRADE_AT_S = 600;

function scenario(name: string, rest: object): Scenario {
  const loaded = scenarioOf(
    {
      name,
      seed: 1,
      until: 'idle',
      cluster: {agents: [{name: 'node', count: AGENTS, resources: AGENT}]},
      behaviours: [{match: '/*', startup: '1s'}],
      sample: {every: '1h'},
      ...rest,
    },
    {dataFolders: [], folder: '.'},
  );
  if (!loaded.ok) throw new TypeError(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

/** One app of so many instances, from nothing until all run. */
export function scaleLoad(instances: number): Scenario {
  return scenario('scale', {workloads: [{app: {...TINY, id: '/a', instances}}]});
}

/** So many apps of ten instances, created as one group. */
export function groupLoad(apps: number): Scenario {
  const list = Array.from({length: apps}, (_, at) => ({...TINY, id: `app-${at}`, instances: 10}));
  return scenario('group', {workloads: [{group: {id: '/g', apps: list}}]});
}

/**
 * One app of so many instances with a health check that Marathon makes every ten seconds, deployed
 * and then replaced: at least nine tenths stay healthy, at most a tenth more are there.
 */
export function upgradeLoad(instances: number): Scenario {
  const app = {
    ...TINY,
    id: '/a',
    instances,
    portDefinitions: [{port: 0}],
    healthChecks: [{protocol: 'HTTP', path: '/', intervalSeconds: 10}],
    upgradeStrategy: {minimumHealthCapacity: 0.9, maximumOverCapacity: 0.1},
  };
  return scenario('upgrade', {
    workloads: [{app}],
    behaviours: [{match: '/*', startup: '1s', healthyAfter: '1s'}],
    events: [{at: `${UPGRADE_AT_S}s`, upgrade: {app: '/a', with: {cmd: 'sleep 2000'}}}],
  });
}
