/** The output of one task on its way from its pipes into its log files. */
import {closeSync, constants, openSync} from 'node:fs';
import {Socket} from 'node:net';
import {join} from 'node:path';
import type {LogTerms} from './control-folder.ts';
import {RotatingLog} from './rotating-log.ts';

export interface TaskOutputParts {
  /** Where its pipes are. */
  readonly folder: string;
  readonly terms: LogTerms;
  /** All of it was read. */
  readonly onEnd: () => void;
  readonly complain: (about: string, error: unknown) => void;
}

const OUTPUTS = [
  ['out', 'stdout'],
  ['err', 'stderr'],
] as const;

/** A task has ended and nothing has come for so long: what still holds its pipes got away. */
const SILENCE_MS = 1000;

export class TaskOutput {
  readonly #parts: TaskOutputParts;
  readonly #sockets = new Set<Socket>();
  #silence: NodeJS.Timeout | undefined;
  /** Nothing has come since the last look. */
  #isSilent = false;

  /** @throws if its pipes cannot be opened, now. */
  constructor(parts: TaskOutputParts) {
    this.#parts = parts;
    const files = openAll(OUTPUTS.map(([pipe]) => join(parts.folder, pipe)));
    for (const [index, [, name]] of OUTPUTS.entries()) this.#follow(files[index] as number, name);
  }

  /** Until nobody can write to it any more. */
  #follow(fd: number, name: string): void {
    const {complain} = this.#parts;
    const log = this.#openLog(name);
    const socket = new Socket({fd, readable: true, writable: false});
    this.#sockets.add(socket);
    let isBroken = false;
    socket.on('data', (chunk) => {
      this.#isSilent = false;
      this.#silence?.refresh();
      try {
        log?.write(chunk);
        isBroken = false;
      } catch (error) {
        // The task must not stand still for a full disk: this output is lost.
        if (!isBroken) complain(name, error);
        isBroken = true;
      }
    });
    socket.on('error', (error) => complain(name, error));
    socket.on('close', () => {
      log?.close();
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      clearTimeout(this.#silence);
      this.#parts.onEnd();
    });
  }

  /** Undefined: there is no place to write to. The pipe must be read all the same. */
  #openLog(name: string): RotatingLog | undefined {
    const {terms, complain} = this.#parts;
    const {sandbox: folder, bytesMax, asideMax} = terms;
    try {
      return new RotatingLog({folder, name, bytesMax, asideMax});
    } catch (error) {
      complain(name, error);
      return undefined;
    }
  }

  /** The task has ended. Others may hold its pipes for ever: what it has forked and lost. */
  expectEnd(): void {
    this.#silence ??= setTimeout(() => this.#dropIfSilent(), SILENCE_MS);
  }

  /** Timers come before what can be read: on a busy machine, nobody may have looked so far. */
  #dropIfSilent(): void {
    this.#isSilent = true;
    setImmediate(() => {
      if (this.#isSilent) this.drop();
    });
  }

  /** Reads no more. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** All of them, or none. */
function openAll(paths: readonly string[]): readonly number[] {
  const files: number[] = [];
  try {
    for (const path of paths) files.push(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return files;
  } catch (error) {
    for (const file of files) closeSync(file);
    throw error;
  }
}
