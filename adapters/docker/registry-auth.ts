/**
 * Who a registry is told to be asked by: the entries `auths` of Docker's own configuration files.
 * They are read for every pull, so that a new password needs no restart.
 */
import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** As the engine's API takes it. */
export interface RegistryAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identitytoken?: string | undefined;
  readonly serveraddress: string;
}

const DOCKER_HUB = 'docker.io';
/** By these, too, Docker Hub is called in such files. */
const HUB_ALIASES = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/** The registry that an image comes from: `registry:5000/team/app:1` → `registry:5000`. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  return rest.length > 0 && isHost ? first : DOCKER_HUB;
}

/**
 * Where credentials are looked for, the first that has some for the registry wins: what was
 * fetched into the sandbox (as with Mesos, that is how an app brings its own), the file of the
 * agent, the home folder of its user.
 */
export function authFilesOf(sandbox: string, agentFile: string | undefined): readonly string[] {
  const config = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  return [
    join(sandbox, '.docker', 'config.json'),
    join(sandbox, '.dockercfg'),
    ...(agentFile === undefined ? [] : [agentFile]),
    join(config, 'config.json'),
  ];
}

/**
 * @returns undefined: none of the files knows the registry; it is asked as nobody.
 * @throws if a file is there, but cannot be understood.
 */
export async function findRegistryAuth(
  image: string,
  files: readonly string[],
): Promise<RegistryAuth | undefined> {
  const registry = registryOf(image);
  for (const file of files) {
    const auth = findIn(await readEntries(file), registry);
    if (auth !== undefined) return auth;
  }
  return undefined;
}

type Entries = Readonly<Record<string, unknown>>;

async function readEntries(file: string): Promise<Entries> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new Error(`the registry credentials in ${file} cannot be read (${code})`, {cause});
  }
  const config = parseConfig(text, file);
  // The old form, .dockercfg, has the entries at its top.
  if (config['auths'] === undefined) return file.endsWith('.dockercfg') ? config : {};
  return asRecord(config['auths'], `"auths" of ${file}`);
}

function parseConfig(text: string, file: string): Entries {
  try {
    return asRecord(JSON.parse(text), file);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Error(`${file}, with the registry credentials, is no JSON`, {cause});
  }
}

function asRecord(value: unknown, where: string): Entries {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return {...value};
  throw new Error(`${where}: expected an object with registry credentials`);
}

function findIn(entries: Entries, registry: string): RegistryAuth | undefined {
  for (const [key, value] of Object.entries(entries)) {
    if (hostOf(key) !== registry) continue;
    const auth = readAuth(value, key);
    if (auth !== undefined) return auth;
  }
  return undefined;
}

/** `https://index.docker.io/v1/` → `docker.io`. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return HUB_ALIASES.has(host) ? DOCKER_HUB : host;
}

function readAuth(value: unknown, serveraddress: string): RegistryAuth | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {auth, username, password, identitytoken} = value as Readonly<Record<string, unknown>>;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return {identitytoken, serveraddress};
  }
  if (typeof auth === 'string' && auth !== '') {
    const [name = '', ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':');
    return {username: name, password: rest.join(':'), serveraddress};
  }
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return {username, password, serveraddress};
}
