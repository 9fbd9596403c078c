/**
 * Reads a scenario file with its includes into one tree in which every value knows where it was
 * written. Lists of an included file come before those of the including one; of single values the
 * later wins.
 */
import {dirname, relative} from 'node:path';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import {foundText} from './fields.ts';
import {findFile, readTextFile} from './load-files.ts';
import {jsonSyntaxProblem} from './json-syntax.ts';
import {type FieldPath, pathText} from './problems.ts';
import type {ScenarioProblem} from './schema.ts';

export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Located =
  | {readonly kind: 'scalar'; readonly at: Place; readonly value: unknown}
  | {readonly kind: 'list'; readonly at: Place; readonly items: readonly Located[]}
  | {readonly kind: 'map'; readonly at: Place; readonly entries: ReadonlyMap<string, Entry>};

interface Entry {
  readonly nameAt: Place;
  readonly value: Located;
}

export interface SourceResult {
  /** `undefined` when there are problems. */
  readonly tree: Located | undefined;
  /** Every file that was read, absolute, in reading order. */
  readonly files: readonly string[];
  readonly problems: readonly ScenarioProblem[];
}

/** A scenario is small; more than this is an include or an alias gone wild. */
const FILES_MAX = 100;
const VALUES_MAX = 1_000_000;

interface Reading {
  readonly dataFolders: readonly string[];
  readonly files: string[];
  readonly problems: ScenarioProblem[];
}

export function readSource(file: string, dataFolders: readonly string[]): SourceResult {
  const reading: Reading = {dataFolders, files: [], problems: []};
  const tree = readWithIncludes(file, [], reading);
  const {files, problems} = reading;
  return {tree: problems.length === 0 ? tree : undefined, files, problems};
}

function readWithIncludes(
  file: string,
  above: readonly string[],
  reading: Reading,
): Located | undefined {
  if (reading.files.length >= FILES_MAX) {
    reading.problems.push({path: 'include', message: `more than ${FILES_MAX} files`, file});
    return undefined;
  }
  reading.files.push(file);
  const own = readTree(file, reading);
  if (own === undefined) return undefined;
  if (own.kind !== 'map') {
    const found = own.kind === 'list' ? 'a list' : foundText(own.value);
    const message = `expected a map of fields, found ${found}`;
    reading.problems.push({path: '', message, ...own.at});
    return undefined;
  }
  let merged: Located = {kind: 'map', at: own.at, entries: new Map()};
  for (const include of includesOf(own, reading)) {
    const included = readInclude(include, [...above, file], reading);
    if (included !== undefined) merged = merge(merged, included);
  }
  return merge(merged, {
    ...own,
    entries: new Map([...own.entries].filter(([name]) => name !== 'include')),
  });
}

interface Include {
  readonly written: string;
  readonly path: FieldPath;
  readonly at: Place;
}

function includesOf(tree: Located, reading: Reading): Include[] {
  const include = tree.kind === 'map' ? tree.entries.get('include')?.value : undefined;
  if (include === undefined) return [];
  if (include.kind !== 'list') {
    const found = include.kind === 'map' ? 'a map' : foundText(include.value);
    reading.problems.push({
      path: 'include',
      message: `expected a list, found ${found}`,
      ...include.at,
    });
    return [];
  }
  return include.items.flatMap((item, index) => {
    const path = ['include', index];
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') {
      return [{written: item.value, path, at: item.at}];
    }
    const found = item.kind === 'scalar' ? foundText(item.value) : `a ${item.kind}`;
    const message = `expected the name of a file, found ${found}`;
    reading.problems.push({path: pathText(path), message, ...item.at});
    return [];
  });
}

function readInclude(
  include: Include,
  above: readonly string[],
  reading: Reading,
): Located | undefined {
  const found = findFile(include.written, dirname(include.at.file), reading.dataFolders);
  const problem = (message: string): undefined => {
    reading.problems.push({path: pathText(include.path), message, ...include.at});
    return undefined;
  };
  if (!found.ok) return problem(found.message);
  const start = above.indexOf(found.path);
  if (start === -1) return readWithIncludes(found.path, above, reading);
  const cycle = [...above.slice(start), found.path];
  const top = dirname(above[0] ?? found.path);
  const names = cycle.map((file) => relative(top, file));
  return problem(`cyclic include: ${names.join(' → ')}`);
}

/** Maps merge by name, lists are put together, of anything else the later one stays. */
function merge(earlier: Located, later: Located): Located {
  if (earlier.kind === 'list' && later.kind === 'list') {
    return {...later, items: [...earlier.items, ...later.items]};
  }
  if (earlier.kind !== 'map' || later.kind !== 'map') return later;
  const entries = new Map(earlier.entries);
  for (const [name, entry] of later.entries) {
    const before = entries.get(name);
    entries.set(
      name,
      before === undefined ? entry : {...entry, value: merge(before.value, entry.value)},
    );
  }
  return {...later, entries};
}

/** One file as a tree; problems of syntax go to the reading. */
function readTree(file: string, reading: Reading): Located | undefined {
  const text = readText(file, reading);
  if (text === undefined) return undefined;
  if (file.endsWith('.json')) {
    const fault = jsonSyntaxProblem(text);
    if (fault !== undefined) {
      reading.problems.push({path: '', file, ...fault});
      return undefined;
    }
  }
  return parseTreeSafely(text, file, reading.problems);
}

/** The same for the text of one file, without includes. */
export function parseYaml(text: string, file: string): Omit<SourceResult, 'files'> {
  const problems: ScenarioProblem[] = [];
  const tree = parseTreeSafely(text, file, problems);
  return {tree: problems.length === 0 ? tree : undefined, problems};
}

function parseTreeSafely(
  text: string,
  file: string,
  problems: ScenarioProblem[],
): Located | undefined {
  try {
    return parseTree(text, file, problems);
  } catch (error) {
    // The parser and the walk recurse; a text of nothing but brackets exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    problems.push({path: '', message: 'nested too deeply', file});
    return undefined;
  }
}

function parseTree(text: string, file: string, problems: ScenarioProblem[]): Located | undefined {
  const lines = new LineCounter();
  // YAML 1.2's core schema has no dates and no "yes"; duplicate names are errors.
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false});
  // The first error is enough: the others mostly follow from it.
  const [error] = document.errors;
  // The parser turns its own exhausted stack into an error of the text.
  if (error?.message.includes('call stack') === true) throw new RangeError(error.message);
  if (error !== undefined) {
    const {line, col} = lines.linePos(error.pos[0]);
    problems.push({path: '', message: `not YAML: ${error.message}`, file, line, column: col});
    return undefined;
  }
  return new TreeMaker(file, lines, document, problems).make();
}

function readText(file: string, reading: Reading): string | undefined {
  const read = readTextFile(file);
  if (read.ok) return read.text;
  reading.problems.push({path: '', message: read.message, file});
  return undefined;
}

/** Walks a YAML document; counts values, because nested aliases can stand for billions. */
class TreeMaker {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #document: Document;
  readonly #problems: ScenarioProblem[];
  #values = 0;

  constructor(file: string, lines: LineCounter, document: Document, problems: ScenarioProblem[]) {
    this.#file = file;
    this.#lines = lines;
    this.#document = document;
    this.#problems = problems;
  }

  make(): Located | undefined {
    const tree = this.#locate(this.#document.contents, []);
    if (this.#values <= VALUES_MAX) return tree;
    const message = `more than ${VALUES_MAX} values (aliases count each time)`;
    this.#problems.push({path: '', message, file: this.#file});
    return undefined;
  }

  /** `open` holds the collections around the node: an alias of one of them would never end. */
  #locate(node: unknown, open: readonly unknown[]): Located {
    this.#values += 1;
    const at = this.#placeOf(node);
    if (this.#values > VALUES_MAX) return {kind: 'scalar', at, value: null};
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target !== undefined && !open.includes(target)) return this.#locate(target, open);
      const message = `alias "*${node.source}" stands for nothing that is complete before it`;
      this.#problems.push({path: '', message, ...at});
      return {kind: 'scalar', at, value: null};
    }
    if (!isCollection(node)) return {kind: 'scalar', at, value: isScalar(node) ? node.value : null};
    const inside = [...open, node];
    if (isSeq(node)) {
      return {kind: 'list', at, items: node.items.map((item) => this.#locate(item, inside))};
    }
    const entries = new Map<string, Entry>();
    for (const pair of isMap(node) ? node.items : []) {
      if (!isPair(pair)) continue;
      const name = isScalar(pair.key) ? String(pair.key.value) : '?';
      const nameAt = this.#placeOf(pair.key);
      const value: Located =
        pair.value === null
          ? {kind: 'scalar', at: nameAt, value: null}
          : this.#locate(pair.value, inside);
      entries.set(name, {nameAt, value});
    }
    return {kind: 'map', at, entries};
  }

  #placeOf(node: unknown): Place {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    const {line, col} = this.#lines.linePos(offset);
    return {file: this.#file, line, column: col};
  }
}

/** The tree as plain data. `__proto__` becomes a field like any other, which no schema knows. */
export function plainValue(tree: Located): unknown {
  switch (tree.kind) {
    case 'scalar':
      return tree.value;
    case 'list':
      return tree.items.map(plainValue);
    case 'map': {
      const value: Record<string, unknown> = {};
      for (const [name, entry] of tree.entries) {
        Object.defineProperty(value, name, {
          value: plainValue(entry.value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return value;
    }
    default:
      return tree satisfies never;
  }
}

/**
 * Where a field stands, or the innermost thing around it that does; `ofName`: its name, not its
 * value.
 */
export function placeAt(tree: Located, path: FieldPath, ofName: boolean): Place {
  let [current, place] = [tree, tree.at];
  for (const [depth, part] of path.entries()) {
    if (current.kind === 'map') {
      const entry = current.entries.get(String(part));
      if (entry === undefined) return place;
      current = entry.value;
      place = ofName && depth === path.length - 1 ? entry.nameAt : current.at;
    } else if (current.kind === 'list') {
      const item = current.items[Number(part)];
      if (item === undefined) return place;
      [current, place] = [item, item.at];
    } else return place;
  }
  return place;
}
