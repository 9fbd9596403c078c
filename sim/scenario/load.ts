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
import {resolveScenario} from './resolve.ts';
import type {Resolving} from './resolving.ts';
import type {FileRef, MarathonApp, MarathonGroup, Scenario, ScenarioProblem} from './schema.ts';
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
  const parsed = scenarioFile.safeParse(value, {reportInput: true});
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, value);
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

  #readWithId(ref: FileRef, path: FieldPath, what: string): WithId | undefined {
    const {written, path: file} = ref;
    const read = readTextFile(file);
    if (!read.ok) {
      this.problem(path, `${written}: ${read.message}`);
      return undefined;
    }
    const parsed = parseValue(read.text, file);
    if (parsed.ok && hasId(parsed.value)) return parsed.value;
    const {message, ...place} = parsed.ok ? {message: idFault(parsed.value, what)} : parsed.fault;
    this.problems.push({path: pathText(path), message: `${written}: ${message}`, file, ...place});
    return undefined;
  }
}

type Fault = Pick<ScenarioProblem, 'message' | 'line' | 'column'>;

/** JSON, or YAML where the file's name says so. */
function parseValue(
  text: string,
  file: string,
): {readonly ok: true; readonly value: unknown} | {readonly ok: false; readonly fault: Fault} {
  if (/\.ya?ml$/.test(file)) {
    const {tree, problems} = parseYaml(text, file);
    const [{path: _path, file: _file, ...fault} = {path: '', message: 'empty'}] = problems;
    return tree === undefined ? {ok: false, fault} : {ok: true, value: plainValue(tree)};
  }
  const fault = jsonSyntaxProblem(text);
  return fault === undefined ? {ok: true, value: JSON.parse(text)} : {ok: false, fault};
}

type WithId = Readonly<Record<string, unknown>> & {readonly id: string};

function hasId(value: unknown): value is WithId {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    value.id !== ''
  );
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
