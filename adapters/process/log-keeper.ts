/**
 * The log keeper, a process of its own: reads what the tasks of one agent write and keeps their log
 * files short. There is one per agent, it outlives the agent, and another can take its place at any
 * time: see `supervisor-script.ts` for what tasks do meanwhile. Its parent holds its standard input
 * open for as long as it lives; without parent and without tasks it ends.
 */
import {watch} from 'node:fs';
import {ControlFolder, parseEventFile, type TaskEvents} from './control-folder.ts';
import {markOf, readBootId} from './proc.ts';
import {TaskOutput} from './task-output.ts';

/** In case that the kernel told of too much at once, or that pipes could not be opened. */
const SWEEP_MS = 5000;

class LogKeeper {
  readonly #control: ControlFolder;
  /** By task. */
  readonly #outputs = new Map<string, TaskOutput>();
  #hasParent = true;

  constructor(control: ControlFolder) {
    this.#control = control;
  }

  run(): void {
    process.stdin.on('end', () => {
      this.#hasParent = false;
      this.#endIfIdle();
    });
    process.stdin.on('error', () => process.exit(1));
    process.stdin.resume();
    process.on('SIGTERM', () => process.exit(0));
    watch(this.#control.events, (_kind, name) => {
      const event = name === null ? undefined : parseEventFile(name);
      if (event === undefined) this.#sweep();
      else if (event.kind === 'logs') this.#look(event.key, this.#control.hasLogs(event.key));
      else if (event.kind === 'exit') this.#outputs.get(event.key)?.expectEnd();
    });
    setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweep();
  }

  #sweep(): void {
    const events = this.#control.allEvents();
    const keys = new Set([...this.#outputs.keys(), ...events.keys()]);
    for (const key of keys) this.#lookAgain(key, events.get(key));
    this.#endIfIdle();
  }

  #lookAgain(key: string, events: TaskEvents | undefined): void {
    this.#look(key, events?.hasLogs === true);
    if (events?.exitCode !== undefined) this.#outputs.get(key)?.expectEnd();
  }

  /** Whether there are pipes to be read. */
  #look(key: string, hasLogs: boolean): void {
    const known = this.#outputs.get(key);
    if (known !== undefined) {
      // The task was removed; perhaps nobody has its pipes open, and they will not end.
      if (!hasLogs) known.drop();
      return;
    }
    const terms = hasLogs ? this.#control.logsOf(key) : undefined;
    if (terms === undefined) return;
    try {
      const output = new TaskOutput({
        folder: this.#control.taskFolder(key),
        terms,
        onEnd: () => this.#ended(key),
        complain: (about, error) => complain(`${key} ${about}`, error),
      });
      this.#outputs.set(key, output);
    } catch (error) {
      complain(key, error);
    }
  }

  #ended(key: string): void {
    this.#outputs.delete(key);
    this.#control.logsRead(key);
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (!this.#hasParent && this.#outputs.size === 0) process.exit(0);
  }
}

function complain(about: string, error: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${about}: ${(error as Error).message}\n`);
}

/** So that the next one need not wait; where it cannot be written, there is still the lock. */
function sayWhoItIs(control: ControlFolder): void {
  try {
    for (const mark of markOf(process.pid)) control.keeperIs({...mark, bootId: readBootId()});
  } catch (error) {
    complain('keeper', error);
  }
}

process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // On a full disk there is no place to complain in, and tasks must not stand still for that.
  if (error.code !== 'ENOSPC') throw error;
});
const control = new ControlFolder(process.argv[2] ?? '');
sayWhoItIs(control);
new LogKeeper(control).run();
