/**
 * The driver loop: takes what happens, in order, to the engine, and what the engine wants to the
 * world. It owns time and order and nothing else: every decision is the engine's.
 *
 * What has arrived is stepped in one go; its effects are carried out after it, in their order.
 * Writes go to the store at once and come back as `recordsWritten`, so that one write is under way
 * while the next is being prepared. Before each go the lease is asked: a process that was stopped
 * for a while must not act on what it has in hand.
 */
import {
  must,
  unreachable,
  type Effect,
  type Engine,
  type FrameworkEvent,
  type FrameworkId,
  type FrameworkReply,
  type Input,
  type OperatorRequest,
} from '../engine/index.ts';
import {StoreFencedError, StoreRefusedError, type Store} from '../adapters/ports/store.ts';
import {NotLeadingError, type Witness} from '../api/cluster.ts';
import type {Clock} from './clock.ts';

/** Timers of Node hold at most so many ms; a longer wait is made of several. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/** Orders to agents and questions to tasks: what of the effects reaches beyond this process. */
export type WorldEffect = Extract<
  Effect,
  {readonly kind: 'acknowledgeStatus' | 'applyOperations' | 'killTask' | 'launchTask' | 'probe'}
>;

export interface DriverParts {
  readonly engine: Engine;
  readonly store: Pick<Store, 'commit'>;
  readonly clock: Clock;
  /** Whether this process can prove that it leads. */
  readonly isLeading: () => boolean;
  readonly carryOut: (effect: WorldEffect) => void;
  readonly published: (frameworkId: FrameworkId, event: FrameworkEvent) => void;
  /** It leads no more: `reason` for the log. Called once. */
  readonly deposed: (reason: string, cause?: unknown) => void;
  /** Of inputs and effects, as they pass. */
  readonly witness: Pick<Witness, 'effect' | 'input' | 'measured'>;
}

/** What waits to be stepped. */
interface Arrival {
  readonly input: Input;
  /** Done just before its step: what its effects need. */
  readonly prepare?: (() => void) | undefined;
}

interface Asked {
  readonly resolve: (reply: FrameworkReply) => void;
  readonly reject: (error: Error) => void;
}

export class Driver {
  readonly engine: Engine;
  readonly #parts: DriverParts;
  #inbox: Arrival[] = [];
  readonly #asked = new Map<string, Asked>();
  #nextRequest = 1;
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #isOver = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.engine = parts.engine;
  }

  /** What the engine wants from its start on. */
  start(): void {
    this.#schedule();
  }

  /** Something has happened. `prepare` is called right before the engine hears of it. */
  tell(input: Input, prepare?: () => void): void {
    if (this.#isOver) return;
    this.#inbox.push({input, prepare});
    this.#schedule();
  }

  /** Asks a framework; answered when what it changed is written. */
  request(frameworkId: FrameworkId, request: unknown): Promise<FrameworkReply> {
    return this.#ask((requestId) => ({kind: 'request', requestId, frameworkId, request}));
  }

  operatorRequest(request: OperatorRequest): Promise<FrameworkReply> {
    return this.#ask((requestId) => ({kind: 'operatorRequest', requestId, request}));
  }

  #ask(inputOf: (requestId: string) => Input): Promise<FrameworkReply> {
    if (this.#isOver) return Promise.reject(new NotLeadingError());
    const requestId = `${this.#nextRequest}`;
    this.#nextRequest += 1;
    return new Promise((resolve, reject) => {
      this.#asked.set(requestId, {resolve, reject});
      this.tell(inputOf(requestId));
    });
  }

  /** Ends it: nothing goes in or out any more, and who waits for an answer is told. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#inbox = [];
    for (const {reject} of this.#asked.values()) reject(new NotLeadingError());
    this.#asked.clear();
  }

  #depose(reason: string, cause?: unknown): void {
    if (this.#isOver) return;
    // The engine lets go of all that it holds, whoever still has it.
    this.engine.step(this.#parts.clock.now(), {kind: 'leadershipLost'});
    this.stop();
    this.#parts.deposed(reason, cause);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isOver) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#isOver) return;
    if (!this.#parts.isLeading()) {
      this.#depose('it can no longer prove that it leads');
      return;
    }
    const arrivals = this.#inbox;
    this.#inbox = [];
    for (const {input, prepare} of arrivals) {
      prepare?.();
      this.#step(input);
    }
    if (this.engine.wakeAt <= this.#parts.clock.now()) this.#step({kind: 'tick'});
    this.#carryOut();
    if (!this.#isOver) this.#wait();
  }

  #step(input: Input): void {
    const {clock, witness} = this.#parts;
    const {view, wakeAt} = this.engine;
    const now = clock.now();
    witness.input(now, input);
    const runs = view.allocationRuns;
    const startedAt = performance.now();
    this.engine.step(now, input);
    if (view.allocationRuns === runs) return;
    // The engine has no clock; the run is nearly all of a step in which there is one.
    witness.measured(now, 'allocation', performance.now() - startedAt);
    witness.measured(now, 'allocationDelay', Math.max(0, now - wakeAt));
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const inMs = this.engine.wakeAt - this.#parts.clock.now();
    if (inMs <= 0) {
      this.#schedule();
    } else if (inMs !== Infinity) {
      this.#timer = setTimeout(() => this.#run(), Math.min(inMs, TIMEOUT_MAX));
    }
  }

  #carryOut(): void {
    const {witness, clock} = this.#parts;
    for (const effect of this.engine.takeEffects()) {
      if (this.#isOver) return;
      witness.effect(clock.now(), effect);
      switch (effect.kind) {
        case 'persist':
          this.#persist(effect);
          break;
        case 'reply':
        case 'operatorReply':
          this.#reply(effect.requestId, effect.reply);
          break;
        case 'publish':
          this.#parts.published(effect.frameworkId, effect.event);
          break;
        case 'launchTask':
        case 'killTask':
        case 'acknowledgeStatus':
        case 'applyOperations':
        case 'probe':
          this.#parts.carryOut(effect);
          break;
        default:
          unreachable(effect);
      }
    }
  }

  #persist({batch, epoch, puts, deletes}: Extract<Effect, {readonly kind: 'persist'}>): void {
    this.#parts.store.commit({epoch, puts, deletes}).then(
      () => this.tell({kind: 'recordsWritten', batch}),
      (error: unknown) => {
        if (error instanceof StoreFencedError) this.#depose('another master leads', error);
        else if (error instanceof StoreRefusedError) this.#depose('a record cannot be kept', error);
        else this.#depose('the store has failed', error);
      },
    );
  }

  #reply(requestId: string, reply: FrameworkReply): void {
    must(this.#asked.get(requestId), `request ${requestId}`).resolve(reply);
    this.#asked.delete(requestId);
  }
}
