/**
 * A world for scripts: one step after the other, with a memory of all that came of them. Not part
 * of the engine.
 */
import type {Effect} from '../../../effects.ts';
import {must} from '../../../kernel/assert.ts';
import {parseInstant} from '../../../kernel/instants.ts';
import type {TimeZones} from '../../../kernel/time-zones.ts';
import type {ChronosEvent} from '../events.ts';
import type {JobDocument} from '../jobs/job.ts';
import type {RunDocument} from '../runs/run.ts';
import type {WorldTask} from './agents.ts';
import type {Watcher, WorldOptions} from './terms.ts';
import {World} from './world.ts';

export class Scene implements Watcher {
  readonly world: World;
  /** Ids of tasks, as they began. */
  readonly began: string[] = [];
  /** What has happened, told or not. */
  readonly events: ChronosEvent[] = [];
  readonly #startMs: number;

  /** The world begins at `start`, an instant in UTC. */
  constructor(
    start: string,
    timeZones: TimeZones,
    options: Omit<WorldOptions, 'epochMs' | 'timeZones'> = {},
  ) {
    this.#startMs = must(parseInstant(start), start);
    this.world = new World({epochMs: this.#startMs, timeZones, ...options});
    this.world.watcher = this;
  }

  step(_write: unknown, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'publish') this.events.push(effect.event as unknown as ChronosEvent);
    }
  }

  arrived({launch}: WorldTask): void {
    this.began.push(launch.taskId);
  }

  /** Submits a job; answers the status. */
  post(name: string, more: object): number | undefined {
    const body = {name, command: 'work', retries: 0, ...more};
    const id = this.world.request('POST', '/iso8601', body);
    this.world.settle();
    return this.status(id);
  }

  /** A request that is answered at once. */
  ask(method: string, path: string): number | undefined {
    const id = this.world.request(method, path);
    this.world.settle();
    return this.status(id);
  }

  status(requestId: string): number | undefined {
    const reply = this.world.replies.get(requestId);
    return reply?.ok === true ? (reply.body as {readonly status: number}).status : undefined;
  }

  /** Everything goes its way until `time`, UTC, of the day on which the world began. */
  until(time: string): void {
    this.world.go(this.#msUntil(time));
  }

  #msUntil(time: string): number {
    const day = Math.floor(this.#startMs / 86_400_000) * 86_400_000;
    const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
    const instant = day + hours * 3_600_000 + minutes * 60_000 + seconds * 1000;
    return instant - this.world.wallMs;
  }

  /** Time passes up to the instant, and only the leader does what is due: nothing is written. */
  due(time: string): void {
    const ms = this.#msUntil(time);
    this.world.go(ms - 1);
    this.world.wait(1);
  }

  job(name: string): JobDocument {
    return must(this.world.store.get(`chronos/jobs/${name}`) as JobDocument | undefined, name);
  }

  runs(name: string): readonly RunDocument[] {
    return [...this.world.store].flatMap(([path, document]) =>
      path.startsWith(`chronos/runs/${name}/`) ? [document as RunDocument] : [],
    );
  }

  /** Types of the events of a job since the last call, each with what tells it from others. */
  said(name: string): readonly string[] {
    return this.events
      .splice(0)
      .filter((event) => event.job === name)
      .map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type));
  }
}
