// The checks that need no test runner: types, lint, format, unused code.
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {runChild} from './child.mjs';
import {root, say} from './setup.mjs';

/** @type {readonly {name: string, command: string, args: readonly string[]}[]} */
const checks = [
  {name: 'types', command: 'tsc', args: ['-p', '.']},
  {name: 'types of the pure engine', command: 'tsc', args: ['-p', 'engine']},
  {name: 'lint', command: 'oxlint', args: []},
  {name: 'format', command: 'oxfmt', args: ['--check', '.']},
  {name: 'unused code', command: 'knip', args: ['--no-progress']},
];

/**
 * Runs every check, also after one has failed, so that one run shows all there is to mend.
 * @returns {Promise<readonly string[]>} the names of those that failed
 */
export async function runChecks() {
  const failed = [];
  for (const {name, command, args} of checks) {
    say(`check: ${name} (${[command, ...args].join(' ')}) …`);
    const file = join(root, 'node_modules', '.bin', command);
    const code = existsSync(file) ? await runChild(file, args) : 127;
    if (code >= 128) process.exit(code);
    if (code !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'checks: all passed' : `checks: failed: ${failed.join(', ')}`);
  return failed;
}
