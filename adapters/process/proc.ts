/** Processes of this machine, told apart for good: numbers are used again, instants are not. */
import {readdirSync, readFileSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';

/** One process, for ever: its number and when it started, in ticks since the machine did. */
export interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

/** What Linux says of a process. */
export interface ProcessState {
  readonly startedAt: string;
  readonly group: number;
  readonly session: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Has ended, but its parent has not looked. */
  readonly isZombie: boolean;
}

/** Clock ticks per second, as Linux shows them to programs on every machine. */
export const TICKS_PER_SECOND = 100;

/** A new one with every start of the machine. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Undefined: there is none of this number. */
export function processState(pid: number): ProcessState | undefined {
  const text = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return text === undefined ? undefined : stateOf(text);
}

/** The name of a program comes second, in parentheses, and may have anything in it. */
function stateOf(text: string): ProcessState {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const numberAt = (index: number): number => Number(fields[index]);
  return {
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    group: numberAt(2),
    session: numberAt(3),
    userTicks: numberAt(11),
    systemTicks: numberAt(12),
    startedAt: fields[19] ?? '',
  };
}

/** Which process it is that has this number now; none, if there is none. */
export function markOf(pid: number): readonly ProcessMark[] {
  const state = processState(pid);
  return state === undefined ? [] : [{pid, startedAt: state.startedAt}];
}

export function isAlive({pid, startedAt}: ProcessMark): boolean {
  const state = processState(pid);
  return state !== undefined && !state.isZombie && state.startedAt === startedAt;
}

/** Sends a signal, unless it is somebody else by now. Whether it was there. */
export function signal(mark: ProcessMark, name: NodeJS.Signals): boolean {
  return isAlive(mark) && send(mark.pid, name);
}

/**
 * Sends a signal to the group that this process leads, or will lead in a moment: until then to the
 * process alone. For as long as its parent has not looked how it ended, its number is its own.
 */
export function signalGroup({pid, startedAt}: ProcessMark, name: NodeJS.Signals): boolean {
  return processState(pid)?.startedAt === startedAt && (send(-pid, name) || send(pid, name));
}

/** Whether there was somebody to hear it. */
export function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Numbers of the processes that it has started and that run, at this moment. */
export function childrenOf(pid: number): readonly number[] {
  const threads = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const path = `/proc/${pid}/task/${thread}/children`;
    const text = unlessGone(() => readFileSync(path, 'latin1')) ?? '';
    return text.split(' ').flatMap((word) => (word === '' ? [] : Number(word)));
  });
}

/** What the processes of a session use together, from one look at all processes of the machine. */
export interface SessionUsage {
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly rssBytes: number;
}

/** One look at all processes, by session. */
export async function usageBySession(): Promise<ReadonlyMap<number, SessionUsage>> {
  const usages = new Map<number, SessionUsage>();
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const name of names) {
    const state = await stateAndSize(name);
    if (state === undefined) continue;
    const {session, userTicks, systemTicks, rssBytes} = state;
    const sum = usages.get(session) ?? {userTicks: 0, systemTicks: 0, rssBytes: 0};
    usages.set(session, {
      userTicks: sum.userTicks + userTicks,
      systemTicks: sum.systemTicks + systemTicks,
      rssBytes: sum.rssBytes + rssBytes,
    });
  }
  return usages;
}

async function stateAndSize(
  pid: string,
): Promise<(ProcessState & {readonly rssBytes: number}) | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/status`, 'latin1'),
    ]);
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? '0';
    return {...stateOf(stat), rssBytes: Number(kib) * 1024};
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** A process may end while it is looked at. */
function isGone(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
