/** What can be configured: names, meanings, and what values they take. */
import {accessSync, constants} from 'node:fs';
import {resolve} from 'node:path';
import {Failure} from '../failure.ts';
import type {TomlValue} from './toml.ts';

type KeyKind = 'boolean' | 'seconds' | 'text' | 'url' | 'verify';

export interface ConfigKey {
  readonly name: string;
  readonly kind: KeyKind;
  readonly description: string;
  /** Of what has no effect here, why. */
  readonly unused?: string;
}

export const CONFIG_KEYS: readonly ConfigKey[] = [
  {name: 'cluster.name', kind: 'text', description: 'the name of the cluster, for people'},
  {
    name: 'core.dcos_acs_token',
    kind: 'text',
    description: 'the token that requests are authorized by; shown as ******** in lists',
  },
  {name: 'core.dcos_url', kind: 'url', description: 'where the cluster is'},
  {
    name: 'core.mesos_master_url',
    kind: 'url',
    description: "the Mesos master (default: below 'core.dcos_url')",
  },
  {
    name: 'core.pagination',
    kind: 'boolean',
    description: 'whether long output goes through a pager',
    unused: 'output is never paged',
  },
  {
    name: 'core.prompt_login',
    kind: 'boolean',
    description: 'whether to ask before a login',
    unused: 'no command logs in by itself',
  },
  {
    name: 'core.reporting',
    kind: 'boolean',
    description: 'whether usage is reported to the maker',
    unused: 'nothing is ever reported',
  },
  {
    name: 'core.ssh_proxy_ip',
    kind: 'text',
    description: 'a host to go through with ssh',
    unused: 'there is no `dcos node ssh`',
  },
  {
    name: 'core.ssh_user',
    kind: 'text',
    description: 'the user for ssh',
    unused: 'there is no `dcos node ssh`',
  },
  {
    name: 'core.ssl_verify',
    kind: 'verify',
    description: 'true, false, or a file with the certificates to trust (default: true)',
  },
  {
    name: 'core.timeout',
    kind: 'seconds',
    description: 'seconds that a request may take, at least 1 (default: 180)',
  },
  {
    name: 'job.service_name',
    kind: 'text',
    description: 'the service that runs jobs (default: metronome)',
  },
  {
    name: 'job.url',
    kind: 'url',
    description: "the API of the service that runs jobs (default: below 'core.dcos_url')",
  },
  {
    name: 'marathon.url',
    kind: 'url',
    description: "the Marathon to use (default: below 'core.dcos_url')",
  },
  {
    name: 'package.cosmos_url',
    kind: 'url',
    description: 'the package service',
    unused: 'there is no `dcos package` yet',
  },
];

export const TOKEN_KEY = 'core.dcos_acs_token';
export const URL_KEY = 'core.dcos_url';

/** As DC/OS 1.7 had them and left them behind. */
const RETIRED: ReadonlyMap<string, string> = new Map([
  ['core.email', 'reports name nobody any more'],
  ['package.sources', 'repositories are the business of the cluster'],
]);

/** @throws Failure that says which names there are. */
export function findKey(name: string): ConfigKey {
  const known = CONFIG_KEYS.find((key) => key.name === name);
  if (known !== undefined) return known;
  const retired = RETIRED.get(name);
  if (retired !== undefined) {
    throw new Failure(`The property '${name}' has been deprecated: ${retired}`);
  }
  const [section = '', ...rest] = name.split('.');
  const siblings = CONFIG_KEYS.filter((key) => key.name.startsWith(`${section}.`));
  if (siblings.length === 0) throw new Failure(`'${section}' is not a dcos command.`);
  const names = siblings.map((key) => key.name);
  if (rest.length === 0) {
    throw new Failure(
      `Property '${name}' doesn't fully specify a value - possible properties are:`,
      {hints: names},
    );
  }
  throw new Failure(`unknown key "${name}"`, {hints: [`Possible are: ${names.join(', ')}`]});
}

/** The environment variable that goes before what a file says of a key. */
export function envNameOf(key: string): string {
  const [section = '', name = ''] = key.split('.');
  const plain = section === 'core' ? name.replace(/^dcos_/, '') : `${section}_${name}`;
  return `DCOS_${plain.toUpperCase()}`;
}

/**
 * The value that a text means for a key.
 *
 * @throws Failure
 */
export function readValue({name, kind}: ConfigKey, text: string, folder: string): TomlValue {
  switch (kind) {
    case 'text':
      return text;
    case 'url':
      return readUrl(text);
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      throw new Failure(`${name}: expected true or false, found '${text}'`);
    case 'seconds':
      return readSeconds(name, text);
    case 'verify':
      return readVerify(name, text, folder);
  }
}

export function readUrl(text: string): string {
  if (!/^https?:\/\//i.test(text)) {
    throw new Failure(`Please check url '${text}'. Missing http(s)://`);
  }
  if (!URL.canParse(text)) throw new Failure(`Unable to parse '${text}' as a url`);
  return text.replace(/\/+$/, '');
}

const SECONDS_MIN = 1;
/** What a timer can hold. */
const SECONDS_MAX = 2_147_483;

function readSeconds(name: string, text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < SECONDS_MIN || seconds > SECONDS_MAX) {
    throw new Failure(
      `${name}: expected a whole number of seconds from ${SECONDS_MIN} to ${SECONDS_MAX}, ` +
        `found '${text}'`,
    );
  }
  return seconds;
}

/** Files are kept by their full path: the next command may run elsewhere. */
function readVerify(name: string, text: string, folder: string): string {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase();
  const path = resolve(folder, text);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new Failure(`${name}: expected true, false or a file that can be read, found '${text}'`, {
      cause: error,
    });
  }
  return path;
}
