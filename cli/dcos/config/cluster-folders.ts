/**
 * The clusters that are set up: one folder each below `~/.dcos/clusters`, named by the id of the
 * cluster, with its `dcos.toml`; the attached one has an empty file `attached` beside it.
 */
import {existsSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {makeFolder} from '../../../server/make-folder.ts';
import {codeOf, Failure} from '../failure.ts';
import {readConfigFile, writeConfigFile, writePrivately} from './config-file.ts';
import {URL_KEY} from './keys.ts';
import type {TomlDocument, TomlValue} from './toml.ts';

export interface ClusterEntry {
  readonly id: string;
  readonly name: string;
  /** Undefined: its file cannot be read, or does not say. */
  readonly url: string | undefined;
  readonly isAttached: boolean;
  /** Its `dcos.toml`. */
  readonly path: string;
}

export interface NewCluster {
  readonly id: string;
  readonly values: TomlDocument;
  /** Certificates to trust, in PEM. */
  readonly authority?: string | undefined;
}

const MARK = 'attached';

export class ClusterFolders {
  readonly #folder: string;

  /** @param dcosFolder usually `~/.dcos`; it need not be there. */
  constructor(dcosFolder: string) {
    this.#folder = join(dcosFolder, 'clusters');
  }

  /** By id. One whose file is broken is listed, too: it can be removed. */
  list(): readonly ClusterEntry[] {
    return this.#ids().map((id) => this.#entry(id));
  }

  #ids(): readonly string[] {
    try {
      return readdirSync(this.#folder, {withFileTypes: true})
        .filter((entry) => entry.isDirectory() && existsSync(this.#path(entry.name)))
        .map(({name}) => name)
        .sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #path(id: string): string {
    return join(this.#folder, id, 'dcos.toml');
  }

  #entry(id: string): ClusterEntry {
    const path = this.#path(id);
    const values = readLeniently(path);
    return {
      id,
      name: textOf(values.get('cluster.name')) ?? id,
      url: textOf(values.get(URL_KEY)),
      isAttached: existsSync(join(dirname(path), MARK)),
      path,
    };
  }

  /**
   * The one that is attached, or the only one; undefined: there is none at all.
   *
   * @throws Failure there are several, and it is not clear which is meant.
   */
  attached(): ClusterEntry | undefined {
    const all = this.list();
    if (all.length < 2) return all[0];
    const attached = all.filter(({isAttached}) => isAttached);
    if (attached.length > 1) throw new Failure('multiple clusters are attached', {hints: HINTS});
    if (attached.length === 0) throw new Failure('no cluster is attached', {hints: HINTS});
    return attached[0];
  }

  /**
   * By name or id; with `mayShorten` also by the beginning of the id.
   *
   * @throws Failure
   */
  find(name: string, mayShorten: boolean): ClusterEntry {
    const all = this.list();
    const exact = all.find(({id}) => id === name);
    if (exact !== undefined) return exact;
    const matches = all.filter(
      (entry) => entry.name === name || (mayShorten && name !== '' && entry.id.startsWith(name)),
    );
    const [match] = matches;
    if (match === undefined) {
      throw new Failure(`no match found for cluster '${name}'`, {
        hints: ['See `dcos cluster list`.'],
      });
    }
    if (matches.length > 1) {
      const ids = matches.map(({id}) => id).join(', ');
      throw new Failure(`multiple matches found for cluster '${name}'`, {
        hints: [`Use one of the ids: ${ids}`],
      });
    }
    return match;
  }

  save({id, values, authority}: NewCluster): ClusterEntry {
    checkId(id);
    const path = this.#path(id);
    const known = new Map(values);
    if (authority !== undefined) {
      const file = join(dirname(path), 'dcos_ca.crt');
      writePrivately(file, authority);
      known.set('core.ssl_verify', file);
    }
    writeConfigFile(path, known);
    return this.#entry(id);
  }

  attach({id}: ClusterEntry): void {
    for (const other of this.#ids()) {
      if (other !== id) rmSync(join(this.#folder, other, MARK), {force: true});
    }
    const folder = join(this.#folder, id);
    makeFolder(folder);
    writeFileSync(join(folder, MARK), '', {mode: 0o600});
  }

  remove({id}: ClusterEntry): void {
    rmSync(join(this.#folder, id), {recursive: true, force: true});
  }
}

const HINTS = ['Attach one: dcos cluster attach NAME (see `dcos cluster list`).'];

/** The id comes from the cluster and becomes the name of a folder. */
function checkId(id: string): void {
  if (/^[\w-][\w.-]*$/.test(id)) return;
  throw new Failure(`the cluster says that its id is ${JSON.stringify(id)}, which cannot be right`);
}

function readLeniently(path: string): TomlDocument {
  try {
    return readConfigFile(path) ?? new Map<string, TomlValue>();
  } catch (error) {
    if (error instanceof Failure) return new Map<string, TomlValue>();
    throw error;
  }
}

function textOf(value: TomlValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
