/** What the steps of resolving a scenario share. */
import type {FieldPath} from './problems.ts';
import type {FileRef, MarathonApp, MarathonGroup, ScheduledJob} from './schema.ts';

/** Where problems go and files come from; a file that fails is noted as a problem at `path`. */
export interface Resolving {
  problem(path: FieldPath, message: string): void;
  findFile(written: string, path: FieldPath): FileRef | undefined;
  readApp(file: FileRef, path: FieldPath): MarathonApp | undefined;
  readGroup(file: FileRef, path: FieldPath): MarathonGroup | undefined;
  /** One job, or a list of them. */
  readJobs(file: FileRef, path: FieldPath): readonly ScheduledJob[] | undefined;
}

/** The optional field `name` with this value, or nothing: absent fields stay absent. */
export function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): {readonly [N in Name]?: Value} {
  return (value === undefined ? {} : {[name]: value}) as {readonly [N in Name]?: Value};
}

/** Notes every name that stands at more than one path, at all but its first. */
export function checkUnique(
  names: readonly {readonly name: string; readonly path: FieldPath}[],
  what: string,
  resolving: Resolving,
): void {
  const seen = new Set<string>();
  for (const {name, path} of names) {
    if (seen.has(name)) resolving.problem(path, `${what} "${name}" is there twice`);
    seen.add(name);
  }
}
