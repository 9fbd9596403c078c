/**
 * Agents as they really are, whatever the master thinks of them: tasks that live and end, news that
 * is repeated until somebody confirms it, orders that arrive late or never. Not part of the engine.
 */
import type {Effect} from '../../../effects.ts';
import type {AgentTask, Input} from '../../../inputs.ts';
import {agentIdOf, type AgentId} from '../../../kernel/ids.ts';
import type {TaskState} from '../../../scheduler.ts';

export type Launch = Extract<Effect, {kind: 'launchTask'}>;
export type Kill = Extract<Effect, {kind: 'killTask'}>;

/** What becomes of a task. */
export interface Fate {
  /** From its arrival to RUNNING. */
  readonly startMs: number;
  /** From RUNNING to its end. */
  readonly runMs: number;
  readonly end: Extract<TaskState, `TASK_${'ERROR' | 'FAILED' | 'FINISHED' | 'KILLED' | 'LOST'}`>;
  /** Kills that it takes no notice of. */
  readonly deafTo: number;
}

interface News {
  readonly updateId: string;
  readonly state: TaskState;
}

export interface WorldTask {
  readonly launch: Launch;
  readonly agent: WorldAgent;
  readonly fate: Fate;
  readonly arrivedAt: number;
  /** Its process is there. */
  isAlive: boolean;
  isRunning: boolean;
  /** When something happens to it by itself. */
  nextAt: number;
  kills: number;
  /** The longest time for which its agent was cut off while it lived. */
  outMs: number;
  /** What nobody has confirmed, oldest first; the first one is repeated until somebody does. */
  readonly news: News[];
  sent: number;
}

export interface WorldAgent {
  readonly id: AgentId;
  /** Whether orders and news go through. */
  isConnected: boolean;
  /** Since when they do not. */
  cutAt: number;
  /** It never comes back, and all that it ran is dead. */
  isGone: boolean;
  readonly tasks: Map<string, WorldTask>;
  /** Orders on their way, in order. */
  inbox: (Kill | Launch)[];
}

export function newAgent(name: string): WorldAgent {
  return {
    id: agentIdOf(name),
    isConnected: true,
    cutAt: 0,
    isGone: false,
    tasks: new Map(),
    inbox: [],
  };
}

/** The task reports a state of its own accord. */
function report(task: WorldTask, state: TaskState): void {
  const {launch, agent, arrivedAt} = task;
  task.news.push({updateId: `${launch.taskId} ${state} ${agent.id} ${arrivedAt}`, state});
}

export function arrive(agent: WorldAgent, launch: Launch, fate: Fate, now: number): WorldTask {
  const task: WorldTask = {
    launch,
    agent,
    fate,
    arrivedAt: now,
    isAlive: true,
    isRunning: false,
    nextAt: now + fate.startMs,
    kills: 0,
    outMs: 0,
    news: [],
    sent: 0,
  };
  agent.tasks.set(launch.taskId, task);
  return task;
}

/** What has become due for a task by itself. */
export function goOn(task: WorldTask, now: number): void {
  while (task.isAlive && task.nextAt <= now) {
    if (task.isRunning) end(task, task.fate.end);
    else {
      task.isRunning = true;
      task.nextAt += task.fate.runMs;
      report(task, 'TASK_RUNNING');
    }
  }
}

export function end(task: WorldTask, state: TaskState): void {
  if (!task.isAlive) return;
  task.isAlive = false;
  task.nextAt = Infinity;
  report(task, state);
}

export function killed(task: WorldTask): void {
  task.kills += 1;
  if (task.kills > task.fate.deafTo) end(task, 'TASK_KILLED');
}

/** What an agent says of a kill of a task that it does not have, or not any more, as in Mesos. */
export function cannotKill({agentId, frameworkId, taskId}: Kill): Input {
  const updateId = `${taskId} dropped`;
  return {kind: 'taskStatus', agentId, frameworkId, taskId, state: 'TASK_DROPPED', updateId};
}

export function acknowledged(agent: WorldAgent, taskId: string, updateId: string): void {
  const task = agent.tasks.get(taskId);
  if (task?.news[0]?.updateId !== updateId) return;
  task.news.shift();
  if (!task.isAlive && task.news.length === 0) agent.tasks.delete(taskId);
}

/** The news that a task repeats. */
export function statusOf(task: WorldTask): Input | undefined {
  const [news] = task.news;
  if (news === undefined) return undefined;
  task.sent += 1;
  const {launch, agent} = task;
  const {frameworkId, taskId} = launch;
  return {kind: 'taskStatus', agentId: agent.id, frameworkId, taskId, ...news};
}

/** What an agent says when it registers: whatever has not ended, as far as anybody was told. */
export function registration(agent: WorldAgent, cpus: number): Input {
  const tasks = [...agent.tasks.values()].map(({launch, isRunning}): AgentTask => {
    const {frameworkId, taskId, name, origin, resources} = launch;
    const state = isRunning ? 'TASK_RUNNING' : 'TASK_STAGING';
    return {frameworkId, taskId, name, origin, resources, state};
  });
  return {
    kind: 'agentRegistered',
    agent: {id: agent.id, hostname: agent.id, attributes: {}},
    resources: {scalars: {cpus: cpus * 1000, mem: 8_192_000, disk: 8_192_000}},
    tasks,
  };
}
