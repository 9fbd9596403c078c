/**
 * Settings of a process: read from flags, from the environment (`DRYDOCK_…`), from a file, in this
 * order, with one table for all three. A wrong value is told by where it was written.
 */
import {DURATION, durationText, type Kind} from './kinds.ts';

export interface Setting<T, D extends T | undefined = T | undefined> {
  readonly kind: Kind<T>;
  /** Undefined: without a value where nobody gives one. */
  readonly byDefault: D;
  /** One sentence. */
  readonly help: string;
  /** Shown instead of the default, where that depends. */
  readonly defaultShown?: string | undefined;
}

/** A row of a table. */
export function setting<T, D extends T | undefined>(
  kind: Kind<T>,
  byDefault: D,
  help: string,
  defaultShown?: string,
): Setting<T, D> {
  return {kind, byDefault, help, defaultShown};
}

/** The default as people write it; empty: there is none. */
export function defaultText({kind, byDefault, defaultShown}: Setting<unknown, unknown>): string {
  if (defaultShown !== undefined) return defaultShown;
  if (byDefault === undefined) return '';
  return kind === DURATION ? durationText(byDefault as number, 'people') : textOf(byDefault);
}

/** Settings by the names of their flags, without the dashes: `zk-session-timeout`. */
// What a table holds is of many types; each is read by its own kind.
// oxlint-disable-next-line typescript/no-explicit-any
export type SettingTable = Readonly<Record<string, Setting<any, any>>>;

export type SettingValues<S extends SettingTable> = {
  readonly [name in keyof S]: S[name] extends Setting<infer T, infer D>
    ? undefined extends D
      ? T | undefined
      : T
    : never;
};

/** A value that was given, and where: `--listen`, `DRYDOCK_LISTEN`, `listen in drydock.yaml`. */
export interface GivenValue {
  readonly place: string;
  readonly text: string;
}

/** In the order in which they are asked. */
export interface SettingSources {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: {readonly path: string; readonly values: Readonly<Record<string, unknown>>};
}

export type ReadSettings<S extends SettingTable> =
  | {readonly ok: true; readonly values: SettingValues<S>}
  | {readonly ok: false; readonly problems: readonly string[]};

/** All problems at once, none of them in silence: a name that nobody knows is one, too. */
export function readSettings<S extends SettingTable>(
  table: S,
  sources: SettingSources,
): ReadSettings<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, {kind, byDefault}] of Object.entries(table)) {
    const given = givenValue(name, sources);
    if (given === undefined) {
      values[name] = byDefault;
      continue;
    }
    const value: unknown = kind.parse(given.text);
    if (value === undefined) {
      problems.push(`${given.place}: expected ${kind.expected}, not '${given.text}'`);
    }
    values[name] = value;
  }
  const {file} = sources;
  for (const name of Object.keys(file?.values ?? {})) {
    if (!Object.hasOwn(table, name)) problems.push(`${name} in ${file?.path}: no such setting`);
  }
  if (problems.length > 0) return {ok: false, problems};
  return {ok: true, values: values as SettingValues<S>};
}

function givenValue(name: string, {flags, env, file}: SettingSources): GivenValue | undefined {
  const flag = flags[name];
  if (flag !== undefined) return {place: `--${name}`, text: flag};
  const variable = envName(name);
  const set = env[variable];
  if (set !== undefined && set !== '') return {place: variable, text: set};
  const written = file?.values[name];
  if (written === undefined || written === null) return undefined;
  return {place: `${name} in ${file?.path}`, text: textOf(written)};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `zk-session-timeout` is `DRYDOCK_ZK_SESSION_TIMEOUT`. */
export function envName(name: string): string {
  return `DRYDOCK_${name.toUpperCase().replaceAll('-', '_')}`;
}
