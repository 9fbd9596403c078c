/**
 * A client that changes things all the time, asks any master that answers, and keeps what was
 * acknowledged: all of it must be there in the end.
 */
import {setTimeout} from 'node:timers/promises';
import {isUnanswered} from './asking.ts';

const ANSWER_MS = 5000;
const PAUSE_MS = 20;

export class AcknowledgedChanges {
  /** App → instances that were acknowledged last. */
  readonly acknowledged = new Map<string, number>();
  /** Apps whose last change got no answer: either value may stand. */
  readonly #open = new Map<string, number>();
  readonly #urls: () => readonly string[];
  readonly #prefix: string;
  #isOver = false;
  #loop: Promise<void> = Promise.resolve();
  #attempts = 0;

  constructor(prefix: string, urls: () => readonly string[]) {
    this.#prefix = prefix;
    this.#urls = urls;
  }

  get attempts(): number {
    return this.#attempts;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.change();
      await setTimeout(PAUSE_MS);
    }
  }

  /** One change; whether it was acknowledged. */
  async change(): Promise<boolean> {
    const turn = this.#attempts;
    this.#attempts += 1;
    const id = `${this.#prefix}/app-${turn % 7}`;
    // Nobody can hold them: they show what is stored, not what runs.
    const instances = turn;
    const urls = this.#urls();
    const url = urls[turn % Math.max(1, urls.length)];
    if (url === undefined) return false;
    this.#open.set(id, instances);
    const isDone = await put(`${url}/v2/apps${id}?force=true`, {
      id,
      cmd: 'true',
      cpus: 1_000_000,
      mem: 32,
      instances,
    });
    if (!isDone) return false;
    this.#open.delete(id);
    this.acknowledged.set(id, instances);
    return true;
  }

  /** What differs from what was acknowledged; empty: nothing was lost. */
  async lost(url: string): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const [id, instances] of this.acknowledged) {
      const response = await fetch(`${url}/v2/apps${id}`);
      const {app} = (await response.json()) as {app?: {instances: number}};
      const allowed = [instances, this.#open.get(id)];
      if (app !== undefined && allowed.includes(app.instances)) continue;
      faults.push(`${id}: ${app?.instances ?? 'gone'}, not ${instances}`);
    }
    return faults;
  }
}

/** Whether it was acknowledged. */
async function put(url: string, body: unknown): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    if (isUnanswered(error)) return false;
    throw error;
  }
}
