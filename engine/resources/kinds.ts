/** The kinds of scalars that there are, and the ways from the edge form to resources and back. */
import type {Amounts} from './amounts.ts';
import {assemble} from './entries.ts';
import {makeRanges, pairsOf} from './ranges.ts';
import {addResources, type Resources, type ScalarKind} from './vector.ts';
import {entryOfWire, wiresOfEntry} from './wire-form.ts';

const NONE: readonly never[] = [];

/** The names of scalar kinds and their indices; `cpus mem disk gpus` are always 0 to 3. */
export class ScalarKinds {
  readonly #names: string[] = [];
  readonly #indices = new Map<string, ScalarKind>();
  readonly #compiled = new WeakMap<Amounts, Resources>();
  /** Equal scalars give the same object, so that sizes of tasks can be told apart by identity. */
  readonly #interned = new Map<string, Resources>();
  readonly #described = new WeakMap<Resources, Amounts>();

  constructor(names: readonly string[] = ['cpus', 'mem', 'disk', 'gpus']) {
    for (const name of names) this.indexOf(name);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get count(): number {
    return this.#names.length;
  }

  /** The index of a name, which becomes known by this. */
  indexOf(name: string): ScalarKind {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const index = this.#names.length;
    this.#names.push(name);
    this.#indices.set(name, index);
    return index;
  }

  /**
   * From the edge form. The same object compiles once, and equal amounts without ranges and sets
   * give the same resources, also after a snapshot has been through JSON.
   */
  compile(amounts: Amounts): Resources {
    const known = this.#compiled.get(amounts);
    if (known !== undefined) return known;
    const resources = this.#intern(this.#compile(amounts));
    this.#compiled.set(amounts, resources);
    return resources;
  }

  #compile(amounts: Amounts): Resources {
    const scalars: number[] = [];
    for (const [name, fixed] of Object.entries(amounts.scalars)) {
      const kind = this.indexOf(name);
      while (scalars.length <= kind) scalars.push(0);
      scalars[kind] = fixed;
    }
    const plain: Resources = {
      scalars,
      ranges: byName(amounts.ranges)
        .map(([name, pairs]) => ({name, ranges: makeRanges(pairs)}))
        .filter(({ranges}) => ranges.length > 0),
      sets: byName(amounts.sets)
        .map(([name, items]) => ({name, items: [...new Set(items)].sort()}))
        .filter(({items}) => items.length > 0),
      special: NONE,
    };
    const {special = NONE} = amounts;
    if (special.length === 0) return plain;
    const entries = special.map((wire) => entryOfWire(wire, this.indexOf(wire.name)));
    return addResources(plain, assemble(entries));
  }

  #intern(resources: Resources): Resources {
    // Ports differ from task to task: keeping those would be a leak.
    const {ranges, sets, special} = resources;
    if (ranges.length > 0 || sets.length > 0 || special.length > 0) return resources;
    const key = resources.scalars.join();
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    this.#interned.set(key, resources);
    return resources;
  }

  /** Thousandths by kind of amounts by name; `otherwise` where a name is missing. */
  columnOf(amounts: Readonly<Record<string, number>>, otherwise: number): readonly number[] {
    const column = new Array<number>(this.count).fill(otherwise);
    for (const [name, fixed] of byName(amounts)) {
      const kind = this.indexOf(name);
      while (column.length <= kind) column.push(otherwise);
      column[kind] = fixed;
    }
    return column;
  }

  /** Amounts by name of thousandths by kind; nothing where there is nothing. */
  named(column: readonly number[]): Readonly<Record<string, number>> {
    const entries = column.map((fixed, kind) => [this.#names[kind] as string, fixed] as const);
    return Object.fromEntries(entries.filter(([, fixed]) => fixed > 0));
  }

  /** To the edge form. The same object is described once. */
  describe(resources: Resources): Amounts {
    const known = this.#described.get(resources);
    if (known !== undefined) return known;
    const scalars: Record<string, number> = {};
    resources.scalars.forEach((fixed, kind) => {
      if (fixed !== 0) scalars[this.#names[kind] as string] = fixed;
    });
    const ranges = resources.ranges.map(({name, ranges: spans}) => [name, pairsOf(spans)]);
    const sets = resources.sets.map(({name, items}) => [name, items]);
    const special = resources.special.flatMap(wiresOfEntry);
    const amounts: Amounts = {
      scalars,
      ...(ranges.length > 0 ? {ranges: Object.fromEntries(ranges)} : {}),
      ...(sets.length > 0 ? {sets: Object.fromEntries(sets)} : {}),
      ...(special.length > 0 ? {special} : {}),
    };
    this.#described.set(resources, amounts);
    return amounts;
  }
}

function byName<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  if (record === undefined) return [];
  return Object.entries(record).sort((left, right) => (left[0] < right[0] ? -1 : 1));
}
