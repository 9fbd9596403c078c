/** One `dcos.toml`: read, changed, written so that nobody else can read it. */
import {chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {makeFolder} from '../../../server/make-folder.ts';
import {codeOf, Failure, messageOf} from '../failure.ts';
import {parseToml, printToml, TomlError, type TomlDocument} from './toml.ts';

/** Of files that hold tokens, and of the folders that they are in. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Undefined: there is no such file.
 *
 * @throws Failure
 */
export function readConfigFile(path: string): TomlDocument | undefined {
  try {
    return parseToml(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof TomlError) {
      throw new Failure(`Error parsing config file at [${path}]: ${error.message}`, {cause: error});
    }
    throw new Failure(`Error reading config file at [${path}]: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Whether others than its owner may read it. */
export function isOpenToOthers(path: string): boolean {
  const mode = statSync(path, {throwIfNoEntry: false})?.mode ?? 0;
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

/** All or nothing: who reads it meanwhile sees what was there before, or what is there now. */
export function writeConfigFile(path: string, values: TomlDocument): void {
  writePrivately(path, printToml(values));
}

export function writePrivately(path: string, content: string): void {
  try {
    makeFolder(dirname(path), FOLDER_MODE);
    const target = realPath(path);
    const draft = `${target}.${process.pid}.new`;
    writeFileSync(draft, content, {mode: FILE_MODE});
    chmodSync(draft, FILE_MODE);
    renameSync(draft, target);
  } catch (error) {
    throw new Failure(`Error writing [${path}]: ${messageOf(error)}`, {cause: error});
  }
}

/** Where a link leads: it is the file there that is written. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return path;
    throw error;
  }
}
