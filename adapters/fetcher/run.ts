/** Programs that copy and unpack. */
import {spawn} from 'node:child_process';
import type {UnixAccount} from '../ports/unix-account.ts';
import {FetchError} from './fetch-error.ts';

export interface RunOptions {
  /** Undefined: as the agent. */
  readonly account: UnixAccount | undefined;
  readonly signal: AbortSignal;
  /** Codes that mean success. */
  readonly goodCodes?: readonly number[] | undefined;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Of what it says; the rest is not for a message. */
const SAID_MAX = 500;

/** @throws FetchError if it is not there, or fails: with what it says. */
export async function run(
  argv: readonly string[],
  {account, signal, goodCodes = [0]}: RunOptions,
): Promise<void> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {
    cwd: '/',
    env: {PATH, LC_ALL: 'C'},
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    ...(account === undefined ? {} : {uid: account.uid, gid: account.gid}),
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    if (said.length < SAID_MAX) said += String(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(isMissing ? new FetchError(`'${program}' is not installed`) : error);
    });
    child.on('close', (code, name) => {
      if (code !== null && goodCodes.includes(code)) return resolve();
      const how = said.trim().slice(0, SAID_MAX) || `${program} ended with ${name ?? code}`;
      reject(new FetchError(how));
    });
  });
}
