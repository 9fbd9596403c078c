/**
 * An engine with one framework, for small worlds in virtual time. All that it orders is carried out
 * before anything else happens: here what is the same in any world, by the world itself what is
 * done with tasks and probes.
 */
import type {
  Effect,
  Engine,
  FrameworkEvent,
  FrameworkId,
  FrameworkReply,
  Input,
} from '../engine/index.ts';

type StatusInput = Extract<Input, {readonly kind: 'taskStatus'}>;
type PersistEffect = Extract<Effect, {readonly kind: 'persist'}>;

/** What an agent says of a task. */
export type TaskNews = Omit<StatusInput, 'kind' | 'frameworkId' | 'updateId'>;

export interface HostOptions {
  readonly engine: Engine;
  readonly frameworkId: FrameworkId;
  /** The present instant of the engine. */
  readonly now: () => number;
  /** Carries out what is not a write, an answer or an event. */
  readonly carryOut: (effect: Effect) => void;
}

export class EngineHost {
  readonly engine: Engine;
  /** All that were published, in order. */
  readonly events: FrameworkEvent[] = [];
  /** Documents of the store, which writes at once, by path. */
  readonly records = new Map<string, unknown>();
  readonly #frameworkId: FrameworkId;
  readonly #now: () => number;
  readonly #carryOut: (effect: Effect) => void;
  readonly #replies = new Map<string, FrameworkReply>();
  #serial = 0;

  constructor({engine, frameworkId, now, carryOut}: HostOptions) {
    this.engine = engine;
    this.#frameworkId = frameworkId;
    this.#now = now;
    this.#carryOut = carryOut;
  }

  step(input: Input): void {
    this.engine.step(this.#now(), input);
    this.drain();
  }

  /**
   * A request and its answer.
   * @throws if none comes at once
   */
  request(request: unknown): FrameworkReply {
    this.#serial += 1;
    const requestId = `request-${this.#serial}`;
    this.step({kind: 'request', requestId, frameworkId: this.#frameworkId, request});
    const reply = this.#replies.get(requestId);
    if (reply === undefined) throw new Error(`not answered: ${JSON.stringify(request)}`);
    return reply;
  }

  status(news: TaskNews): void {
    this.#serial += 1;
    const updateId = `update-${this.#serial}`;
    this.step({kind: 'taskStatus', frameworkId: this.#frameworkId, updateId, ...news});
  }

  /** Carries out all orders, and those that follow from them. */
  drain(): void {
    for (let effects = this.engine.takeEffects(); effects.length > 0;) {
      for (const effect of effects) this.#do(effect);
      effects = this.engine.takeEffects();
    }
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        this.#write(effect);
        break;
      case 'reply':
        this.#replies.set(effect.requestId, effect.reply);
        break;
      case 'publish':
        this.events.push(effect.event);
        break;
      default:
        this.#carryOut(effect);
    }
  }

  #write({puts, deletes, batch}: PersistEffect): void {
    for (const {path, document} of puts) this.records.set(path, document);
    for (const path of deletes) this.records.delete(path);
    this.engine.step(this.#now(), {kind: 'recordsWritten', batch});
  }
}
