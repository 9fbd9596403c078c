/** What the scenario says by the clock: apps that are deployed, and timed events. */
import type {AppWorkload, MarathonApp, TimedEvent} from '../../scenario/schema.ts';
import {mergePatch} from './app-book.ts';
import type {AppBook} from './app-book.ts';
import {patchApp, putApp, removeApp} from './marathon-requests.ts';
import {operatorRequests} from './operator-requests.ts';
import type {Source, WorldPort} from './source.ts';

/** One line of the script; `label` names it in messages. */
export type Cue = {readonly atMs: number; readonly label: string; readonly framework: number} & (
  | {readonly kind: 'app'; readonly workload: AppWorkload}
  | {readonly kind: 'event'; readonly event: TimedEvent; readonly index: number}
);

export class ScriptSource implements Source {
  readonly jobsExpected = 0;
  readonly #cues: readonly Cue[];
  /** By framework. */
  readonly #books: readonly AppBook[];
  #next = 0;

  /** Cues of one instant keep their order. */
  constructor(cues: readonly Cue[], books: readonly AppBook[]) {
    this.#cues = [...cues].sort((left, right) => left.atMs - right.atMs);
    this.#books = books;
  }

  get nextAt(): number {
    return this.#cues[this.#next]?.atMs ?? Infinity;
  }

  fire(now: number, port: WorldPort): void {
    while (this.nextAt === now) {
      const cue = this.#cues[this.#next] as Cue;
      this.#next += 1;
      if (cue.kind === 'app') this.#deploy(cue, cue.workload.app, port);
      else this.#play(cue, now, port);
    }
  }

  #deploy(cue: Cue, app: MarathonApp, port: WorldPort): void {
    const id = app.id.startsWith('/') ? app.id : `/${app.id}`;
    this.#book(cue).put(id, app);
    port.request(cue.framework, putApp(app), cue.label);
  }

  #play(cue: Extract<Cue, {kind: 'event'}>, now: number, port: WorldPort): void {
    const {event, framework, label} = cue;
    const stream = `events/${cue.index}/agents`;
    switch (event.kind) {
      case 'scale':
        this.#change(cue, event.app, {instances: event.instances}, port);
        return;
      case 'upgrade':
        this.#change(cue, event.app, event.patch, port);
        return;
      case 'remove':
        this.#book(cue).remove(event.app);
        port.request(framework, removeApp(event.app), label);
        return;
      case 'fault': {
        const {fault, agents, forMs} = event;
        port.fault({fault, agents, forMs, stream});
        return;
      }
      case 'health':
        port.answerHealth(framework, event.app, event.answer);
        return;
      case 'quota':
      case 'weight':
      case 'maintenance':
      case 'whitelist':
        for (const request of operatorRequests(event, now, stream, port)) {
          port.operate(request, label);
        }
        return;
      default:
        event satisfies never;
    }
  }

  /**
   * Sends the fields that the patch names, as they are after it; or the whole app, if it takes one
   * away.
   */
  #change(cue: Cue, id: string, patch: Readonly<Record<string, unknown>>, port: WorldPort): void {
    const book = this.#book(cue);
    const merged = mergePatch(book.get(id) ?? {id}, patch);
    book.put(id, merged as MarathonApp);
    const changes = Object.keys(patch).map((name) => [name, merged[name]]);
    const isWhole = changes.some(([, value]) => value === undefined);
    const request = isWhole
      ? putApp(merged as MarathonApp)
      : patchApp(id, Object.fromEntries(changes) as Record<string, unknown>);
    port.request(cue.framework, request, cue.label);
  }

  #book(cue: Cue): AppBook {
    return this.#books[cue.framework] as AppBook;
  }

  snapshot(): unknown {
    return {next: this.#next, books: this.#books.map((book) => book.snapshot())};
  }

  restore(snapshot: unknown): void {
    const {next, books} = snapshot as {
      readonly next: number;
      readonly books: readonly ReturnType<AppBook['snapshot']>[];
    };
    this.#next = next;
    for (const [index, book] of books.entries()) this.#books[index]?.restore(book);
  }
}
