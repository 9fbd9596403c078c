/**
 * The log keeper, a process of its own: reads what the tasks of one agent write and keeps their log
 * files short. There is one per agent, it outlives the agent, and another can take its place at any
 * time: see `supervisor-script.ts` for what tasks do meanwhile. Its parent holds its standard input
 * open for as long as it lives; without parent and without tasks it ends.
 */
import {constants, openSync, watch} from 'node:fs';
import {Socket} from 'node:net';
import {join} from 'node:path';
import {ControlFolder, parseEventFile} from './control-folder.ts';
import {processState, readBootId} from './proc.ts';
import {RotatingLog, type RotatingLogTerms} from './rotating-log.ts';

/** In case that the kernel told of too much at once. */
const SWEEP_MS = 5000;

const OUTPUTS = [
  ['out', 'stdout'],
  ['err', 'stderr'],
] as const;

class LogKeeper {
  readonly #control: ControlFolder;
  /** By task: its pipes that are open. */
  readonly #open = new Map<string, Set<Socket>>();
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
      else if (event.kind === 'logs') this.#look(event.key);
    });
    setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweep();
  }

  #sweep(): void {
    for (const [key, {hasLogs}] of this.#control.allEvents()) if (hasLogs) this.#look(key);
    this.#endIfIdle();
  }

  #look(key: string): void {
    const isThere = this.#control.hasLogs(key);
    const open = this.#open.get(key);
    if (open !== undefined) {
      // The task was removed; perhaps nobody has its pipes open, and they will not end.
      if (!isThere) for (const socket of open) socket.destroy();
      return;
    }
    const terms = isThere ? this.#control.logsOf(key) : undefined;
    if (terms === undefined) return;
    const {sandbox: folder, ...limits} = terms;
    const sockets = new Set<Socket>();
    this.#open.set(key, sockets);
    for (const [pipe, name] of OUTPUTS) {
      try {
        sockets.add(this.#follow(key, pipe, {folder, name, ...limits}));
      } catch (error) {
        complain(`${key} ${name}`, error);
      }
    }
    if (sockets.size === 0) this.#open.delete(key);
  }

  /** Reads the pipe until nobody can write to it any more. */
  #follow(key: string, pipe: string, terms: RotatingLogTerms): Socket {
    const path = join(this.#control.taskFolder(key), pipe);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = openLog(terms, key);
    const socket = new Socket({fd, readable: true, writable: false});
    let isBroken = false;
    socket.on('data', (chunk) => {
      try {
        log?.write(chunk);
        isBroken = false;
      } catch (error) {
        // The task must not stand still for a full disk: this output is lost.
        if (!isBroken) complain(`${key} ${terms.name}`, error);
        isBroken = true;
      }
    });
    socket.on('error', (error) => complain(`${key} ${pipe}`, error));
    socket.on('close', () => {
      log?.close();
      this.#closed(key, socket);
    });
    return socket;
  }

  #closed(key: string, socket: Socket): void {
    const sockets = this.#open.get(key);
    sockets?.delete(socket);
    if (sockets?.size !== 0) return;
    this.#open.delete(key);
    this.#control.logsRead(key);
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (!this.#hasParent && this.#open.size === 0) process.exit(0);
  }
}

/** Undefined: there is no place to write to. The pipe must be read all the same. */
function openLog(terms: RotatingLogTerms, key: string): RotatingLog | undefined {
  try {
    return new RotatingLog(terms);
  } catch (error) {
    complain(`${key} ${terms.name}`, error);
    return undefined;
  }
}

function complain(what: string, error: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${what}: ${(error as Error).message}\n`);
}

const control = new ControlFolder(process.argv[2] ?? '');
const {pid} = process;
control.keeperIs({pid, startedAt: processState(pid)?.startedAt ?? '', bootId: readBootId()});
new LogKeeper(control).run();
