/** Virtual agents keep the promises of real executors, as far as these are about a task's life. */
import test from 'ava';
import {
  conductContract,
  type ConductBed,
  type Manner,
} from '../../adapters/ports/testing/task-conduct.ts';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../../engine/index.ts';
import type {Effect, Input} from '../../engine/index.ts';
import {AgentTable} from './agents.ts';
import {Tally} from './tally.ts';
import {SAYS_FAILED, SAYS_FINISHED, TaskTable} from './tasks.ts';
import type {TaskPlan} from './tasks.ts';
import {TaskHealths} from './task-health.ts';
import {UpdateNetwork} from './update-network.ts';
import {VirtualTasks} from './virtual-tasks.ts';
import {kindOf, rowOf, WorldQueue} from './world-queue.ts';

const AGENT = agentIdOf('node-0');
const FRAMEWORK = frameworkIdOf('f');

/** Starting takes a moment, so that a kill may come into it. */
const LIFE: TaskPlan = {
  ...{
    saysStarting: true,
    saysKilling: true,
    startupMs: 20,
    durationMs: -1,
    end: SAYS_FINISHED,
    stopMs: 30,
  },
  health: null,
};

const PLANS: Readonly<Record<Manner, TaskPlan>> = {
  fails: {...LIFE, durationMs: 5, end: SAYS_FAILED},
  finishes: {...LIFE, durationMs: 5},
  runs: LIFE,
  stubborn: {...LIFE, stopMs: 1_000_000_000},
};

/** One virtual agent, and a master that acknowledges at once. */
class VirtualBed implements ConductBed {
  readonly #queue = new WorldQueue();
  readonly #virtual: VirtualTasks;
  readonly #states = new Map<string, string[]>();
  readonly #waiting: {readonly at: number; readonly resolve: () => void}[] = [];
  #updates: Extract<Input, {kind: 'taskStatus'}>[] = [];
  #now = 0;
  #isDriving = false;

  constructor() {
    const agents = new AgentTable([
      {
        ...{hostname: 'node-0', group: 'node', zone: undefined, rack: undefined},
        ...{region: undefined, attributes: {}, resources: {scalars: {cpus: 1_000_000}}},
      },
    ]);
    const tasks = new TaskTable(agents, 1);
    const healths = new TaskHealths(tasks, 1, () => {
      throw new Error('nobody asks for the health of these tasks');
    });
    const port = {deliver: (input: Input): void => this.#hear(input)};
    const parts = {port, queue: this.#queue, agents, tasks, healths};
    const network = new UpdateNetwork(undefined, {...parts, seed: 1});
    this.#virtual = new VirtualTasks({...parts, tally: new Tally(1), network});
  }

  #hear(input: Input): void {
    if (input.kind !== 'taskStatus') return;
    const states = this.#states.get(input.taskId) ?? [];
    this.#states.set(input.taskId, [...states, input.state]);
    this.#updates.push(input);
  }

  launch(id: string, manner: Manner): Promise<void> {
    const order: Extract<Effect, {kind: 'launchTask'}> = {
      ...{kind: 'launchTask', agentId: AGENT, frameworkId: FRAMEWORK, taskId: taskIdOf(id)},
      ...{name: id, origin: {kind: 'app', appId: '/app', version: '1'}},
      resources: {scalars: {cpus: 100}},
    };
    this.#virtual.launch(this.#now, order, {framework: 0, job: -1, plan: PLANS[manner]});
    return Promise.resolve();
  }

  kill(id: string, graceMs: number): void {
    const order = {agentId: AGENT, frameworkId: FRAMEWORK, taskId: taskIdOf(id), graceMs};
    this.#virtual.kill(this.#now, {kind: 'killTask', ...order}, 0);
  }

  running(id: string): Promise<void> {
    return this.#until(() => this.statesOf(id).some((state) => state !== 'TASK_STARTING'));
  }

  ended(id: string): Promise<void> {
    const isEnd = (state: string): boolean => /FINISHED|FAILED|KILLED/.test(state);
    return this.#until(() => this.statesOf(id).some(isEnd));
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.wait(1);
  }

  statesOf(id: string): readonly string[] {
    return this.#states.get(id) ?? [];
  }

  now(): number {
    return this.#now;
  }

  /** Time goes on when nobody has anything to do before. */
  wait(ms: number): Promise<void> {
    const waited = new Promise<void>((resolve) => {
      this.#waiting.push({at: this.#now + ms, resolve});
    });
    if (!this.#isDriving) void this.#drive();
    return waited;
  }

  async #drive(): Promise<void> {
    this.#isDriving = true;
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => void setImmediate(resolve));
      const next = Math.min(...this.#waiting.map(({at}) => at));
      this.#passTo(next);
      const due = this.#waiting.filter(({at}) => at <= next);
      for (const {resolve} of due) resolve();
      this.#waiting.splice(0, Infinity, ...this.#waiting.filter((item) => !due.includes(item)));
    }
    this.#isDriving = false;
  }

  #passTo(now: number): void {
    while (this.#queue.nextAt <= now) {
      this.#now = this.#queue.nextAt;
      const entry = this.#queue.popTask();
      this.#virtual.handle(this.#now, kindOf(entry), rowOf(entry));
      for (const {taskId, updateId = ''} of this.#updates.splice(0)) {
        const of = {agentId: AGENT, frameworkId: FRAMEWORK, taskId};
        this.#virtual.acknowledge(this.#now, {kind: 'acknowledgeStatus', ...of, updateId}, 0);
      }
    }
    this.#now = now;
  }

  cleanUp(): Promise<void> {
    return Promise.resolve();
  }
}

conductContract(test, 'virtual agents', () => Promise.resolve(new VirtualBed()));
