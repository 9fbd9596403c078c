/**
 * What holds for one run: the file of the cluster that is meant, and the environment over it. The
 * order is that of DC/OS: DCOS_CONFIG, DCOS_CLUSTER, the attached cluster, the only cluster. Where
 * none was ever set up, `~/.dcos/dcos.toml` counts, and without it the cluster that `drydock up`
 * starts on this machine.
 */
import {join, resolve} from 'node:path';
import {Failure} from '../failure.ts';
import type {World} from '../world.ts';
import {ClusterFolders, type ClusterEntry} from './cluster-folders.ts';
import {isOpenToOthers, readConfigFile, writeConfigFile} from './config-file.ts';
import {
  envNameOf,
  findKey,
  readUrl,
  readValue,
  TOKEN_KEY,
  URL_KEY,
  type ConfigKey,
} from './keys.ts';
import type {TomlDocument, TomlValue} from './toml.ts';

/** Where `drydock up` listens if it is not told otherwise. */
export const LOCAL_URL = 'http://127.0.0.1:5050';

export const TIMEOUT_DEFAULT_SECONDS = 180;

export type ValueSource = 'file' | 'environment';

export class Settings {
  /** Undefined: no cluster is set up. */
  readonly cluster: ClusterEntry | undefined;
  readonly path: string;
  readonly #world: World;
  #values: Map<string, TomlValue>;

  constructor(world: World) {
    this.#world = world;
    const {cluster, path} = locate(world);
    this.cluster = cluster;
    this.path = path;
    this.#values = new Map(readConfigFile(path) ?? []);
  }

  /** What the file says, without the environment. */
  get written(): TomlDocument {
    return this.#values;
  }

  /** Whether the file keeps a token that others on this machine can read. */
  get isTokenExposed(): boolean {
    return this.#values.has(TOKEN_KEY) && isOpenToOthers(this.path);
  }

  /** The environment goes before the file. */
  get(key: string): TomlValue | undefined {
    return this.#fromEnv(findKey(key)) ?? this.#values.get(key);
  }

  source(key: string): ValueSource | undefined {
    if (this.#fromEnv(findKey(key)) !== undefined) return 'environment';
    return this.#values.has(key) ? 'file' : undefined;
  }

  #fromEnv(key: ConfigKey): TomlValue | undefined {
    const name = envNameOf(key.name);
    const text = this.#world.env[name];
    if (text === undefined || text === '') return undefined;
    try {
      return readValue(key, text, this.#world.folder);
    } catch (error) {
      if (error instanceof Failure) throw new Failure(`${name}: ${error.message}`, {cause: error});
      throw error;
    }
  }

  set(key: string, value: TomlValue): void {
    // The token is that of the cluster which was there before.
    if (key === URL_KEY && this.#values.get(key) !== value) this.#values.delete(TOKEN_KEY);
    this.#values.set(key, value);
    writeConfigFile(this.path, this.#values);
  }

  unset(key: string): void {
    if (key === URL_KEY) this.#values.delete(TOKEN_KEY);
    this.#values.delete(key);
    writeConfigFile(this.path, this.#values);
  }

  /** Where the cluster is. */
  get url(): string {
    return this.#url(URL_KEY) ?? LOCAL_URL;
  }

  /** Nobody has said where the cluster is. */
  get isUrlGuessed(): boolean {
    return this.#url(URL_KEY) === undefined;
  }

  get marathonUrl(): string {
    return this.#url('marathon.url') ?? `${this.url}/service/marathon`;
  }

  get jobUrl(): string {
    const name = this.get('job.service_name');
    return this.#url('job.url') ?? `${this.url}/service/${name ?? 'metronome'}`;
  }

  get mesosUrl(): string {
    return this.#url('core.mesos_master_url') ?? `${this.url}/mesos`;
  }

  #url(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined || value === '' ? undefined : readUrl(`${value}`);
  }

  /**
   * The token that may be shown at `origin`. One from the file is for the cluster of that file
   * alone: never for a host that the environment names.
   */
  tokenFor(origin: string): string | undefined {
    const token = this.get(TOKEN_KEY);
    if (token === undefined || token === '' || originOf(this.url) !== origin) return undefined;
    const written = this.#values.get(URL_KEY);
    const isFromEnv = this.source(TOKEN_KEY) === 'environment';
    if (!isFromEnv && (written === undefined || originOf(`${written}`) !== origin))
      return undefined;
    return `${token}`;
  }

  get timeoutMs(): number {
    const seconds = this.get('core.timeout');
    return 1000 * (seconds === undefined ? TIMEOUT_DEFAULT_SECONDS : this.#seconds(seconds));
  }

  #seconds(value: TomlValue): number {
    return Number(readValue(findKey('core.timeout'), `${value}`, this.#world.folder));
  }

  /** `true`, `false`, or the path of a file with certificates. */
  get verify(): boolean | string {
    const value = this.get('core.ssl_verify') ?? true;
    if (value === true || value === false) return value;
    const text = `${value}`;
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
    return text;
  }
}

/** `~/.dcos`, or what DCOS_DIR says. */
export function dcosFolder({env, home, folder}: World): string {
  const named = env['DCOS_DIR'];
  return named === undefined || named === '' ? join(home, '.dcos') : resolve(folder, named);
}

function locate(world: World): {
  readonly cluster: ClusterEntry | undefined;
  readonly path: string;
} {
  const {env, folder} = world;
  const file = env['DCOS_CONFIG'];
  if (file !== undefined && file !== '') return {cluster: undefined, path: resolve(folder, file)};
  const root = dcosFolder(world);
  const folders = new ClusterFolders(root);
  const name = env['DCOS_CLUSTER'];
  const hasUrl = (env['DCOS_URL'] ?? '') !== '';
  const cluster =
    name !== undefined && name !== ''
      ? folders.find(name, false)
      : // Who says where the cluster is need not have attached one.
        attachedOr(folders, hasUrl);
  return {cluster, path: cluster?.path ?? join(root, 'dcos.toml')};
}

function attachedOr(folders: ClusterFolders, mayBeUnclear: boolean): ClusterEntry | undefined {
  try {
    return folders.attached();
  } catch (error) {
    if (mayBeUnclear && error instanceof Failure) return undefined;
    throw error;
  }
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
