/**
 * How a task answers those who ask how it is, and what its own agent finds: by its plan, unless the
 * scenario says otherwise of its app for now.
 */
import type {Probe, ProbeOutcome} from '../../engine/index.ts';
import type {HealthAnswer} from '../scenario/schema.ts';
import type {TaskHealth} from './health-plan.ts';
import type {Launch, TaskTable} from './tasks.ts';

export interface TaskHealthsSnapshot {
  readonly answers: readonly (readonly (readonly [app: string, answer: HealthAnswer])[])[];
}

const WELL: ProbeOutcome = {kind: 'http', status: 200};
const CONNECTED: ProbeOutcome = {kind: 'connected'};
const NOT_READY: ProbeOutcome = {kind: 'http', status: 503};
export const REFUSED: ProbeOutcome = {kind: 'failed', cause: 'connection refused'};
export const TIMED_OUT: ProbeOutcome = {kind: 'failed', cause: 'timed out'};

export class TaskHealths {
  readonly #tasks: TaskTable;
  readonly #planned: (launch: Launch) => TaskHealth;
  /** By framework: what all instances of an app answer for now. */
  readonly #answers: readonly Map<string, HealthAnswer>[];
  readonly #outcomes = new Map<number, ProbeOutcome>();

  /** `planned` draws the health of a task that nobody was thought to ask. */
  constructor(tasks: TaskTable, frameworks: number, planned: (launch: Launch) => TaskHealth) {
    this.#tasks = tasks;
    this.#planned = planned;
    this.#answers = Array.from({length: frameworks}, () => new Map<string, HealthAnswer>());
  }

  /** From now on all instances of the app answer this; undefined: by their plans again. */
  answerWith(framework: number, app: string, answer: HealthAnswer | undefined): void {
    const answers = this.#answers[framework] as Map<string, HealthAnswer>;
    if (answer === undefined) answers.delete(app);
    else answers.set(app, answer);
  }

  /** Whether a running task is healthy now. */
  isWell(now: number, row: number): boolean {
    const answer = this.#answerOf(row);
    if (answer !== undefined) return typeof answer === 'number' && answer >= 200 && answer < 400;
    return isWellAt(this.#healthOf(row), now - (this.#tasks.runningAt[row] as number));
  }

  /** What a running task answers to a probe. */
  outcome(now: number, row: number, {purpose, protocol}: Probe): ProbeOutcome {
    const health = this.#healthOf(row);
    const age = now - (this.#tasks.runningAt[row] as number);
    if (purpose === 'readiness') {
      return health.readyMs >= 0 && age >= health.readyMs ? WELL : NOT_READY;
    }
    const forced = this.#answerOf(row);
    if (forced === undefined && isWellAt(health, age)) {
      return protocol === 'TCP' ? CONNECTED : WELL;
    }
    const answer = forced ?? health.sickAnswer;
    if (answer === 'timeout') return TIMED_OUT;
    if (answer === 'refused') return REFUSED;
    // Who only connects does not see statuses, but that somebody is there.
    if (protocol === 'TCP') return answer >= 200 && answer < 400 ? CONNECTED : REFUSED;
    return this.#status(answer);
  }

  /** One object per status: 100,000 tasks answer the same. */
  #status(status: number): ProbeOutcome {
    let outcome = this.#outcomes.get(status);
    if (outcome === undefined) {
      outcome = {kind: 'http', status};
      this.#outcomes.set(status, outcome);
    }
    return outcome;
  }

  #answerOf(row: number): HealthAnswer | undefined {
    const answers = this.#answers[this.#tasks.framework[row] as number];
    if (answers === undefined || answers.size === 0) return undefined;
    const {origin} = this.#tasks.launches[row] as Launch;
    return origin.kind === 'app' ? answers.get(origin.appId) : undefined;
  }

  #healthOf(row: number): TaskHealth {
    const known = this.#tasks.health[row];
    if (known !== null && known !== undefined) return known;
    const drawn = this.#planned(this.#tasks.launches[row] as Launch);
    this.#tasks.health[row] = drawn;
    return drawn;
  }

  snapshot(): TaskHealthsSnapshot {
    return {answers: this.#answers.map((answers) => [...answers])};
  }

  restore(snapshot: TaskHealthsSnapshot): void {
    for (const [framework, answers] of snapshot.answers.entries()) {
      for (const [app, answer] of answers) this.answerWith(framework, app, answer);
    }
  }
}

/** By its plan, `age` after it began to run. */
export function isWellAt(health: TaskHealth, age: number): boolean {
  const {healthyMs, sickMs, wellForMs, sickForMs} = health;
  if (healthyMs < 0 || age < healthyMs) return false;
  if (sickMs >= 0 && age >= sickMs) return false;
  if (wellForMs < 0) return true;
  return (age - healthyMs) % (wellForMs + sickForMs) < wellForMs;
}

/** The age at which its agent may next find something new, after `age`; Infinity: never. */
export function nextTurn(health: TaskHealth, age: number): number {
  const {healthyMs, sickMs, wellForMs, sickForMs, byAgent, said} = health;
  let next = Infinity;
  const consider = (at: number): void => {
    if (at > age && at < next) next = at;
  };
  if (said === null && byAgent !== null) consider(byAgent.graceMs);
  if (sickMs >= 0) consider(sickMs);
  if (healthyMs < 0) return next;
  consider(healthyMs);
  if (wellForMs < 0 || age < healthyMs || (sickMs >= 0 && age >= sickMs)) return next;
  const turnMs = wellForMs + sickForMs;
  const began = healthyMs + Math.floor((age - healthyMs) / turnMs) * turnMs;
  consider(began + wellForMs);
  consider(began + turnMs);
  return next;
}
