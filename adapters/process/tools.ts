/** Programs of the system that run and watch over tasks: all of them come with any Linux. */
import {accessSync, constants} from 'node:fs';
import {delimiter, join} from 'node:path';

export interface Tools {
  readonly env: string;
  readonly flock: string;
  readonly mkfifo: string;
  readonly setsid: string;
  /** To run tasks as other users; undefined: cannot be done. */
  readonly setpriv: string | undefined;
  /** To give commands a terminal; undefined: cannot be done. */
  readonly script: string | undefined;
  readonly stty: string | undefined;
}

/** What tasks have as `PATH` that do not say so themselves; Mesos's too. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws if a program is missing without which no task can be run. */
export function findTools(): Tools {
  if (process.platform !== 'linux') {
    throw new Error(`plain processes can be run on Linux only, this is ${process.platform}`);
  }
  const folders = [...DEFAULT_PATH.split(':'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const find = (name: string): string | undefined =>
    folders
      .filter((folder) => folder.startsWith('/'))
      .map((folder) => join(folder, name))
      .find(isProgram);
  const need = (name: string, from: string): string => {
    const found = find(name);
    if (found !== undefined) return found;
    throw new Error(`plain processes cannot be run: '${name}' (${from}) is not installed`);
  };
  return {
    env: need('env', 'coreutils'),
    flock: need('flock', 'util-linux'),
    mkfifo: need('mkfifo', 'coreutils'),
    setsid: need('setsid', 'util-linux'),
    setpriv: find('setpriv'),
    script: find('script'),
    stty: find('stty'),
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Whatever the reason, it cannot be used.
    return false;
  }
}
