/**
 * Where tasks have their files, with the folders of Mesos's agent, so that paths that people know
 * go on working: `slaves/S/frameworks/F/executors/T/runs/C`, and `latest` beside the runs.
 */
import {randomUUID} from 'node:crypto';
import {mkdir, readdir, rm, stat, symlink, utimes} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Logger} from 'pino';
import type {LedgerTask} from './task-ledger.ts';

export interface SandboxPlace {
  readonly frameworkId: string;
  readonly taskId: string;
}

export class Sandboxes {
  readonly #root: string;
  readonly #log: Logger;

  constructor(workDir: string, agentId: string, log: Logger) {
    this.#root = join(workDir, 'slaves', agentId, 'frameworks');
    this.#log = log;
  }

  /** The path of a new one; {@link make} makes it. */
  plan({frameworkId, taskId}: SandboxPlace): string {
    return join(this.#root, frameworkId, 'executors', taskId, 'runs', randomUUID());
  }

  /** Makes the folder, which may be there already, and points `latest` at it. */
  async make(sandbox: string): Promise<void> {
    await mkdir(sandbox, {recursive: true, mode: 0o755});
    const latest = join(sandbox, '..', 'latest');
    await rm(latest, {force: true});
    await symlink(sandbox, latest);
  }

  /** Its task has ended: from now on it ages, as in Mesos, however old its files are. */
  leave(sandbox: string): void {
    const now = new Date();
    utimes(sandbox, now, now).catch((error: unknown) => {
      this.#log.debug({err: error, sandbox}, 'a sandbox that is left cannot be marked');
    });
  }

  /**
   * Removes those of tasks that have ended, or that nobody has touched, for `ageMs` (Mesos
   * `--gc_delay`), and the folders of tasks that have no other.
   */
  async collect(tasks: () => Iterable<LedgerTask>, ageMs: number, nowMs: number): Promise<void> {
    const inUse = new Set([...tasks()].map(({sandbox}) => sandbox));
    for (const framework of await folders(this.#root)) {
      for (const task of await folders(join(framework, 'executors'))) {
        let left = 0;
        for (const run of await folders(join(task, 'runs'))) {
          if (inUse.has(run) || nowMs - (await stat(run)).mtimeMs < ageMs) {
            left += 1;
            continue;
          }
          await rm(run, {recursive: true, force: true});
          this.#log.debug({sandbox: run}, 'sandbox removed');
        }
        // That of a task which was launched meanwhile may just be being made.
        const isKnown = [...tasks()].some(({sandbox}) => taskFolderOf(sandbox) === task);
        if (left === 0 && !isKnown) await rm(task, {recursive: true, force: true});
      }
    }
  }
}

/** `…/executors/T` of `…/executors/T/runs/C`. */
function taskFolderOf(sandbox: string): string {
  return dirname(dirname(sandbox));
}

/** Folders in a folder, links apart; none where there is no such folder. */
async function folders(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, {withFileTypes: true});
    return entries.filter((entry) => entry.isDirectory()).map(({name}) => join(path, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
