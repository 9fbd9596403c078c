/**
 * An independent check of the engine from outside: it knows nothing but inputs and effects, and
 * derives anew what must hold. No agent is given more than it has, no port twice; a task is in one
 * place; what ended stays ended.
 */
import {totalScalars} from './scenario/amounts.ts';
import {
  containsRanges,
  addRanges,
  isTerminal,
  makeRanges,
  subtractRanges,
} from '../engine/index.ts';
import type {Amounts, Effect, Input, Ranges} from '../engine/index.ts';
import {RunChecker} from './run-checker.ts';

interface CheckedTask {
  readonly agentId: string;
  readonly resources: Amounts;
  hasEnded: boolean;
}

interface CheckedAgent {
  total: Amounts;
  /** Thousandths by name, and numbers of ranges by name, that its tasks hold. */
  readonly used: Map<string, number>;
  readonly ranges: Map<string, Ranges>;
  readonly tasks: Set<string>;
}

/** What follows from the first few says nothing new. */
const VIOLATIONS_MAX = 100;

type Registered = Extract<Input, {kind: 'agentRegistered'}>;
type Status = Extract<Input, {kind: 'taskStatus'}>;
type LaunchEffect = Extract<Effect, {kind: 'launchTask'}>;

const keyOf = (of: {readonly frameworkId: string; readonly taskId: string}): string =>
  `${of.frameworkId}/${of.taskId}`;

export class Checker {
  readonly #agents = new Map<string, CheckedAgent>();
  readonly #tasks = new Map<string, CheckedTask>();
  /** Ids of tasks that are over and acknowledged: none may come to life again. */
  readonly #over = new Set<string>();
  readonly violations: string[] = [];
  readonly #runs: RunChecker;

  /** `mayOverlap`: ids of Chronos frameworks in which jobs run beside themselves by default. */
  constructor(mayOverlap: ReadonlySet<string> = new Set()) {
    this.#runs = new RunChecker((now, text) => this.#report(now, text), mayOverlap);
  }

  input(now: number, input: Input): void {
    this.#runs.input(now, input);
    switch (input.kind) {
      case 'agentRegistered':
        this.#registered(now, input);
        return;
      case 'taskStatus':
        this.#status(now, input);
        return;
      default:
    }
  }

  effect(now: number, effect: Effect): void {
    this.#runs.effect(now, effect);
    switch (effect.kind) {
      case 'launchTask':
        this.#launched(now, effect);
        return;
      case 'acknowledgeStatus': {
        const key = keyOf(effect);
        if (this.#tasks.get(key)?.hasEnded !== true) return;
        this.#tasks.delete(key);
        this.#over.add(key);
        return;
      }
      default:
    }
  }

  /**
   * An agent that registers says what it has: anything else that was thought to be there is gone.
   */
  #registered(now: number, {agent, resources, tasks}: Registered): void {
    const before = this.#agents.get(agent.id);
    const checked: CheckedAgent = {
      total: resources,
      used: new Map(),
      ranges: new Map(),
      tasks: new Set(),
    };
    this.#agents.set(agent.id, checked);
    const reported = new Set(tasks.map(keyOf));
    for (const key of before?.tasks ?? []) {
      if (reported.has(key)) continue;
      this.#tasks.delete(key);
      this.#over.add(key);
    }
    for (const task of tasks) {
      const key = keyOf(task);
      const known = this.#tasks.get(key);
      if (known !== undefined && known.agentId !== agent.id) {
        this.#report(now, `task ${key} is on ${known.agentId} and on ${agent.id}`);
      }
      // Its last word may have been lost on the way.
      const hasEnded = known?.hasEnded === true || isTerminal(task.state);
      this.#tasks.set(key, {agentId: agent.id, resources: task.resources, hasEnded});
      if (!hasEnded) this.#hold(now, agent.id, key, task.resources);
    }
  }

  #launched(now: number, effect: LaunchEffect): void {
    const key = keyOf(effect);
    if (this.#over.has(key)) this.#report(now, `task ${key} is launched after its end`);
    const known = this.#tasks.get(key);
    if (known !== undefined) {
      this.#report(now, `task ${key} is launched on ${effect.agentId}, but is on ${known.agentId}`);
    }
    const {agentId, resources} = effect;
    this.#tasks.set(key, {agentId, resources, hasEnded: false});
    this.#hold(now, agentId, key, resources);
  }

  #status(now: number, input: Status): void {
    const key = keyOf(input);
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    if (task.agentId !== input.agentId) {
      this.#report(now, `task ${key} of ${task.agentId} is reported by ${input.agentId}`);
    }
    if (!isTerminal(input.state)) {
      if (task.hasEnded) this.#report(now, `task ${key} is ${input.state} after its end`);
      return;
    }
    if (!task.hasEnded) this.#free(task, key);
    task.hasEnded = true;
  }

  #hold(now: number, agentId: string, key: string, resources: Amounts): void {
    const {ranges = {}} = resources;
    const agent = this.#agents.get(agentId);
    if (agent === undefined) {
      this.#report(now, `task ${key} is launched on the unknown agent ${agentId}`);
      return;
    }
    agent.tasks.add(key);
    for (const [name, amount] of Object.entries(totalScalars(resources))) {
      const used = (agent.used.get(name) ?? 0) + amount;
      agent.used.set(name, used);
      const total = totalScalars(agent.total)[name] ?? 0;
      if (used <= total) continue;
      this.#report(
        now,
        `agent ${agentId} gives ${used} of ${name}, but has ${total} (thousandths)`,
      );
    }
    for (const [name, pairs] of Object.entries(ranges)) {
      const wanted = makeRanges(pairs);
      const total = makeRanges(agent.total.ranges?.[name] ?? []);
      const used = agent.ranges.get(name) ?? [];
      if (!containsRanges(subtractRanges(total, used), wanted)) {
        this.#report(now, `agent ${agentId} gives ${name} of ${key} twice or does not have them`);
      }
      agent.ranges.set(name, addRanges(used, wanted));
    }
  }

  #free(task: CheckedTask, key: string): void {
    const agent = this.#agents.get(task.agentId);
    if (agent === undefined || !agent.tasks.delete(key)) return;
    for (const [name, amount] of Object.entries(totalScalars(task.resources))) {
      agent.used.set(name, (agent.used.get(name) ?? 0) - amount);
    }
    for (const [name, pairs] of Object.entries(task.resources.ranges ?? {})) {
      agent.ranges.set(name, subtractRanges(agent.ranges.get(name) ?? [], makeRanges(pairs)));
    }
  }

  #report(now: number, text: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(`at ${now} ms: ${text}`);
  }
}
