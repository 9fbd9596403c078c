/**
 * Marathon's HTTP API as a client sees it, on an engine in virtual time: answers come at once, and
 * time passes only when somebody waits.
 */
import {UnknownInCase} from '../case.ts';
import {World} from './world.ts';

/** 2020-01-01T00:00:00.000Z. */
const START_MS = 1_577_836_800_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As read from JSON; absent where there is none. */
  readonly body?: unknown;
}

export interface ServerAgent {
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  readonly ports: readonly (readonly [begin: number, end: number])[];
  readonly taskStartMs: number;
  readonly taskKillMs: number;
}

type Headers = Readonly<Record<string, string>>;

export class HttpServer {
  readonly #world: World;
  readonly #headers: Headers;
  /** Types that the open stream wants; null: all; undefined: there is no stream. */
  #wanted: ReadonlySet<string> | null | undefined;
  #seen = 0;

  constructor(agents: readonly ServerAgent[], headers: Headers, seed: number) {
    this.#headers = headers;
    this.#world = new World({
      seed,
      startedAt: START_MS,
      agents: agents.map(({taskStartMs, taskKillMs, ...agent}, at) => ({
        name: `agent${at + 1}`,
        resources: resourcesText(agent),
        times: {startMs: taskStartMs, killMs: taskKillMs},
      })),
    });
  }

  get now(): number {
    return this.#world.now;
  }

  get(path: string): Answer {
    return this.request('GET', path, {});
  }

  request(
    method: string,
    path: string,
    {body, headers}: {readonly body?: string | undefined; readonly headers?: Headers | undefined},
  ): Answer {
    const reply = this.#world.request({
      kind: 'http',
      method,
      path,
      headers: lowerCase({...this.#headers, ...headers}),
      ...(body !== undefined && {body}),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${JSON.stringify(reply.refusal)}`);
    return reply.body as Answer;
  }

  wait(ms: number): void {
    this.#world.advanceTo(this.#world.now + ms);
  }

  /** From now on events are seen; the query may name the types that are wanted. */
  openEvents(path: string): void {
    const {pathname, searchParams} = new URL(path, 'http://localhost');
    if (pathname !== '/v2/events') throw new UnknownInCase(`${path} is no stream of events`);
    const types = searchParams.getAll('event_type');
    this.#wanted = types.length === 0 ? null : new Set(types);
    this.#seen = this.#world.events.length;
  }

  /** Types of the events since the last time. */
  takeEvents(): readonly string[] {
    const wanted = this.#wanted;
    if (wanted === undefined) throw new UnknownInCase('no stream of events is open');
    const types = this.#world.events.slice(this.#seen).map(({type}) => type);
    this.#seen = this.#world.events.length;
    return types.filter((type) => wanted === null || wanted.has(type));
  }
}

/** As they reach a server. */
function lowerCase(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function resourcesText({
  cpus,
  mem,
  disk,
  gpus,
  ports,
}: Pick<ServerAgent, 'cpus' | 'disk' | 'gpus' | 'mem' | 'ports'>): string {
  const ranges = ports.map(([begin, end]) => `${begin}-${end}`).join(',');
  return [
    `cpus:${cpus};mem:${mem};disk:${disk}`,
    ...(gpus === 0 ? [] : [`gpus:${gpus}`]),
    ...(ranges === '' ? [] : [`ports:[${ranges}]`]),
  ].join(';');
}
