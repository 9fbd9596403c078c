/** Where and what was measured: without it a figure means nothing. */
import {execFileSync} from 'node:child_process';
import {availableParallelism, cpus, loadavg, platform, release, totalmem} from 'node:os';
import {fileURLToPath} from 'node:url';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

export interface Circumstances {
  /** Processor, cores, memory, operating system. */
  readonly machine: string;
  readonly node: string;
  /** Mean number of running processes over the minute before the first round. */
  readonly loadBefore: number;
  readonly commit: string;
  readonly command: string;
}

export function readCircumstances(command: string): Circumstances {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const cores = availableParallelism();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    machine: `${model}, ${cores} cores, ${memory}, ${platform()} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
    commit: readCommit(),
    command,
  };
}

/** Short hash, with `+` where files differ from it; `unknown` outside a repository. */
function readCommit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const isClean = git('status', '--porcelain', '--untracked-files=no') === '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${isClean ? '' : '+'}`;
  } catch {
    // No git, or no repository: an unpacked archive can be measured all the same.
    return 'unknown';
  }
}
