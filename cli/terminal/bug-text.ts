import {InvariantError} from '../../engine/index.ts';
import type {Scenario} from '../../sim/scenario/schema.ts';
import {readVersion} from '../version.ts';

/** A bug of ours, not the user's: what was broken, and the seed that makes it happen again. */
export function bugText(error: unknown, {name, seed}: Pick<Scenario, 'name' | 'seed'>): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [
    `drydock: this is a bug of Drydock: ${message}`,
    `drydock: to see it again: scenario ${name}, --seed ${seed}, version ${readVersion()}`,
  ];
  // An invariant says what is wrong by itself; of anything else the place is all there is to go by.
  if (error instanceof Error && !(error instanceof InvariantError)) lines.push(error.stack ?? '');
  return `${lines.join('\n')}\n`;
}
