/**
 * What tasks leave behind where no control group holds them together: processes that have left the
 * group of their task's leader are found by the sandbox that their environment names.
 */
import {readdir, readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {markOf, signal, type ProcessMark} from './proc.ts';

type Found = ReadonlyMap<string, readonly ProcessMark[]>;

const ROUNDS_MAX = 50;
const PAUSE_MS = 20;

export class Strays {
  /** All processes of the machine are looked at once for all who ask meanwhile. */
  #next: Promise<Found> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Ends what runs with this sandbox. What will not end stays: nothing more can be done. */
  async end(sandbox: string): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const strays = (await this.#look()).get(sandbox) ?? [];
      if (strays.length === 0) return;
      for (const mark of strays) signal(mark, 'SIGKILL');
      await delay(PAUSE_MS);
    }
  }

  #look(): Promise<Found> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      const found = marksBySandbox();
      this.#last = found;
      return found;
    });
    return this.#next;
  }
}

async function marksBySandbox(): Promise<Found> {
  const found = new Map<string, ProcessMark[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // Who has just ended, or is somebody else's, is none of ours.
    const text = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    const sandbox = /(?:^|\0)MESOS_SANDBOX=([^\0]*)/.exec(text)?.[1];
    if (sandbox === undefined) continue;
    const path = Buffer.from(sandbox, 'latin1').toString();
    found.set(path, [...(found.get(path) ?? []), ...markOf(Number(name))]);
  }
  return found;
}
