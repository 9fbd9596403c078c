/** What tests of the simulator share: scenarios as values, supplied and run. */
import {assert} from '../../engine/index.ts';
import {makeResult} from '../outcome.ts';
import type {SimResult} from '../result.ts';
import {scenarioOf} from '../scenario/load.ts';
import type {Scenario} from '../scenario/schema.ts';
import {Simulation} from '../simulation.ts';
import type {SimulationSnapshot} from '../simulation.ts';
import {NO_SUPPLIES} from '../supplies.ts';
import type {Supplies} from '../supplies.ts';

/** A scenario from what would stand in its file. */
export function makeScenario(written: unknown): Scenario {
  const loaded = scenarioOf(written, {dataFolders: [], folder: '.'});
  assert(loaded.ok, () => JSON.stringify(loaded));
  return loaded.scenario;
}

/** A run that was made to its end, with all checks on. */
export function runChecked(scenario: Scenario, supplies: Supplies = NO_SUPPLIES): Simulation {
  const simulation = new Simulation(scenario, supplies, {isChecking: true});
  simulation.run();
  return simulation;
}

export function resultOf(simulation: Simulation): SimResult {
  return makeResult(simulation, {version: 'test', isPartial: false});
}

/** Takes the run apart into plain JSON and puts it together again. */
export function throughJson(simulation: Simulation): Simulation {
  const text = JSON.stringify(simulation.snapshot());
  return new Simulation(
    simulation.scenario,
    simulation.supplies,
    {isChecking: false},
    JSON.parse(text) as SimulationSnapshot,
  );
}

/** Checked by Marathon itself, twice. */
const CHECKED_APP = {
  id: '/api',
  instances: 4,
  cpus: 0.2,
  mem: 64,
  cmd: 'serve',
  portDefinitions: [{port: 0}],
  healthChecks: [
    {protocol: 'HTTP', portIndex: 0, gracePeriodSeconds: 20, intervalSeconds: 15},
    {protocol: 'TCP', portIndex: 0, intervalSeconds: 30, maxConsecutiveFailures: 0},
  ],
};

const MIXED_EVENTS = [
  {at: '20m', scale: {app: '/web', instances: 9}},
  {at: '40m', partition: {agents: {zone: 'zone-1'}, for: '2m'}},
  {at: '41m', kill: {agents: {count: 3}, for: '5m'}},
  {at: '1h', upgrade: {app: '/web', with: {env: {COLOUR: 'blue'}}}},
  {at: '1h10m', health: {app: '/api', answer: 'timeout'}},
  {at: '1h12m', health: {app: '/api', answer: 'usual'}},
  {at: '1h20m', upgrade: {app: '/api', with: {env: {COLOUR: 'green'}}}},
  {at: '1h30m', kill: {agents: {fraction: 0.2}}},
  {at: '2h30m', remove: {app: '/flaky'}},
];

/**
 * A bit of everything: services that are scaled and upgraded, wide and narrow jobs, faults of both
 * kinds.
 */
export function mixedScenario(seed: number): Scenario {
  return makeScenario({
    seed,
    until: '3h',
    cluster: {
      agents: [
        {
          name: 'node',
          count: 12,
          resources: 'cpus:4;mem:8192;disk:10000;ports:[31000-31020]',
          zones: 3,
          racks: 6,
        },
      ],
    },
    frameworks: {
      marathon: {type: 'marathon', role: 'services', weight: 2},
      batch: {type: 'batch', policy: 'easy'},
    },
    workloads: [
      {
        app: {
          id: '/web',
          instances: 6,
          cpus: 1,
          mem: 512,
          cmd: 'serve',
          portDefinitions: [{port: 0}],
          constraints: [['hostname', 'MAX_PER', '1']],
          healthChecks: [{protocol: 'MESOS_HTTP', path: '/'}],
        },
      },
      {app: CHECKED_APP},
      {app: {id: '/flaky', instances: 3, cpus: 0.5, mem: 64, cmd: 'crash'}, at: '5m'},
      {
        name: 'jobs',
        arrivals: {
          interarrival: {exponential: {mean: '30s'}},
          tasks: {choice: {values: [1, 3, 8], weights: [6, 3, 1]}},
          duration: {lognormal: {median: '4m', sigma: 1}},
          resources: 'cpus:1;mem:256',
          until: '2h',
        },
      },
    ],
    behaviours: [
      {
        match: '/web',
        startup: {uniform: {min: '1s', max: '5s'}},
        healthyAfter: {exponential: {mean: '3s'}},
      },
      {
        match: '/api',
        healthyAfter: {uniform: {min: '0s', max: '40s'}},
        flap: {well: {exponential: {mean: '20m'}}, sick: {uniform: {min: '1s', max: '2m'}}},
      },
      {match: '/flaky', failure: {probability: 0.8, after: {exponential: {mean: '2m'}}}},
      {match: 'job:jobs/*', failure: {probability: 0.02, after: {uniform: {min: '0s', max: '9m'}}}},
    ],
    events: MIXED_EVENTS,
    failures: [
      {agents: 'all', every: {exponential: {mean: '2h'}}, for: {exponential: {mean: '3m'}}},
    ],
  });
}
