/** Drydock's own processes, started as people start them, for tests that kill and stop them. */
import {spawn, type ChildProcess} from 'node:child_process';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const READY_MS = 60_000;

/** Started and not ended yet: they end with the test. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export interface Daemon {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it in order. */
  stop(): Promise<number | NodeJS.Signals>;
}

export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** It is ready when this stands in what it prints; absent: at once. */
  readonly ready?: RegExp;
}

/** Starts `drydock` with these arguments. @throws with all that it printed, if it ends before. */
export async function startDrydock(
  args: readonly string[],
  {env = {}, ready}: DaemonOptions = {},
): Promise<Daemon> {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'drydock.ts'), ...args], {
    env: {...process.env, ...env, NO_COLOR: '1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const output = {stdout: '', stderr: ''};
  const changed = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] += text;
      for (const listener of changed) listener();
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => {
      alive.delete(child);
      resolve(code ?? signal ?? 'SIGKILL');
    });
  });
  if (ready !== undefined) {
    const printed = (): string => `${output.stdout}${output.stderr}`;
    const isReady = Promise.withResolvers<boolean>();
    const timer = setTimeout(isReady.resolve, READY_MS, false);
    changed.add(() => {
      if (ready.test(printed())) isReady.resolve(true);
    });
    const isUp = await Promise.race([isReady.promise, ended.then(() => false)]);
    clearTimeout(timer);
    if (!isUp) {
      child.kill('SIGKILL');
      throw new Error(`drydock ${args.join(' ')} did not come up:\n${printed()}`);
    }
  }
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export interface CommandResult {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `dcos` to its end. */
export async function runDcos(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'dcos.ts'), ...args], {
    env: {...process.env, ...env, NO_COLOR: '1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return await new Promise((resolve) => {
    child.on('close', (code, signal) => {
      alive.delete(child);
      resolve({code: code ?? signal ?? 'SIGKILL', stdout, stderr});
    });
  });
}
