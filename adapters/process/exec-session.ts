/** A command that is run beside a task: as it, in its sandbox, in its control groups. */
import {execFile, spawn, type ChildProcess} from 'node:child_process';
import {readlinkSync} from 'node:fs';
import {constants} from 'node:os';
import {promisify} from 'node:util';
import type {ExecResult, ExecSession} from '../ports/executor.ts';
import {childrenOf, markOf, send, signalGroup} from './proc.ts';

export interface SessionTerms {
  /** As `commandLine` makes it. */
  readonly line: readonly string[];
  readonly tty: boolean;
  readonly cwd: string;
  readonly stty: string | undefined;
  /** Files by which it joins the task's control groups. */
  readonly joins: readonly string[];
}

/** Joins the groups named in front of `--`, and becomes what stands behind it. */
const JOIN = 'while [ "$1" != -- ]; do echo 0 > "$1" || exit 126; shift; done; shift; exec "$@"';

export function openSession({line, tty, cwd, stty, joins}: SessionTerms): ExecSession {
  const words = ['-c', JOIN, 'sh', ...joins, '--', ...line];
  const child = spawn('/bin/sh', words, {cwd, env: {}, detached: true, stdio: 'pipe'});
  const [mark] = child.pid === undefined ? [] : markOf(child.pid);
  // What it leaves behind would hold on to its output.
  child.on('exit', () => mark !== undefined && send(-mark.pid, 'SIGKILL'));
  const ended = new Promise<ExecResult>((resolve) => {
    child.on('error', () => resolve({exitCode: 126}));
    child.on('close', (code, name) => resolve({exitCode: code ?? codeOf(name)}));
  });
  // Who writes to a command that has ended need not care.
  child.stdin.on('error', () => undefined);
  let resized: Promise<unknown> = Promise.resolve();
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    async resize(columns, rows) {
      if (!tty || mark === undefined || stty === undefined) return;
      const size = ['cols', `${columns}`, 'rows', `${rows}`];
      // Sizes come in order, and the last one counts.
      const resize = async (): Promise<void> => {
        const terminal = await awaitTerminal(mark.pid, child);
        if (terminal !== undefined) await promisify(execFile)(stty, ['-F', terminal, ...size]);
      };
      resized = resized.then(resize, resize);
      await resized;
    },
    kill() {
      if (mark === undefined) return;
      // On a terminal the command has a session of its own.
      const inside = tty ? childrenOf(mark.pid).flatMap(markOf) : [];
      for (const child of inside) signalGroup(child, 'SIGKILL');
      signalGroup(mark, 'SIGKILL');
    },
  };
}

const TERMINAL_WAIT_MS = 5000;
const TERMINAL_LOOK_MS = 20;

/** The first size comes with the command, before `script` has come to make its terminal. */
async function awaitTerminal(pid: number, child: ChildProcess): Promise<string | undefined> {
  for (let waitedMs = 0; waitedMs < TERMINAL_WAIT_MS; waitedMs += TERMINAL_LOOK_MS) {
    const terminal = terminalOf(pid);
    if (terminal !== undefined || child.exitCode !== null || child.signalCode !== null) {
      return terminal;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, TERMINAL_LOOK_MS);
    });
  }
  return undefined;
}

/** The terminal that `script` has made for its child; undefined: not yet, or not any more. */
function terminalOf(pid: number): string | undefined {
  for (const child of childrenOf(pid)) {
    try {
      const path = readlinkSync(`/proc/${child}/fd/0`);
      if (path.startsWith('/dev/pts/')) return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

function codeOf(name: NodeJS.Signals | null): number {
  return name === null ? 255 : 128 + constants.signals[name];
}
