/**
 * A fingerprint of a run: every input and effect with its instant, folded in order into two
 * independent 32-bit lanes (one in the manner of FNV-1a with a rotation, one of MurmurHash3). Equal
 * runs have equal hashes; it is no defence against forgery.
 *
 * Fields are folded by hand, because turning each input into JSON would cost more than handling it.
 */
import type {
  Amounts,
  Effect,
  FrameworkEvent,
  Input,
  Probe,
  ProbeOutcome,
  TaskState,
} from '../engine/index.ts';

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
  operatorRequest: 10,
  probeResults: 11,
  frameworkFailedOver: 12,
  leadershipGained: 13,
  leadershipLost: 14,
  recordsRefused: 15,
};

const STATE_CODES: Readonly<Record<TaskState, number>> = {
  TASK_STAGING: 1,
  TASK_STARTING: 2,
  TASK_RUNNING: 3,
  TASK_KILLING: 4,
  TASK_FINISHED: 5,
  TASK_FAILED: 6,
  TASK_KILLED: 7,
  TASK_ERROR: 8,
  TASK_LOST: 9,
  TASK_DROPPED: 10,
  TASK_UNREACHABLE: 11,
  TASK_GONE: 12,
  TASK_GONE_BY_OPERATOR: 13,
  TASK_UNKNOWN: 14,
};

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

export class RunHash {
  #left = LEFT_START | 0;
  #right = RIGHT_START | 0;
  #lastTask = '';
  #lastDigest = digestOf('');
  /** Amounts are shared by many tasks; the same object is digested once. */
  #amounts = new WeakMap<Amounts, number>();
  #probes = new WeakMap<Probe, number>();

  input(now: number, input: Input): void {
    this.#word(INPUT_CODES[input.kind]);
    this.number(now);
    switch (input.kind) {
      case 'tick':
        return;
      case 'taskStatus':
        this.#task(input.taskId);
        this.text(input.agentId);
        this.#word(STATE_CODES[input.state]);
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
      case 'recordsRefused':
      case 'recordsWritten':
        this.number(input.batch);
        return;
      case 'leadershipGained':
        this.number(input.epoch);
        return;
      case 'leadershipLost':
        return;
      case 'probeResults':
        this.text(input.frameworkId);
        for (const {probeId, outcome} of input.results) {
          this.text(probeId);
          this.#outcome(outcome);
        }
        return;
      case 'agentRegistered':
      case 'agentDisconnected':
      case 'agentSilent':
      case 'agentHeard':
      case 'request':
      case 'operatorRequest':
      case 'frameworkFailedOver':
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
        this.#task(effect.taskId);
        this.text(effect.frameworkId);
        this.#digestOf(effect.resources);
        if (effect.role !== undefined) this.text(effect.role);
        return;
      case 'applyOperations':
        this.#word(73);
        this.text(effect.agentId);
        this.value(effect.operations);
        return;
      case 'acknowledgeStatus':
        this.#word(66);
        this.#task(effect.taskId);
        this.text(effect.updateId);
        return;
      case 'killTask':
        this.#word(67);
        this.text(effect.taskId);
        this.text(effect.agentId);
        return;
      case 'probe':
        this.#word(72);
        this.text(effect.frameworkId);
        for (const probe of effect.probes) this.#probe(probe);
        return;
      case 'publish':
        this.#word(68);
        this.#event(effect.event);
        return;
      case 'persist':
        this.#word(69);
        this.#persist(effect);
        return;
      case 'reply':
      case 'operatorReply':
        this.#word(effect.kind === 'reply' ? 70 : 71);
        this.text(effect.requestId);
        this.value(effect.reply);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Probes come by the ten thousand, most of them the same as the last time. */
  #probe(probe: Probe): void {
    let digest = this.#probes.get(probe);
    if (digest === undefined) {
      const own = new RunHash();
      own.value(probe);
      digest = own.#left;
      this.#probes.set(probe, digest);
    }
    this.#word(digest);
  }

  #outcome(outcome: ProbeOutcome): void {
    if (outcome.kind === 'http') this.#word(outcome.status);
    else this.value(outcome);
    if (outcome.kind === 'http' && outcome.body !== undefined) this.text(outcome.body);
  }

  /** Events of jobs come with every job, and hold its id alone. */
  #event(event: FrameworkEvent): void {
    const {jobId} = event as {readonly jobId?: unknown};
    if (typeof jobId === 'string') {
      this.text(event.type);
      this.#task(jobId);
    } else {
      this.value(event);
    }
  }

  /** An id that most probably was the last one too: statuses, their answers and what follows. */
  #task(id: string): void {
    if (id !== this.#lastTask) {
      this.#lastTask = id;
      this.#lastDigest = digestOf(id);
    }
    this.#word(this.#lastDigest);
  }

  #persist(effect: Extract<Effect, {kind: 'persist'}>): void {
    this.number(effect.batch);
    if (effect.epoch !== undefined) this.number(effect.epoch);
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
      const fields = value as Readonly<Record<string, unknown>>;
      for (const key of Object.keys(fields)) {
        const item = fields[key];
        // A field that is absent and one that is undefined are the same data.
        if (item === undefined) continue;
        this.text(key);
        this.value(item);
      }
      this.#word(9);
    }
  }

  /**
   * Texts are most of what is folded: each becomes one word first, at one multiplication a letter.
   */
  text(text: string): void {
    this.#word(digestOf(text));
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

function digestOf(text: string): number {
  const {length} = text;
  let digest = length;
  for (let at = 0; at < length; at += 1) {
    digest = Math.imul(digest ^ text.charCodeAt(at), 0x5bd1e995);
    digest ^= digest >>> 15;
  }
  return digest;
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
