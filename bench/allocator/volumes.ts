/**
 * Mesos's `PersistentVolumes`: everything is reserved to the role of all frameworks, and every
 * agent has a volume. `regular`: nobody shares them; `shared`: everybody; `mixed`: every other one.
 */
import {parseAmounts} from '../../engine/index.ts';
import type {Grant, Resources} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {demandFairOffers, Fleet, fragments} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Parameters, Scenario} from './scenario.ts';

const ROLE = 'test';
const ROUNDS = 6;
const AGENT = 'cpus(test):24;mem(test):4096;disk(test):3072;ports(test):[31000-32000]';
const USED = `cpus(test):16;mem(test):1024;disk(test):1024;ports(test):${fragments(16)}`;

export const persistentVolumes: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const sharing = textOf(parameters, 'sharing');
  const fleet = new Fleet();
  const capabilities = sharing === 'regular' ? [] : ['SHARED_RESOURCES'];
  for (let at = 0; at < frameworks; at += 1) {
    fleet.addFramework(`framework${at}`, ROLE, ['MULTI_ROLE', ...capabilities]);
  }
  const joining = fleet
    .joining(agents, AGENT, (at) => [
      {framework: `framework${at % frameworks}`, role: '*', resources: fleet.resources(USED)},
    ])
    .map((agent, at) => ({...agent, total: withVolume(fleet, at, isShared(parameters, at))}));
  meter.time('register', () => fleet.addAgents(joining));
  meter.noteMemory('memory-registered');
  let grants: readonly Grant[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = grants;
    meter.time('recover', () => {
      fleet.giveBack(before);
    });
    grants = meter.time(round === 0 ? 'first-round' : 'round', () => fleet.cycle());
    demandFairOffers(grants, agents, 1);
    for (const {resources} of grants) demandVolume(resources);
  }
};

function isShared({sharing}: Parameters, at: number): boolean {
  return sharing === 'shared' || (sharing === 'mixed' && at % 2 === 0);
}

function withVolume(fleet: Fleet, at: number, isShared: boolean): Resources {
  const parsed = parseAmounts(AGENT);
  demand(parsed.ok, () => `cannot read ${AGENT}`);
  const {special = []} = parsed.amounts;
  return fleet.kinds.compile({
    ...parsed.amounts,
    special: [
      ...special,
      {
        name: 'disk',
        type: 'SCALAR',
        scalar: {value: 1024},
        reservations: [{type: 'STATIC', role: ROLE}],
        disk: {
          persistence: {id: `id${at}`},
          volume: {mode: 'RW', container_path: `path${at}`},
        },
        ...(isShared ? {shared: {}} : {}),
      },
    ],
  });
}

/** What is left of everything, and the whole volume. */
function demandVolume({special}: Resources): void {
  const names = special.map(({special: {name}}) => name).sort();
  demand(String(names) === 'cpus,disk,disk,mem,ports', () => `an offer of ${names.join()}`);
}
