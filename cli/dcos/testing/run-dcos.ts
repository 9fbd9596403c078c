/** Runs of `dcos` in this process, each in a world of its own. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {runDcos} from '../run.ts';
import {sleepUntil, type Output, type World} from '../world.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunTerms {
  readonly env?: Readonly<Record<string, string>>;
  /** Undefined: an empty pipe. */
  readonly stdin?: string | World['stdin'];
  /** Columns of the terminal that stdout is. */
  readonly columns?: number;
  /** Called when something is written, with all that was. */
  readonly seen?: (stdout: string, stop: AbortController) => void;
  /** What a sleep of so many ms really takes. */
  readonly sleepMs?: (ms: number) => number;
  /** By so many ms the clock goes on with each look at it; it stands still otherwise. */
  readonly tickMs?: number;
}

/** A home of somebody, with files in it. */
export class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'dcos-'));

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }

  write(name: string, content: string): string {
    writeFileSync(join(this.folder, name), content);
    return name;
  }

  async run(words: readonly string[], terms: RunTerms = {}): Promise<Ended> {
    const {env = {}, stdin = '', columns, seen, sleepMs = () => 1, tickMs = 0} = terms;
    let nowMs = NOW - tickMs;
    const stop = new AbortController();
    const stdout = capture(columns, (text) => seen?.(text, stop));
    const stderr = capture(undefined);
    const code = await runDcos(words, {
      env,
      home: this.folder,
      folder: this.folder,
      stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
      stdout,
      stderr,
      stop: stop.signal,
      now: () => (nowMs += tickMs),
      sleep: (ms) => sleepUntil(stop.signal, sleepMs(ms)),
    });
    return {code, stdout: stdout.text(), stderr: stderr.text()};
  }
}

/** When all runs are. */
const NOW = Date.UTC(2026, 10, 30);

function capture(
  columns: number | undefined,
  seen: (text: string) => void = () => undefined,
): Output & {readonly text: () => string} {
  const parts: Buffer[] = [];
  const text = (): string => Buffer.concat(parts).toString();
  return {
    write(part) {
      parts.push(Buffer.from(part));
      seen(text());
    },
    ready: () => Promise.resolve(),
    isTerminal: columns !== undefined,
    columns,
    rows: columns === undefined ? undefined : 24,
    onResize: () => () => undefined,
    text,
  };
}
