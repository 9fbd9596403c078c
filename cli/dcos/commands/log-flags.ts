/** What all commands that show logs take. */
import type {Command} from 'commander';
import {Failure} from '../failure.ts';

export interface LogFlags {
  readonly follow?: true;
  readonly lines: string;
}

export function withLog(command: Command): Command {
  return command
    .option('--follow', 'go on with what comes, until Ctrl-C or the end of the task')
    .option('--lines <n>', 'begin with the last N lines', '10');
}

const LINES_MAX = 1_000_000;

/** @throws Failure */
export function linesOf({lines}: LogFlags): number {
  const count = Number(lines);
  if (/^\d+$/.test(lines) && count <= LINES_MAX) return count;
  throw new Failure(`--lines: expected a whole number up to ${LINES_MAX}, found '${lines}'`);
}
