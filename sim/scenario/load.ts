/**
 * Loads a scenario file. The only place here, with `load-source.ts` and `load-files.ts`, that
 * touches the disk.
 */
import {basename, dirname, resolve} from 'node:path';
import {foundText} from './fields.ts';
import {scenarioFile} from './file-schema.ts';
import {findFile, readTextFile} from './load-files.ts';
import {jsonSyntaxProblem} from './json-syntax.ts';
import {type FieldPath, type FieldProblem, pathText, problemsOf} from './problems.ts';
import {withoutInstants} from './moments.ts';
import {resolveScenario} from './resolve.ts';
import type {Resolving} from './resolving.ts';
import type {
  FileRef,
  MarathonApp,
  MarathonGroup,
  Scenario,
  ScenarioProblem,
  ScheduledJob,
} from './schema.ts';
import {parseYaml, type Place, placeAt, plainValue, readSource} from './load-source.ts';

export interface LoadOptions {
  /** Where `data:NAME` is looked for, in this order (DRYDOCK_DATA first, if the caller has one). */
  readonly dataFolders: readonly string[];
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly scenario: Scenario;
      /** Every file it was made of or refers to, absolute. */
      readonly files: readonly string[];
    }
  | {readonly ok: false; readonly problems: readonly ScenarioProblem[]};

/**
 * Reads, checks and resolves `file`; whatever the files hold, the answer is data, never an
 * exception.
 */
export function loadScenario(file: string, {dataFolders}: LoadOptions): LoadResult {
  const top = resolve(file);
  const source = readSource(top, dataFolders);
  const {tree} = source;
  if (tree === undefined) return {ok: false, problems: source.problems};
  const place: PlaceFinder = (path, ofName) => placeAt(tree, path, ofName);
  const name = basename(top).replace(/\.(ya?ml|json)$/, '');
  const result = resolveValue(plainValue(tree), name, dataFolders, place);
  return result.ok ? {...result, files: [...new Set([...source.files, ...result.files])]} : result;
}

/**
 * The same for a scenario that is no file, such as one built by a program. Paths are relative to
 * `folder`; `include` is not for it.
 */
export function scenarioOf(
  value: unknown,
  {dataFolders, folder}: LoadOptions & {readonly folder: string},
): LoadResult {
  return resolveValue(value, 'scenario', dataFolders, () => ({
    file: resolve(folder, 'scenario'),
    line: 0,
    column: 0,
  }));
}

/** Place of a field or of its name. `line` 0: it has none. */
type PlaceFinder = (path: FieldPath, ofName: boolean) => Place;

function resolveValue(
  value: unknown,
  name: string,
  dataFolders: readonly string[],
  place: PlaceFinder,
): LoadResult {
  const timed = withoutInstants(value);
  const parsed = scenarioFile.safeParse(timed, {reportInput: true});
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, timed);
    return {ok: false, problems: problems.map((problem) => placed(problem, place))};
  }
  const resolving = new FileResolving(dataFolders, place);
  const scenario = resolveScenario(parsed.data, name, resolving);
  const {problems, files} = resolving;
  return problems.length > 0 ? {ok: false, problems} : {ok: true, scenario, files};
}

function placed(
  {path, message, ofName = false}: FieldProblem,
  place: PlaceFinder,
): ScenarioProblem {
  const {file, line, column} = place(path, ofName);
  const text = pathText(path);
  return line === 0 ? {path: text, message} : {path: text, message, file, line, column};
}

class FileResolving implements Resolving {
  readonly problems: ScenarioProblem[] = [];
  readonly files: string[] = [];
  readonly #dataFolders: readonly string[];
  readonly #place: PlaceFinder;

  constructor(dataFolders: readonly string[], place: PlaceFinder) {
    this.#dataFolders = dataFolders;
    this.#place = place;
  }

  problem(path: FieldPath, message: string): void {
    this.problems.push(placed({path, message}, this.#place));
  }

  findFile(written: string, path: FieldPath): FileRef | undefined {
    const found = findFile(written, dirname(this.#place(path, false).file), this.#dataFolders);
    if (!found.ok) {
      this.problem(path, found.message);
      return undefined;
    }
    this.files.push(found.path);
    return {written, path: found.path};
  }

  readApp(file: FileRef, path: FieldPath): MarathonApp | undefined {
    return this.#readWithId(file, path, 'a Marathon app');
  }

  readGroup(file: FileRef, path: FieldPath): MarathonGroup | undefined {
    return this.#readWithId(file, path, 'a Marathon group');
  }

  readJobs(file: FileRef, path: FieldPath): readonly ScheduledJob[] | undefined {
    return this.#readAs(file, path, (value) => {
      const jobs: readonly unknown[] = Array.isArray(value) ? value : [value];
      const odd = jobs.find((job) => !hasName(job, 'name') && !hasName(job, 'id'));
      if (odd === undefined) return {ok: true, value: jobs as readonly ScheduledJob[]};
      const expected = 'expected jobs of Chronos (with a name) or of Metronome (with an id)';
      return {ok: false, fault: {message: `${expected}, found ${foundText(odd)}`}};
    });
  }

  #readWithId(ref: FileRef, path: FieldPath, what: string): WithId | undefined {
    return this.#readAs(ref, path, (value) =>
      hasName(value, 'id')
        ? {ok: true, value: value as WithId}
        : {ok: false, fault: {message: idFault(value, what)}},
    );
  }

  #readAs<T>(
    {written, path: file}: FileRef,
    path: FieldPath,
    take: (value: unknown) => Checked<T>,
  ): T | undefined {
    const read = readTextFile(file);
    if (!read.ok) {
      this.problem(path, `${written}: ${read.message}`);
      return undefined;
    }
    const parsed = parseValue(read.text, file);
    const taken = parsed.ok ? take(parsed.value) : parsed;
    if (taken.ok) return taken.value;
    const {message, ...place} = taken.fault;
    this.problems.push({path: pathText(path), message: `${written}: ${message}`, file, ...place});
    return undefined;
  }
}

type Fault = Pick<ScenarioProblem, 'message' | 'line' | 'column'>;

type Checked<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly fault: Fault};

/** JSON, or YAML where the file's name says so. */
function parseValue(text: string, file: string): Checked<unknown> {
  if (/\.ya?ml$/.test(file)) {
    const {tree, problems} = parseYaml(text, file);
    const [{path: _path, file: _file, ...fault} = {path: '', message: 'empty'}] = problems;
    return tree === undefined ? {ok: false, fault} : {ok: true, value: plainValue(tree)};
  }
  const fault = jsonSyntaxProblem(text);
  return fault === undefined ? {ok: true, value: JSON.parse(text)} : {ok: false, fault};
}

type WithId = Readonly<Record<string, unknown>> & {readonly id: string};

function hasName(value: unknown, field: 'id' | 'name'): boolean {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return false;
  const name: unknown = Reflect.get(value, field);
  return typeof name === 'string' && name !== '';
}

function idFault(value: unknown, what: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected ${what}, found ${foundText(value)}`;
  }
  const id = 'id' in value ? value.id : undefined;
  return `expected ${what} with a text id, found ${foundText(id)}`;
}

/**
 * `FILE:LINE:COLUMN: path: message`, as far as each is known; `showFile` shortens the file's name.
 */
export function problemText(problem: ScenarioProblem, showFile: (file: string) => string): string {
  const {file, line, column, path, message} = problem;
  const place = file === undefined ? [] : [showFile(file), line, column];
  const parts = [place.filter((part) => part !== undefined).join(':'), path, message];
  return parts.filter((part) => part !== '').join(': ');
}
