/** Suite `scenarios`: whole systems on a time line, each a program on the simulator. */
import {UnknownInCase} from '../case.ts';
import type {Adapter} from '../marathon-suites/adapter.ts';
import {mismatchText} from '../marathon-suites/compare.ts';
import {differingWords, play, type MakeProgram, type Play} from './program.ts';
import {AGENTS} from './programs/agents.ts';
import {DEPLOYMENTS} from './programs/deployments.ts';
import {GROUPS} from './programs/groups.ts';
import {HEALTH} from './programs/health.ts';
import {LAUNCHES} from './programs/launches.ts';
import {UPGRADES} from './programs/upgrades.ts';

/** By what follows `scenarios/` in the id of the case. */
export const PROGRAMS: ReadonlyMap<string, MakeProgram> = new Map(
  Object.entries({...DEPLOYMENTS, ...UPGRADES, ...GROUPS, ...LAUNCHES, ...HEALTH, ...AGENTS}),
);

export const scenarios: Adapter = {
  prepare({id, given, when, expected}) {
    const program = PROGRAMS.get(id.slice('scenarios/'.length));
    if (program === undefined) throw new UnknownInCase('not runnable: no program plays this case');
    const differing = differingWords(program(), {given, when, expected});
    if (differing.length > 0) {
      const lines = ['the program was written for other words:', ...differing.map(mismatchText)];
      throw new UnknownInCase(lines.join('\n'));
    }
    return {
      run: (seed) => play(program, seed),
      judge: (result) => (result as Play).mismatches,
    };
  },
};
