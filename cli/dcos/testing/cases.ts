/** Runs of `dcos` as a table: what one types, what the cluster answers, what comes of it. */
import test from 'ava';
import {Home, type Ended, type RunTerms} from './run-dcos.ts';
import {scriptedServer, type Asked, type Script} from './scripted-server.ts';

/** What a run of the command starts from. */
export interface Given {
  /** As one would type them; words with spaces are given as a list. */
  readonly words: string | readonly string[];
  readonly script?: Script;
  readonly files?: Readonly<Record<string, string>>;
  readonly terms?: RunTerms;
}

export interface Case extends Given {
  readonly title: string;
  /** Method and path with query, all of them. */
  readonly asks?: readonly string[];
  /** The body of the last request. */
  readonly body?: unknown;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly code?: number;
}

export function table(cases: readonly Case[]): void {
  for (const one of cases) {
    test(one.title, async (t) => {
      const {asks, body, stdout, stderr, code = 0} = one;
      const ran = await runCase(one);
      t.is(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
      if (asks !== undefined)
        t.deepEqual(
          ran.asked.map(({line}) => line),
          asks,
        );
      if (body !== undefined) t.deepEqual(ran.asked.at(-1)?.body, body);
      for (const [wanted, got] of [
        [stdout, ran.stdout],
        [stderr, ran.stderr],
      ] as const) {
        if (typeof wanted === 'string') t.is(got, wanted);
        else if (wanted !== undefined) t.regex(got, wanted);
      }
      t.false((ran.stdout + ran.stderr).includes(ESCAPE), 'there is no terminal');
      t.notRegex(ran.stderr, /^\s+at /m, 'a stack trace is no message');
    });
  }
}

export interface Ran extends Ended {
  readonly asked: readonly Asked[];
}

export async function runCase({words, script = {}, files = {}, terms = {}}: Given): Promise<Ran> {
  const server = await scriptedServer(script);
  const home = new Home();
  try {
    for (const [name, content] of Object.entries(files)) home.write(name, content);
    const list = typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words;
    const env = {DCOS_URL: server.url, ...terms.env};
    const ended = await home.run(list, {...terms, env});
    const {asked} = server;
    const hide = (text: string): string => text.replaceAll(server.url, 'URL');
    return {...ended, stdout: hide(ended.stdout), stderr: hide(ended.stderr), asked};
  } finally {
    await server.close();
    home.remove();
  }
}

/** What terminals take for a command. */
const ESCAPE = '\u001B';

/** A wide table, in two parts. */
export function beside(rows: readonly (readonly [left: string, right: string])[]): string {
  return rows.map(([left, right]) => `${left}${right}\n`).join('');
}
