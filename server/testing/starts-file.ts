/**
 * What really ran: every task writes its id to one file when it starts, whatever masters and agents
 * think of it.
 */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export class StartsFile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'drydock-starts-'));
  readonly #file = join(this.#folder, 'starts');

  constructor() {
    writeFileSync(this.#file, '');
  }

  /** A command that notes its start and then goes on as `then`. */
  command(then: string): string {
    return `echo "$MESOS_TASK_ID" >> ${this.#file}; ${then}`;
  }

  /** Ids in the order of their starts. */
  get ids(): readonly string[] {
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** Ids that were started more than once: there must be none. */
  get doubled(): readonly string[] {
    return repeated(this.ids);
  }

  remove(): void {
    rmSync(this.#folder, {recursive: true, force: true});
  }
}

/** What has been there before, each time that it comes again. */
export function repeated(values: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}
