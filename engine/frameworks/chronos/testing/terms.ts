/** What a world is made of and what it is told, and who watches it. Not part of the engine. */
import type {Effect} from '../../../effects.ts';
import type {TimeZones} from '../../../kernel/time-zones.ts';
import type {ChronosOptions, ChronosPreset} from '../../../options.ts';
import type {Fate, WorldTask} from './agents.ts';

export type Persist = Extract<Effect, {kind: 'persist'}> & {
  /** When it was asked for, by the clock of its leader: ms since 1970. */
  readonly wallMs: number;
};

/** Who watches: is told of all that has happened, in order. */
export interface Watcher {
  /**
   * One step is a fact: what it wrote is in the store, and what it did happens now. `isTold` false:
   * its leader died in between, and nobody ever hears of it.
   */
  step(write: Persist | undefined, effects: readonly Effect[], isTold: boolean): void;
  /** A task begins on an agent. */
  arrived(task: WorldTask): void;
}

export interface WorldOptions {
  readonly epochMs: number;
  readonly timeZones: TimeZones;
  readonly chronos?: (Partial<ChronosOptions> & {readonly preset?: ChronosPreset}) | undefined;
  /** Taken by tasks in turn. */
  readonly fates?: readonly Fate[] | undefined;
  readonly agents?: number | undefined;
  readonly cpus?: number | undefined;
}

export interface WorldRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export const QUICK: Fate = {startMs: 100, runMs: 900, end: 'TASK_FINISHED', deafTo: 0};

/** How a leader goes. */
export interface FailOver {
  /** The whole process, its master with it; else the framework alone. */
  readonly isProcess: boolean;
  /** How many of the writes under way have reached the store; the others never do. */
  readonly written: number;
  /** By how much the clock of the next process is wrong. */
  readonly skewMs?: number | undefined;
  /** Agents that do not find the new process by themselves: a bit each. */
  readonly late?: number | undefined;
}

/** As text that the order of fields does not change: a field that comes back comes back last. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const fields = Object.entries(part).sort(([one], [two]) => (one < two ? -1 : 1));
    return Object.fromEntries(fields);
  });
}
