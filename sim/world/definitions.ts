/**
 * The definitions that each app had, told from what Marathon writes down, and numbered from 1. Size
 * is no part of them, and to go back to an earlier one makes no new one: what is rolled back
 * behaves as it did.
 */
import {isoInstant} from '../../engine/index.ts';
import type {Effect} from '../../engine/index.ts';

type Json = Readonly<Record<string, unknown>>;
type Put = Extract<Effect, {kind: 'persist'}>['puts'][number];

/** Below the id of the framework. */
const APP_RECORDS = /^[^/]+\/apps\//;

/** What of an app's record is looked at. */
interface AppRecord {
  readonly definition: Json & {readonly id: string};
  /** In ms. */
  readonly version: number;
}

export interface DefinitionsSnapshot {
  readonly known: readonly (readonly [app: string, definitions: readonly Json[]])[];
  readonly numbers: readonly (readonly [key: string, number: number])[];
  readonly current: readonly (readonly [app: string, number: number])[];
}

export class Definitions {
  readonly #isWatching: boolean;
  /** App → its definitions, of which the first has number 1. */
  readonly #known = new Map<string, Json[]>();
  /** `<app> <version>` → number. */
  readonly #numbers = new Map<string, number>();
  readonly #current = new Map<string, number>();

  /** `isWatching` false: nobody asks, and all are the first. */
  constructor(isWatching: boolean) {
    this.#isWatching = isWatching;
  }

  wrote(puts: readonly Put[]): void {
    if (!this.#isWatching) return;
    for (const {path, document} of puts) {
      if (APP_RECORDS.test(path)) this.#defined(document as AppRecord);
    }
  }

  #defined({definition: {instances: _size, ...definition}, version}: AppRecord): void {
    const app = definition.id;
    const known = this.#known.get(app) ?? [];
    this.#known.set(app, known);
    const place = known.findIndex((other) => includes(other, definition, 'exactly'));
    if (place < 0) known.push(definition);
    const number = place < 0 ? known.length : place + 1;
    this.#numbers.set(`${app} ${isoInstant(version)}`, number);
    this.#current.set(app, number);
  }

  /** The number of an app's version, by its text. */
  numberOf(app: string, version: string): number {
    return this.#numbers.get(`${app} ${version}`) ?? 1;
  }

  /** The number of the definition in force; 0 before there is one. */
  current(app: string): number {
    return this.#current.get(app) ?? 0;
  }

  /** Whether the definition has these fields; maps may have more entries than are asked for. */
  has(app: string, number: number, fields: Json): boolean {
    return includes(this.#known.get(app)?.[number - 1] ?? {}, fields, 'at least');
  }

  snapshot(): DefinitionsSnapshot {
    return {
      known: [...this.#known].map(([app, definitions]) => [app, [...definitions]]),
      numbers: [...this.#numbers],
      current: [...this.#current],
    };
  }

  restore({known, numbers, current}: DefinitionsSnapshot): void {
    for (const [app, definitions] of known) this.#known.set(app, [...definitions]);
    for (const [key, number] of numbers) this.#numbers.set(key, number);
    for (const [app, number] of current) this.#current.set(app, number);
  }
}

/** Whether `value` is `asked`, whatever the order of fields; `at least`: its maps may have more. */
function includes(value: unknown, asked: unknown, how: 'exactly' | 'at least'): boolean {
  if (!isObject(asked) || !isObject(value)) return value === asked;
  if (Array.isArray(asked) !== Array.isArray(value)) return false;
  const names = Object.keys(asked).filter((name) => asked[name] !== undefined);
  const isStrict = how === 'exactly' || Array.isArray(value);
  if (isStrict && Object.values(value).filter((entry) => entry !== undefined).length > names.length)
    return false;
  return names.every((name) => includes(value[name], asked[name], how));
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
