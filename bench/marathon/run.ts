/**
 * The measured program of the suite `marathon`: one load through the simulator. Prints what came of
 * it, for the bench to judge.
 */
import {argv, stdout} from 'node:process';
import type {Scenario} from '../../sim/scenario/schema.ts';
import {Simulation} from '../../sim/simulation.ts';
import {NO_SUPPLIES} from '../../sim/supplies.ts';
import {groupLoad, scaleLoad, upgradeLoad} from './load.ts';

export interface MarathonOutcome {
  readonly runHash: string;
  readonly events: number;
  /** Tasks that were ever placed. */
  readonly placed: number;
  readonly apps: number;
  readonly wanted: number;
  readonly running: number;
  /** Of the version in force. */
  readonly fresh: number;
  readonly deployments: number;
}

const LOADS: Readonly<Record<string, (size: number) => Scenario>> = {
  scale: scaleLoad,
  group: groupLoad,
  upgrade: upgradeLoad,
};

function run(kind: string, size: number): MarathonOutcome {
  const load = LOADS[kind];
  if (load === undefined) throw new TypeError(`unknown load ${kind}`);
  const simulation = new Simulation(load(size), NO_SUPPLIES);
  simulation.run();
  const [id] = simulation.world.frameworkIds;
  const marathon = id === undefined ? undefined : simulation.engine.view.marathon(id);
  if (marathon === undefined) throw new TypeError('no Marathon in the scenario');
  const apps = marathon.apps();
  const fresh = apps.map(
    (app) =>
      marathon
        .instancesOf(app.id)
        .filter(({spec, condition}) => condition === 'Running' && spec.app.version === app.version)
        .length,
  );
  return {
    runHash: simulation.hash.digits,
    events: simulation.events,
    placed: simulation.world.tally.totals().placed,
    apps: apps.length,
    wanted: apps.reduce((sum, {instances}) => sum + instances, 0),
    running: apps.reduce((sum, app) => sum + app.running, 0),
    fresh: fresh.reduce((sum, count) => sum + count, 0),
    deployments: marathon.deployments().length,
  };
}

const [kind = '', size = '0'] = argv.slice(2);
stdout.write(JSON.stringify(run(kind, Number(size))));
