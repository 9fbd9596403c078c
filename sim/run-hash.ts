/**
 * A fingerprint of a run: every input and effect with its instant, folded in order into two independent 32-bit
 * lanes (one in the manner of FNV-1a with a rotation, one of MurmurHash3). Equal runs have equal hashes;
 * it is no defence against forgery.
 *
 * Fields are folded by hand, because turning each input into JSON would cost more than handling it.
 */
import type {Amounts, Effect, Input} from '../engine/index.ts';

export interface RunHashSnapshot {
  readonly left: number;
  readonly right: number;
}

const LEFT_START = 0x811c9dc5;
const RIGHT_START = 0x9747b28c;

/** Numbers of the kinds in the hash: part of its definition, so they never change. */
const INPUT_CODES: Readonly<Record<Input['kind'], number>> = {
  tick: 1,
  agentRegistered: 2,
  agentDisconnected: 3,
  agentSilent: 4,
  agentHeard: 5,
  taskStatus: 6,
  jobSubmitted: 7,
  request: 8,
  recordsWritten: 9,
};

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

export class RunHash {
  #left = LEFT_START | 0;
  #right = RIGHT_START | 0;
  /** Amounts are shared by many tasks; the same object is digested once. */
  #amounts = new WeakMap<Amounts, number>();

  input(now: number, input: Input): void {
    this.#word(INPUT_CODES[input.kind]);
    this.number(now);
    switch (input.kind) {
      case 'tick':
        return;
      case 'taskStatus':
        this.text(input.taskId);
        this.text(input.agentId);
        this.text(input.state);
        this.text(input.updateId);
        if (input.healthy !== undefined) this.#word(input.healthy ? 1 : 2);
        return;
      case 'jobSubmitted':
        this.text(input.frameworkId);
        this.text(input.job.id);
        this.number(input.job.tasks);
        this.#digestOf(input.job.resources);
        this.value(input.job.estimateMs);
        return;
      case 'recordsWritten':
        this.number(input.batch);
        return;
      case 'agentRegistered':
      case 'agentDisconnected':
      case 'agentSilent':
      case 'agentHeard':
      case 'request':
        this.value(input);
        return;
      default:
        input satisfies never;
    }
  }

  effect(now: number, effect: Effect): void {
    this.number(now);
    switch (effect.kind) {
      case 'launchTask':
        this.#word(65);
        this.text(effect.agentId);
        this.text(effect.taskId);
        this.text(effect.frameworkId);
        this.#digestOf(effect.resources);
        return;
      case 'acknowledgeStatus':
        this.#word(66);
        this.text(effect.taskId);
        this.text(effect.updateId);
        return;
      case 'killTask':
        this.#word(67);
        this.text(effect.taskId);
        this.text(effect.agentId);
        return;
      case 'publish':
        this.#word(68);
        this.value(effect.event);
        return;
      case 'persist':
        this.#word(69);
        this.#persist(effect);
        return;
      case 'reply':
        this.#word(70);
        this.text(effect.requestId);
        this.value(effect.reply);
        return;
      default:
        effect satisfies never;
    }
  }

  #persist(effect: Extract<Effect, {kind: 'persist'}>): void {
    this.number(effect.batch);
    for (const put of effect.puts) {
      this.text(put.path);
      this.value(put.document);
    }
    for (const path of effect.deletes) this.text(path);
  }

  #digestOf(amounts: Amounts): void {
    let digest = this.#amounts.get(amounts);
    if (digest === undefined) {
      const own = new RunHash();
      own.value(amounts);
      digest = own.#left;
      this.#amounts.set(amounts, digest);
    }
    this.#word(digest);
  }

  /** Any plain data, by structure; object keys count in their order. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'number':
        this.number(value);
        return;
      case 'boolean':
        this.#word(value ? 3 : 4);
        return;
      case 'object':
        this.#object(value);
        return;
      default:
        this.#word(5);
    }
  }

  #object(value: object | null): void {
    if (value === null) {
      this.#word(6);
    } else if (Array.isArray(value)) {
      this.#word(7);
      this.#word(value.length);
      for (const item of value) this.value(item);
    } else {
      this.#word(8);
      for (const [key, item] of Object.entries(value)) {
        // A field that is absent and one that is undefined are the same data.
        if (item === undefined) continue;
        this.text(key);
        this.value(item);
      }
      this.#word(9);
    }
  }

  text(text: string): void {
    let left = this.#left;
    let right = this.#right;
    const {length} = text;
    for (let at = 0; at < length; at += 1) {
      const unit = text.charCodeAt(at);
      left = Math.imul(left ^ unit, 0x01000193);
      right = Math.imul(right ^ unit, 0x5bd1e995);
      right ^= right >>> 15;
    }
    this.#left = left;
    this.#right = right;
    this.#word(length);
  }

  number(value: number): void {
    const word = value | 0;
    if (word === value) {
      this.#word(word);
      return;
    }
    float[0] = value;
    this.#word(words[0] as number);
    this.#word(words[1] as number);
  }

  #word(word: number): void {
    let left = Math.imul(this.#left ^ word, 0x01000193);
    left = (left << 13) | (left >>> 19);
    this.#left = Math.imul(left ^ (word >>> 16), 0x01000193);
    let mixed = Math.imul(word, 0xcc9e2d51);
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    const right = this.#right ^ mixed;
    this.#right = (Math.imul((right << 13) | (right >>> 19), 5) + 0xe6546b64) | 0;
  }

  /** 16 hexadecimal digits. */
  get digits(): string {
    return hex(avalanche(this.#left)) + hex(avalanche(this.#right));
  }

  snapshot(): RunHashSnapshot {
    return {left: this.#left, right: this.#right};
  }

  restore({left, right}: RunHashSnapshot): void {
    this.#left = left;
    this.#right = right;
  }
}

/** Spreads the last folded bits over the whole word. */
function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
