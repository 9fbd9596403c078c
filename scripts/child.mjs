// Runs a child in the foreground as if it were us: same terminal, its exit code, its signals.
import {spawn} from 'node:child_process';
import {constants} from 'node:os';
import {childEnv, root} from './setup.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Record<string, string>} [extraEnv]
 * @returns {Promise<number>} the exit code; 128 + the signal's number when a signal ended it
 */
export function runChild(file, args, extraEnv = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      env: {...childEnv(), ...extraEnv},
      stdio: 'inherit',
    });
    const forward = makeForward(child);
    for (const signal of forwarded) process.on(signal, forward);
    const done = () => {
      for (const signal of forwarded) process.off(signal, forward);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * A terminal's Ctrl-C reaches the whole process group, so the child has it already; only what was
 * sent to us alone is passed on.
 */
function makeForward(child) {
  return (signal) => {
    const fromTerminal = signal === 'SIGINT' && process.stdin.isTTY === true;
    if (!fromTerminal) child.kill(signal);
  };
}
