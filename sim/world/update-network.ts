/**
 * The way of status updates from the agents to the master. Updates may take time and come twice; of
 * one agent they keep their order, as on one connection, and what is under way when the connection
 * breaks is lost: the agent says it again when it is back.
 */
import {makeRandom, Random} from '../../engine/index.ts';
import type {Input, RandomState} from '../../engine/index.ts';
import {draw} from '../random/distributions.ts';
import type {NetworkSettings} from '../scenario/schema.ts';
import type {AgentTable} from './agents.ts';
import {UPDATE_ARRIVES} from './world-queue.ts';
import type {WorldQueue} from './world-queue.ts';

type Update = Extract<Input, {kind: 'taskStatus'}>;

/** An update that is under way. */
interface Letter {
  readonly update: Update;
  /** Row of the agent, and which of its connections it goes by. */
  readonly agent: number;
  readonly connection: number;
}

export interface UpdateNetworkSnapshot {
  readonly letters: readonly (Letter | null)[];
  /** Rows without a letter, the next to be used last. */
  readonly holes: readonly number[];
  /** Agent → when its last letter arrives. */
  readonly lastAt: readonly (readonly [agent: number, at: number])[];
  readonly random: RandomState;
}

export interface UpdateNetworkParts {
  readonly port: {deliver(input: Input): void};
  readonly queue: WorldQueue;
  readonly agents: AgentTable;
  readonly seed: number;
}

export class UpdateNetwork {
  readonly #parts: UpdateNetworkParts;
  /** Undefined: updates arrive as they are sent, once. */
  readonly #settings: NetworkSettings | undefined;
  /** Indexed by the row in the queue; what has arrived leaves a hole that is used again. */
  #letters: (Letter | null)[] = [];
  #holes: number[] = [];
  readonly #lastAt = new Map<number, number>();
  #random: Random;

  constructor(settings: NetworkSettings | undefined, parts: UpdateNetworkParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#random = makeRandom(parts.seed, 'network');
  }

  send(now: number, agent: number, update: Update): void {
    if (this.#settings === undefined) {
      this.#parts.port.deliver(update);
      return;
    }
    const {delayMs, duplicate} = this.#settings;
    const copies = duplicate > 0 && this.#random.float() < duplicate ? 2 : 1;
    const connection = this.#parts.agents.connections[agent] as number;
    for (let copy = 0; copy < copies; copy += 1) {
      const onTime = now + Math.round(draw(delayMs, this.#random));
      const at = Math.max(onTime, this.#lastAt.get(agent) ?? 0);
      this.#lastAt.set(agent, at);
      this.#parts.queue.pushAgent(at, UPDATE_ARRIVES, this.#file({update, agent, connection}));
    }
  }

  #file(letter: Letter): number {
    const row = this.#holes.pop() ?? this.#letters.length;
    this.#letters[row] = letter;
    return row;
  }

  /** An entry of the queue has come due. */
  arrive(row: number): void {
    const letter = this.#letters[row];
    if (letter === null || letter === undefined) return;
    this.#letters[row] = null;
    this.#holes.push(row);
    const {agents, port} = this.#parts;
    const {agent, connection, update} = letter;
    if (agents.isUp(agent) && agents.connections[agent] === connection) port.deliver(update);
  }

  snapshot(): UpdateNetworkSnapshot {
    return {
      letters: [...this.#letters],
      holes: [...this.#holes],
      lastAt: [...this.#lastAt],
      random: this.#random.state,
    };
  }

  restore({letters, holes, lastAt, random}: UpdateNetworkSnapshot): void {
    this.#letters = [...letters];
    this.#holes = [...holes];
    for (const [agent, at] of lastAt) this.#lastAt.set(agent, at);
    this.#random = new Random(random);
  }
}
