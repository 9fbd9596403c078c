/**
 * B, Mesos's `DeclineOffers`: every offer is declined for a year, so that each agent goes round all
 * frameworks until nobody wants it.
 */
import type {Grant} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {AGENT, demandCount, Fleet, fragments} from './fleet.ts';
import type {Roles} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Meter, Scenario} from './scenario.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const ROUNDS_AFTER = 10;
const USED = `cpus:16;mem:2014;disk:1024;ports:${fragments(16)}`;

export const declines: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  fleet.addFrameworks(frameworks, textOf(parameters, 'roles') as Roles);
  const joining = fleet.joining(agents, AGENT, (at) => [
    fleet.usage(at % frameworks, fleet.resources(USED)),
  ]);
  meter.time('register', () => fleet.addAgents(joining));
  // By agent and subscriber.
  const isDeclined = new Uint8Array(agents * frameworks);
  let grants: readonly Grant[] = [];
  const timeRound = (name: string): void => {
    const declined = grants;
    meter.time('decline', () => {
      fleet.decline(declined, YEAR_MS);
    });
    grants = meter.time(name, () => fleet.cycle());
  };
  for (let round = 0; round < frameworks; round += 1) {
    timeRound(`round/${nameOfRound(round, frameworks)}`);
    demandCount(`offers in round ${round}`, grants.length, agents);
    // Nobody is offered twice what it has refused.
    for (const {agent, subscriber} of grants) {
      const pair = agent * frameworks + subscriber;
      demand(isDeclined[pair] === 0, () => `agent ${agent} is offered to ${subscriber} again`);
      isDeclined[pair] = 1;
    }
  }
  meter.noteMemory('memory-declined');
  timeFiltered(fleet, meter, timeRound, () => grants);
};

function nameOfRound(round: number, rounds: number): string {
  const named = new Map([
    [0, 'first'],
    [Math.floor(rounds / 4), 'quarter'],
    [Math.floor(rounds / 2), 'half-way'],
    [Math.floor((3 * rounds) / 4), 'three-quarters'],
    [rounds - 1, 'last'],
  ]);
  return named.get(round) ?? 'others';
}

/** Rounds in which everything is filtered. */
function timeFiltered(
  fleet: Fleet,
  meter: Meter,
  timeRound: (name: string) => void,
  grants: () => readonly Grant[],
): void {
  // The first one looks at all agents, because all came back; the others find that nothing changed.
  for (let round = 0; round < ROUNDS_AFTER; round += 1) {
    timeRound('all-filtered');
    demandCount('offers when all is filtered', grants().length, 0);
    if (round === 0) meter.note('all-filtered/first', 'ms', meter.total('all-filtered'));
  }
  for (let round = 0; round < ROUNDS_AFTER; round += 1) {
    fleet.changeAll();
    const again = meter.time('all-filtered/again', () => fleet.cycle());
    demandCount('offers when all is filtered again', again.length, 0);
  }
}
