/**
 * Answers to the engine's probes: a whole batch is looked through at once, and what is answered at
 * one instant goes back in one input.
 */
import {assert} from '../../engine/index.ts';
import type {Effect, FrameworkId, ProbeResult} from '../../engine/index.ts';
import type {AgentTable} from './agents.ts';
import {REFUSED, TIMED_OUT} from './task-health.ts';
import type {TaskHealths} from './task-health.ts';
import {RUNNING} from './tasks.ts';
import type {TaskTable} from './tasks.ts';
import type {InputPort} from './virtual-tasks.ts';
import {PROBES_ANSWERED} from './world-queue.ts';
import type {WorldQueue} from './world-queue.ts';

type Questions = Extract<Effect, {kind: 'probe'}>;

/** What is answered at one instant. */
interface Answers {
  readonly frameworkId: FrameworkId;
  readonly results: ProbeResult[];
}

export interface ProbeAnswersParts {
  readonly port: InputPort;
  readonly queue: WorldQueue;
  readonly agents: AgentTable;
  readonly tasks: TaskTable;
  readonly healths: TaskHealths;
}

export type ProbeAnswersSnapshot = readonly (Answers | null)[];

export class ProbeAnswers {
  readonly #parts: ProbeAnswersParts;
  /** Indexed by the row in the queue; what was delivered leaves a hole that is used again. */
  #pending: (Answers | null)[] = [];

  constructor(parts: ProbeAnswersParts) {
    this.#parts = parts;
  }

  /** Tasks answer at once or not in time; nobody waits longer for what cannot be reached. */
  ask(now: number, {frameworkId, probes}: Questions, framework: number): void {
    const {agents, tasks, healths} = this.#parts;
    const prompt: ProbeResult[] = [];
    const late = new Map<number, ProbeResult[]>();
    for (const probe of probes) {
      const {probeId} = probe;
      let outcome = TIMED_OUT;
      if (agents.isUp(agents.rowOf(probe.agentId))) {
        const row = tasks.rowOf(framework, probe.taskId);
        // Instances are asked in the order in which they came, as their tasks did.
        tasks.likelyRow = row + 1;
        outcome =
          row >= 0 && tasks.state[row] === RUNNING ? healths.outcome(now, row, probe) : REFUSED;
      }
      if (outcome !== TIMED_OUT) {
        prompt.push({probeId, outcome});
        continue;
      }
      const others = late.get(probe.timeoutMs);
      if (others === undefined) late.set(probe.timeoutMs, [{probeId, outcome}]);
      else others.push({probeId, outcome});
    }
    if (prompt.length > 0) this.#answerAt(now, {frameworkId, results: prompt});
    for (const [timeoutMs, results] of late)
      this.#answerAt(now + timeoutMs, {frameworkId, results});
  }

  #answerAt(at: number, answers: Answers): void {
    const hole = this.#pending.indexOf(null);
    const row = hole < 0 ? this.#pending.length : hole;
    this.#pending[row] = answers;
    this.#parts.queue.pushTask(at, PROBES_ANSWERED, row);
  }

  /** The time of some answers has come. */
  deliver(row: number): void {
    const answers = this.#pending[row];
    assert(answers !== null && answers !== undefined, () => `no answers in row ${row}`);
    this.#pending[row] = null;
    this.#parts.port.deliver({kind: 'probeResults', ...answers});
  }

  snapshot(): ProbeAnswersSnapshot {
    return [...this.#pending];
  }

  restore(snapshot: ProbeAnswersSnapshot): void {
    this.#pending = [...snapshot];
  }
}
