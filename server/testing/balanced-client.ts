/**
 * A client behind a load balancer that goes by Marathon's tasks: it asks one instance after the
 * other, all the time, and never twice for one request.
 */
import {get} from 'node:http';
import {setTimeout} from 'node:timers/promises';
import {until} from '../../adapters/ports/testing/until.ts';

interface Task {
  readonly id: string;
  readonly host: string;
  readonly ports: readonly number[];
  readonly state: string;
  readonly healthCheckResults?: readonly {readonly alive: boolean}[];
}

export interface Report {
  readonly requests: number;
  /** Everything but an answer of 200. */
  readonly failures: readonly string[];
  /** The fewest that were healthy at any look. */
  readonly healthyMin: number;
}

const LOOK_EVERY_MS = 25;
const TIMEOUT_MS = 5000;

export class BalancedClient {
  readonly #url: string;
  readonly #appId: string;
  readonly #path: string;
  #healthy: readonly Task[] = [];
  #healthyMin = Infinity;
  #requests = 0;
  readonly #failures: string[] = [];
  #isOver = false;
  readonly #loops: Promise<void>[] = [];

  constructor(url: string, appId: string, path: string) {
    this.#url = url;
    this.#path = path;
    this.#appId = appId;
  }

  /** Returns when it knows of an instance; then it asks without end. */
  async start(clients: number): Promise<void> {
    await until('an instance is healthy', async () => {
      await this.#look();
      return this.#healthy.length > 0;
    });
    this.#healthyMin = this.#healthy.length;
    this.#loops.push(this.#looking());
    for (let client = 0; client < clients; client += 1) this.#loops.push(this.#asking(client));
  }

  async stop(): Promise<Report> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    const healthyMin = this.#healthyMin;
    return {requests: this.#requests, failures: this.#failures, healthyMin};
  }

  async #looking(): Promise<void> {
    while (!this.#isOver) {
      await this.#look();
      this.#healthyMin = Math.min(this.#healthyMin, this.#healthy.length);
      await setTimeout(LOOK_EVERY_MS);
    }
  }

  async #look(): Promise<void> {
    const response = await fetch(`${this.#url}/v2/apps/${this.#appId}/tasks`, {
      headers: {Accept: 'application/json'},
    });
    const {tasks = []} = (await response.json()) as {tasks?: readonly Task[]};
    this.#healthy = tasks.filter(
      ({state, healthCheckResults = []}) =>
        state === 'TASK_RUNNING' &&
        healthCheckResults.length > 0 &&
        healthCheckResults.every(({alive}) => alive),
    );
  }

  async #asking(first: number): Promise<void> {
    for (let turn = first; !this.#isOver; turn += 1) {
      const task = this.#healthy[turn % Math.max(1, this.#healthy.length)];
      if (task === undefined) {
        this.#failures.push('no instance was healthy');
        await setTimeout(LOOK_EVERY_MS);
        continue;
      }
      this.#requests += 1;
      const outcome = await ask(task.host, task.ports[0] ?? 0, this.#path);
      if (outcome !== '200') this.#failures.push(`${task.id}: ${outcome}`);
    }
  }
}

/** The status, or what went wrong. */
export function ask(host: string, port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get({host, port, path, agent: false, timeout: TIMEOUT_MS}, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', (error) => resolve(error.message));
    });
    request.on('timeout', () => request.destroy(new Error('timed out')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
