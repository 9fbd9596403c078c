/**
 * Where an executor, the supervisors of its tasks and the keeper of their logs meet: files that
 * outlive each of them. The files are the protocol between versions, so their meaning must not
 * change.
 *
 *     tasks/KEY/supervise.sh   what the supervisor runs
 *     tasks/KEY/logs.json      where the task's output goes
 *     tasks/KEY/claim          `PID STARTED BOOT` of the supervisor, or `revoked`: who comes first
 *     tasks/KEY/kill           when it must be over, ms since 1970: it is being killed
 *     tasks/KEY/out, err       pipes of its output
 *     events/KEY.logs          its pipes are there; goes away when all of them was read
 *     events/KEY.started       `PID STARTED` of the task itself
 *     events/KEY.exit.CODE     it has ended
 *     keeper                   `PID STARTED BOOT` of the log keeper
 */
import {createHash} from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import type {TaskId} from '../../engine/index.ts';
import type {ProcessMark} from './proc.ts';

/** Where the output of a task goes. */
export interface LogTerms {
  readonly sandbox: string;
  /** A file that would be longer is put aside as `stdout.1`, the one before as `stdout.2` … */
  readonly bytesMax: number;
  /** How many are put aside at most. */
  readonly asideMax: number;
}

/** A process that somebody has written down. */
export interface Claim extends ProcessMark {
  readonly bootId: string;
}

/** What has happened to a task, as its supervisor wrote it down. */
export interface TaskEvents {
  readonly started?: ProcessMark | undefined;
  readonly exitCode?: number | undefined;
  /** Whether its output is still being read. */
  readonly hasLogs: boolean;
}

export type EventFile =
  | {readonly key: string; readonly kind: 'logs' | 'started'}
  | {readonly key: string; readonly kind: 'exit'; readonly code: number};

export class ControlFolder {
  readonly path: string;
  readonly events: string;
  readonly #tasks: string;

  constructor(path: string) {
    this.path = path;
    this.events = join(path, 'events');
    this.#tasks = join(path, 'tasks');
  }

  /** Nobody else may look into it: commands and variables of tasks are there. */
  create(): void {
    for (const path of [this.path, this.events, this.#tasks]) {
      mkdirSync(path, {recursive: true, mode: 0o700});
    }
  }

  taskFolder(key: string): string {
    return join(this.#tasks, key);
  }

  hasTask(key: string): boolean {
    return existsSync(this.taskFolder(key));
  }

  /** All tasks of which there is anything. */
  keys(): readonly string[] {
    const keys = new Set(readdirSync(this.#tasks));
    for (const name of readdirSync(this.events)) {
      const event = parseEventFile(name);
      if (event !== undefined) keys.add(event.key);
    }
    return [...keys].sort();
  }

  /** All that its supervisor is to run, and where its output goes. */
  write(key: string, script: string, logs: LogTerms): void {
    const folder = this.taskFolder(key);
    mkdirSync(folder, {recursive: true, mode: 0o700});
    writeFileSync(join(folder, 'logs.json'), JSON.stringify(logs), {mode: 0o600});
    writeFileSync(this.scriptOf(key), script, {mode: 0o600});
  }

  scriptOf(key: string): string {
    return join(this.taskFolder(key), 'supervise.sh');
  }

  logsOf(key: string): LogTerms | undefined {
    const text = readIfThere(join(this.taskFolder(key), 'logs.json'));
    return text === undefined ? undefined : (JSON.parse(text) as LogTerms);
  }

  /** Undefined: no supervisor has come so far. */
  claimOf(key: string): Claim | 'revoked' | undefined {
    const text = readIfThere(join(this.taskFolder(key), 'claim'))?.trim();
    return text === 'revoked' ? text : parseClaim(text);
  }

  /** Whether somebody has come, though it may not yet say who. */
  isClaimed(key: string): boolean {
    return existsSync(join(this.taskFolder(key), 'claim'));
  }

  /** From now on no supervisor can start it. False: one was there before, or there is no task. */
  revoke(key: string): boolean {
    let file: number;
    try {
      file = openSync(join(this.taskFolder(key), 'claim'), 'wx', 0o600);
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOENT') return false;
      throw error;
    }
    try {
      writeSync(file, 'revoked\n');
    } catch (error) {
      // On a full disk; that it is there is enough.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
    return true;
  }

  /** It is being killed, whoever comes after this process: at the latest then. */
  orderKill(key: string, deadline: number): void {
    const path = join(this.taskFolder(key), 'kill');
    writeFileSync(`${path}.new`, `${deadline}\n`);
    renameSync(`${path}.new`, path);
  }

  killDeadlineOf(key: string): number | undefined {
    const text = readIfThere(join(this.taskFolder(key), 'kill'));
    return text === undefined ? undefined : Number(text);
  }

  startedOf(key: string): ProcessMark | undefined {
    const text = readIfThere(join(this.events, `${key}.started`));
    const found = /^(\d+) (\d+)\n/.exec(text ?? '');
    if (found === null) return undefined;
    return {pid: Number(found[1]), startedAt: found[2] ?? ''};
  }

  hasExit(key: string, code: number): boolean {
    return existsSync(join(this.events, `${key}.exit.${code}`));
  }

  hasLogs(key: string): boolean {
    return existsSync(join(this.events, `${key}.logs`));
  }

  /** By task, what its supervisor wrote down. */
  allEvents(): ReadonlyMap<string, TaskEvents> {
    const found = new Map<string, TaskEvents>();
    for (const name of readdirSync(this.events)) {
      const event = parseEventFile(name);
      if (event === undefined) continue;
      const {key, kind} = event;
      const known = found.get(key) ?? {hasLogs: false};
      if (kind === 'logs') found.set(key, {...known, hasLogs: true});
      else if (kind === 'exit') found.set(key, {...known, exitCode: event.code});
      else found.set(key, {...known, started: this.startedOf(key)});
    }
    return found;
  }

  logsRead(key: string): void {
    rmSync(join(this.events, `${key}.logs`), {force: true});
  }

  /** Where its exit code is known, nothing need be looked for. */
  remove(key: string, exitCode?: number): void {
    rmSync(this.taskFolder(key), {recursive: true, force: true});
    if (exitCode !== undefined) {
      for (const kind of ['logs', 'started', `exit.${exitCode}`]) {
        rmSync(join(this.events, `${key}.${kind}`), {force: true});
      }
      return;
    }
    for (const name of readdirSync(this.events)) {
      if (parseEventFile(name)?.key === key) rmSync(join(this.events, name), {force: true});
    }
  }

  /** Who reads the output of tasks, as far as is written down. */
  keeper(): Claim | undefined {
    return parseClaim(readIfThere(join(this.path, 'keeper'))?.trim());
  }

  keeperIs({pid, startedAt, bootId}: Claim): void {
    writeFileSync(join(this.path, 'keeper'), `${pid} ${startedAt} ${bootId}\n`);
  }
}

/** A task's name among files: its id as far as that can be read there, and never another's. */
export function keyOf(taskId: TaskId): string {
  const readable = taskId.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 80);
  return `${readable}-${createHash('sha256').update(taskId).digest('hex').slice(0, 16)}`;
}

export function parseEventFile(name: string): EventFile | undefined {
  const found = /^([A-Za-z0-9_-]+)\.(?:(logs|started)|exit\.(\d+))$/.exec(name);
  if (found === null) return undefined;
  const [, key = '', kind, code] = found;
  if (code !== undefined) return {key, kind: 'exit', code: Number(code)};
  return {key, kind: kind === 'logs' ? 'logs' : 'started'};
}

function parseClaim(text: string | undefined): Claim | undefined {
  const found = /^(\d+) (\d+) (\S+)$/.exec(text ?? '');
  if (found === null) return undefined;
  const [, pid, startedAt = '', bootId = ''] = found;
  return {pid: Number(pid), startedAt, bootId};
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
