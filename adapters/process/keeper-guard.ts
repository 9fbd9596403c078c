/** Sees to it that the tasks of one agent have a log keeper: see `log-keeper.ts`. */
import {spawn, type ChildProcess} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ControlFolder} from './control-folder.ts';
import {readBootId, signal} from './proc.ts';
import {DEFAULT_PATH, type Tools} from './tools.ts';

export interface KeeperGuardParts {
  readonly control: ControlFolder;
  readonly tools: Tools;
  readonly onProblem: (message: string) => void;
}

/** It needs little beside what Node.js itself takes. */
const HEAP_MIB = 64;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 5000;
/** One that has lived so long did not fail at its start. */
const SOUND_MS = 10_000;

export class KeeperGuard {
  readonly #parts: KeeperGuardParts;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS_MIN;
  #isWanted = false;

  constructor(parts: KeeperGuardParts) {
    this.#parts = parts;
  }

  /** From now on there is one. That of an agent before, perhaps an older version, is replaced. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    const former = this.#parts.control.keeper();
    if (former !== undefined && former.bootId === readBootId()) signal(former, 'SIGTERM');
    this.#spawn();
  }

  /** A lock lets the next one in when the one before is gone, however it went. */
  #spawn(): void {
    const {control, tools, onProblem} = this.#parts;
    const complaints = openSync(join(control.path, 'keeper.log'), 'a', 0o600);
    const startedAt = Date.now();
    const script = fileURLToPath(new URL('./log-keeper.ts', import.meta.url));
    const node = [process.execPath, `--max-old-space-size=${HEAP_MIB}`, script, control.path];
    const lock = join(control.path, 'keeper.lock');
    const child = spawn(tools.flock, ['--no-fork', lock, ...node], {
      cwd: control.path,
      env: {PATH: DEFAULT_PATH},
      detached: true,
      stdio: ['pipe', 'ignore', complaints],
    });
    closeSync(complaints);
    this.#child = child;
    // It must not keep this process, which it is there to outlive.
    child.unref();
    child.stdin?.on('error', () => undefined);
    (child.stdin as unknown as {unref(): void} | null)?.unref();
    const ended = (how: string): void => {
      if (this.#child !== child || !this.#isWanted) return;
      this.#child = undefined;
      this.#pauseMs =
        Date.now() - startedAt > SOUND_MS
          ? PAUSE_MS_MIN
          : Math.min(PAUSE_MS_MAX, this.#pauseMs * 2);
      onProblem(`the log keeper ended (${how}); another is started in ${this.#pauseMs} ms`);
      this.#restart = setTimeout(() => this.#spawn(), this.#pauseMs);
      this.#restart.unref();
    };
    child.on('error', (error) => ended(error.message));
    child.on('exit', (code, signalName) => ended(signalName ?? `status ${code}`));
  }

  /** Lets go of it: it stays for as long as there are tasks. */
  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#restart);
    this.#child?.stdin?.destroy();
  }
}
