/**
 * Problems of the input as people read them: one line each, the field first, then where it stands.
 */
import {relative} from 'node:path';
import type {ScenarioProblem} from '../../sim/scenario/schema.ts';

/** `cluster.agents[2].resources: '-4' is negative (first.yaml:12:18)`. */
export function problemLine(problem: ScenarioProblem): string {
  const {path, message, file, line, column} = problem;
  const place =
    file === undefined ? [] : [shortName(file), line, column].filter((part) => part !== undefined);
  const text = [path, message].filter((part) => part !== '').join(': ');
  return place.length === 0 ? text : `${text} (${place.join(':')})`;
}

/** Relative to the working folder where that is shorter. */
function shortName(file: string): string {
  const near = relative(process.cwd(), file);
  return near !== '' && near.length < file.length ? near : file;
}

export function printProblems(problems: readonly ScenarioProblem[]): void {
  for (const problem of problems) process.stderr.write(`drydock: ${problemLine(problem)}\n`);
}
