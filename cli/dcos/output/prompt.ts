/** Questions to whoever types; they stand on stderr, so that stdout stays what it is. */
import {createInterface, type Interface} from 'node:readline';
import {Writable} from 'node:stream';
import {Failure} from '../failure.ts';
import {interrupted} from '../http/client.ts';
import {stopReason, type World} from '../world.ts';

export class Prompter {
  readonly #world: World;
  readonly #reader: Interface;
  readonly #lines: string[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(world: World) {
    this.#world = world;
    const {stdin, stop} = world;
    // What is typed is echoed by the terminal itself, unless the reader makes it raw.
    this.#reader = createInterface({input: stdin, crlfDelay: Infinity});
    this.#reader.on('line', (line) => {
      this.#lines.push(line);
      this.#wake?.();
    });
    this.#reader.on('close', () => {
      this.#isEnded = true;
      this.#wake?.();
    });
    stop.addEventListener('abort', () => this.close(), {once: true});
  }

  close(): void {
    this.#reader.close();
  }

  /** @throws Failure there is nobody to answer. */
  async ask(question: string): Promise<string> {
    this.#world.stderr.write(question);
    while (this.#lines.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const line = this.#lines.shift();
    // Only a terminal has shown the end of the line.
    if (this.#world.stdin.isTTY !== true) this.#world.stderr.write('\n');
    if (line !== undefined) return line.trim();
    if (stopReason(this.#world) !== undefined) throw interrupted();
    throw new Failure('the input ended before the question was answered');
  }

  /**
   * True for yes, false for no.
   *
   * @throws Failure three answers were neither.
   */
  async confirm(question: string): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = (await this.ask(question)).toLowerCase();
      if (answer === 'yes' || answer === 'y') return true;
      if (answer === 'no' || answer === 'n') return false;
    }
    throw new Failure("couldn't get confirmation");
  }
}

const ATTEMPTS_MAX = 3;

/** What is typed is not shown; piped input is taken as it comes. */
export async function askSecret(world: World, question: string): Promise<string> {
  const {stdin, stderr} = world;
  if (stdin.isTTY !== true) {
    const prompter = new Prompter(world);
    try {
      return await prompter.ask(question);
    } finally {
      prompter.close();
    }
  }
  const nowhere = new Writable({write: (_chunk, _encoding, done) => done()});
  const reader = createInterface({input: stdin, output: nowhere, terminal: true});
  stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('line', (line) => resolve(line.trim()));
      reader.once('SIGINT', () => reject(interrupted()));
      reader.once('close', () => reject(new Failure('the input ended before an answer')));
    });
  } finally {
    reader.close();
    stderr.write('\n');
  }
}
