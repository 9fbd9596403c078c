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

type Env = Readonly<Record<string, string>>;
/** The exit code, or the signal that ended it. */
type End = number | NodeJS.Signals;

export interface Daemon {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<End>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it in order. */
  stop(): Promise<End>;
}

export interface DaemonOptions {
  readonly env?: Env;
  /** It is ready when this stands in what it prints; absent: at once. */
  readonly ready?: RegExp;
}

/** Starts `drydock` with these arguments. @throws with all that it printed, if it ends before. */
export async function startDrydock(
  args: readonly string[],
  {env = {}, ready}: DaemonOptions = {},
): Promise<Daemon> {
  const own = new OwnProcess('drydock.ts', args, env);
  if (ready !== undefined && !(await own.prints(ready, READY_MS))) {
    own.kill('SIGKILL');
    throw new Error(`drydock ${args.join(' ')} did not come up:\n${own.stdout}${own.stderr}`);
  }
  return own;
}

/** Of `drydock up`, which prints it. */
export function urlOf({stdout}: Pick<Daemon, 'stdout'>): string {
  const url = /Drydock is up: (\S+)/.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`expected 'Drydock is up: URL' in:\n${stdout}`);
  return url;
}

/** Starts `drydock up` on a folder and a free port of loopback; it is ready when it answers. */
export async function startUp(dataDir: string, ...flags: readonly string[]): Promise<Daemon> {
  const args = ['up', '--data-dir', dataDir, '--listen', '127.0.0.1:0', ...flags];
  return await startDrydock(args, {ready: /Ctrl-C/});
}

export interface CommandResult {
  readonly code: End;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `dcos` to its end. */
export async function runDcos(args: readonly string[], env: Env): Promise<CommandResult> {
  const own = new OwnProcess('dcos.ts', args, env);
  const code = await own.ended;
  return {code, stdout: own.stdout, stderr: own.stderr};
}

class OwnProcess implements Daemon {
  stdout = '';
  stderr = '';
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #printed = new Set<() => void>();

  constructor(script: string, args: readonly string[], env: Env) {
    const child = spawn(process.execPath, [join(ROOT, 'cli', script), ...args], {
      env: {...process.env, ...env, NO_COLOR: '1'},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    alive.add(child);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        for (const listener of this.#printed) listener();
      });
    }
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        alive.delete(child);
        resolve(code ?? signal ?? 'SIGKILL');
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it prints this; no: it has ended, or the time is over. */
  async prints(pattern: RegExp, timeoutMs: number): Promise<boolean> {
    const found = Promise.withResolvers<boolean>();
    const look = (): void => {
      if (pattern.test(`${this.stdout}${this.stderr}`)) found.resolve(true);
    };
    const timer = setTimeout(found.resolve, timeoutMs, false);
    this.#printed.add(look);
    const isThere = await Promise.race([found.promise, this.ended.then(() => false)]);
    this.#printed.delete(look);
    clearTimeout(timer);
    return isThere;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<End> {
    this.kill('SIGTERM');
    return await this.ended;
  }
}
