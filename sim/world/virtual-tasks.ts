/**
 * Executors and status updates of the virtual agents: carries out launches and kills, and reports
 * as Mesos agents do: one update of a task is on its way at a time, and it is repeated until it is
 * acknowledged.
 */
import {assert} from '../../engine/index.ts';
import type {Effect, Input} from '../../engine/index.ts';
import {totalScalars} from '../scenario/amounts.ts';
import type {AgentTable} from './agents.ts';
import type {Tally} from './tally.ts';
import * as rows from './tasks.ts';
import type {Launch, TaskPlan, TaskTable} from './tasks.ts';
import type {AgentCheck, TaskHealth} from './health-plan.ts';
import type {UpdateNetwork} from './update-network.ts';
import {nextTurn} from './task-health.ts';
import type {TaskHealths} from './task-health.ts';
import {
  TASK_CONDEMNED,
  TASK_ENDED,
  TASK_KILLED,
  TASK_REPORTS,
  TASK_STARTED,
  TASK_TURNS,
} from './world-queue.ts';
import type {WorldQueue} from './world-queue.ts';

type Kill = Extract<Effect, {kind: 'killTask'}>;
type Acknowledgement = Extract<Effect, {kind: 'acknowledgeStatus'}>;

/** The way into the engine. What it answers comes back through the effects, after the call. */
export interface InputPort {
  deliver(input: Input): void;
}

/** What the world knows of a launch beside the order itself. */
export interface LaunchContext {
  readonly framework: number;
  /** Row of its job; -1 for instances of apps. */
  readonly job: number;
  readonly plan: TaskPlan;
}

export interface VirtualTasksParts {
  readonly port: InputPort;
  readonly queue: WorldQueue;
  readonly agents: AgentTable;
  readonly tasks: TaskTable;
  readonly tally: Tally;
  readonly healths: TaskHealths;
  readonly network: UpdateNetwork;
}

/** `1`, `2` … as text, made once. */
const serials: string[] = ['0'];
function serialText(serial: number): string {
  while (serials.length <= serial) serials.push(String(serials.length));
  return serials[serial] as string;
}

/** What Mesos' executors give a task that they kill, where nobody says otherwise. */
const KILL_GRACE_MS = 3000;

/** Of tasks that say that they are being killed: will do so, and have done so. */
const SAYS_KILLING = 1;
const SAID_KILLING = 2;

/** How long a task is given to end, by the order with which it came. */
function graceOf(details: unknown): number {
  if (typeof details !== 'object' || details === null) return KILL_GRACE_MS;
  const seconds: unknown = Reflect.get(details, 'taskKillGracePeriodSeconds');
  return typeof seconds === 'number' ? 1000 * seconds : KILL_GRACE_MS;
}

/** From the first failure to the one that kills; Mesos kills at the first where Marathon says 0. */
function patienceMs({intervalMs, failuresMax}: AgentCheck): number {
  return (Math.max(1, failuresMax) - 1) * intervalMs;
}

/** Whether its agent looks how it is. */
function isChecked(
  health: TaskHealth | null | undefined,
): health is TaskHealth & {readonly byAgent: AgentCheck} {
  return health !== null && health !== undefined && health.byAgent !== null;
}

export class VirtualTasks {
  readonly #port: InputPort;
  readonly #queue: WorldQueue;
  readonly #agents: AgentTable;
  readonly #tasks: TaskTable;
  readonly #tally: Tally;
  readonly #healths: TaskHealths;
  readonly #network: UpdateNetwork;
  /** Of what is being handled. */
  #now = 0;

  constructor(parts: VirtualTasksParts) {
    this.#port = parts.port;
    this.#queue = parts.queue;
    this.#agents = parts.agents;
    this.#tasks = parts.tasks;
    this.#tally = parts.tally;
    this.#healths = parts.healths;
    this.#network = parts.network;
  }

  /** A launch that does not reach its agent is lost: the agent never heard of the task. */
  launch(now: number, effect: Launch, {framework, job, plan}: LaunchContext): void {
    const agent = this.#agents.rowOf(effect.agentId);
    if (!this.#agents.isUp(agent)) {
      this.#tally.of(framework).lost += 1;
      return;
    }
    const cpus = totalScalars(effect.resources)['cpus'] ?? 0;
    const row = this.#tasks.add({launch: effect, framework, agent, job, cpus}, plan);
    if (plan.saysStarting) {
      this.#tasks.toSay[row] = rows.STARTING_BIT;
      this.#schedule(now, TASK_REPORTS, row);
    }
    this.#schedule(now + plan.startupMs, TASK_STARTED, row);
  }

  kill(now: number, effect: Kill, framework: number): void {
    const row = this.#tasks.rowOf(framework, effect.taskId);
    if (row < 0 || !this.#agents.isUp(this.#tasks.agent[row] as number)) return;
    const state = this.#tasks.state[row];
    if (state !== rows.STAGING && state !== rows.RUNNING) return;
    this.#stop(now, row, effect.graceMs);
  }

  /** Politely, and not so when the grace is over. */
  #stop(now: number, row: number, graceMs?: number): void {
    const stopMs = this.#tasks.stopMs[row] as number;
    const ownMs = graceOf((this.#tasks.launches[row] as Launch).details);
    this.#schedule(now + Math.min(stopMs, graceMs ?? ownMs), TASK_KILLED, row);
    if (this.#tasks.saysKilling[row] !== SAYS_KILLING) return;
    this.#tasks.saysKilling[row] = SAID_KILLING;
    this.#tasks.toSay[row] = (this.#tasks.toSay[row] as number) | rows.KILLING_BIT;
    this.#schedule(now, TASK_REPORTS, row);
  }

  acknowledge(now: number, effect: Acknowledgement, framework: number): void {
    const tasks = this.#tasks;
    const row = tasks.rowOf(framework, effect.taskId);
    if (row < 0 || !this.#agents.isUp(tasks.agent[row] as number)) return;
    const serial = tasks.sentSerial[row] as number;
    if (serial === 0 || serialText(serial) !== effect.updateId) return;
    tasks.sentSerial[row] = 0;
    tasks.toSay[row] = (tasks.toSay[row] as number) & ~rows.REPEAT_BIT;
    if ((tasks.sentCode[row] as number) >= rows.SAYS_FINISHED) tasks.forget(row);
    else if (tasks.toSay[row] !== 0) this.#schedule(now, TASK_REPORTS, row);
  }

  /** An entry of the queue has come due. */
  handle(now: number, kind: number, row: number): void {
    this.#now = now;
    const tasks = this.#tasks;
    const due = (tasks.due[row] as number) - 1;
    tasks.due[row] = due;
    const state = tasks.state[row] as number;
    if (state === rows.FORGOTTEN) {
      if (due === 0) tasks.release(row);
      return;
    }
    switch (kind) {
      case TASK_STARTED:
        if (state === rows.STAGING) this.#started(now, row);
        return;
      case TASK_ENDED:
        if (state === rows.RUNNING) this.#ended(now, row, tasks.end[row] as number);
        return;
      case TASK_KILLED:
        if (state !== rows.ENDED) this.#ended(now, row, rows.SAYS_KILLED);
        return;
      case TASK_TURNS:
        if (state === rows.RUNNING) this.#turn(now, row);
        return;
      case TASK_CONDEMNED:
        if (state === rows.RUNNING && this.#isCondemned(now, row)) {
          this.#stop(now, row);
        }
        return;
      case TASK_REPORTS:
        this.#report(row);
        return;
      default:
        assert(false, `unknown entry of the task lane: ${kind}`);
    }
  }

  #schedule(at: number, kind: number, row: number): void {
    this.#tasks.due[row] = (this.#tasks.due[row] as number) + 1;
    this.#queue.pushTask(at, kind, row);
  }

  #started(now: number, row: number): void {
    const tasks = this.#tasks;
    tasks.state[row] = rows.RUNNING;
    this.#tally.of(tasks.framework[row] as number).running += 1;
    const durationMs = tasks.durationMs[row] as number;
    tasks.runningAt[row] = now;
    if (isChecked(tasks.health[row])) this.#schedule(now, TASK_TURNS, row);
    if (durationMs >= 0) this.#schedule(now + durationMs, TASK_ENDED, row);
    // Nobody runs again who was said to be killed.
    if (tasks.saysKilling[row] !== SAID_KILLING) this.#say(row, rows.RUNNING_BIT);
  }

  /** How the instances of an app answer has changed: those whose agents look notice at once. */
  healthChanged(now: number, framework: number, app: string): void {
    this.#now = now;
    const tasks = this.#tasks;
    for (const [row, health] of tasks.health.entries()) {
      if (!isChecked(health) || tasks.state[row] !== rows.RUNNING) continue;
      if (tasks.framework[row] !== framework) continue;
      const {origin} = tasks.launches[row] as Launch;
      if (origin.kind === 'app' && origin.appId === app) this.#sayHealth(now, row, health);
    }
  }

  #turn(now: number, row: number): void {
    const health = this.#tasks.health[row] as TaskHealth;
    const runningAt = this.#tasks.runningAt[row] as number;
    this.#sayHealth(now, row, health);
    const next = nextTurn(health, now - runningAt);
    if (next !== Infinity) this.#schedule(runningAt + next, TASK_TURNS, row);
  }

  /** The agent tells of what is new; until its grace period is over a failure is none. */
  #sayHealth(now: number, row: number, health: TaskHealth): void {
    const tasks = this.#tasks;
    const check = health.byAgent;
    if (check === null) return;
    const isWell = this.#healths.isWell(now, row);
    if (isWell === health.said) return;
    const graceEndsAt = (tasks.runningAt[row] as number) + check.graceMs;
    if (!isWell && health.said === null && now < graceEndsAt) return;
    health.said = isWell;
    health.sickSince = isWell ? -1 : now;
    const toSay = (tasks.toSay[row] as number) & ~(rows.HEALTHY_BIT | rows.SICK_BIT);
    tasks.toSay[row] = toSay;
    if (!isWell) this.#schedule(now + patienceMs(check), TASK_CONDEMNED, row);
    this.#say(row, isWell ? rows.HEALTHY_BIT : rows.SICK_BIT);
  }

  #isCondemned(now: number, row: number): boolean {
    const health = this.#tasks.health[row];
    if (!isChecked(health) || health.said !== false) return false;
    return now >= health.sickSince + patienceMs(health.byAgent);
  }

  #ended(now: number, row: number, end: number): void {
    const tasks = this.#tasks;
    const tally = this.#tally.of(tasks.framework[row] as number);
    if (tasks.state[row] === rows.RUNNING) tally.running -= 1;
    if (end === rows.SAYS_FINISHED) tally.finished += 1;
    else if (end === rows.SAYS_FAILED) tally.failed += 1;
    else tally.killed += 1;
    tally.lastEndAt = now;
    tasks.state[row] = rows.ENDED;
    tasks.end[row] = end;
    tasks.freeResources(row);
    this.#say(row, rows.END_BIT);
  }

  #say(row: number, bit: number): void {
    this.#tasks.toSay[row] = (this.#tasks.toSay[row] as number) | bit;
    this.#report(row);
  }

  /**
   * Sends what is next, unless something is on its way or nobody could hear it. May free the row.
   */
  #report(row: number): void {
    const tasks = this.#tasks;
    if (!this.#agents.isUp(tasks.agent[row] as number)) return;
    const toSay = tasks.toSay[row] as number;
    if (tasks.sentSerial[row] !== 0) {
      if ((toSay & rows.REPEAT_BIT) === 0) return;
      tasks.toSay[row] = toSay & ~rows.REPEAT_BIT;
    } else if ((toSay & rows.STARTING_BIT) !== 0) {
      this.#send(row, rows.STARTING_BIT, rows.SAYS_STARTING);
    } else if ((toSay & rows.RUNNING_BIT) !== 0) {
      this.#send(row, rows.RUNNING_BIT, rows.SAYS_RUNNING);
    } else if ((toSay & rows.KILLING_BIT) !== 0) {
      this.#send(row, rows.KILLING_BIT, rows.SAYS_KILLING);
    } else if ((toSay & rows.END_BIT) !== 0) {
      this.#send(row, rows.END_BIT, tasks.end[row] as number);
    } else if ((toSay & rows.HEALTHY_BIT) !== 0) {
      this.#send(row, rows.HEALTHY_BIT, rows.SAYS_HEALTHY);
    } else if ((toSay & rows.SICK_BIT) !== 0) {
      this.#send(row, rows.SICK_BIT, rows.SAYS_SICK);
    } else {
      return;
    }
    this.#deliver(row);
  }

  #send(row: number, bit: number, code: number): void {
    const tasks = this.#tasks;
    // Of what is over nobody tells how it is.
    const forgotten = bit === rows.END_BIT ? bit | rows.HEALTHY_BIT | rows.SICK_BIT : bit;
    tasks.toSay[row] = (tasks.toSay[row] as number) & ~(forgotten | rows.REPEAT_BIT);
    const serial = (tasks.serial[row] as number) + 1;
    tasks.serial[row] = serial;
    tasks.sentSerial[row] = serial;
    tasks.sentCode[row] = code;
  }

  #deliver(row: number): void {
    const tasks = this.#tasks;
    const code = tasks.sentCode[row] as number;
    tasks.likelyRow = row;
    const {agentId, frameworkId, taskId} = tasks.launches[row] as Launch;
    this.#network.send(this.#now, tasks.agent[row] as number, {
      kind: 'taskStatus',
      agentId,
      frameworkId,
      taskId,
      state: rows.STATUS_STATES[code] as Extract<Input, {kind: 'taskStatus'}>['state'],
      updateId: serialText(tasks.sentSerial[row] as number),
      healthy:
        code === rows.SAYS_HEALTHY || code === rows.SAYS_SICK
          ? code === rows.SAYS_HEALTHY
          : undefined,
    });
  }

  /** The agent died, and with it everything that ran on it or was still to be reported. */
  loseAll(agent: number): void {
    const tasks = this.#tasks;
    let row = this.#agents.firstTask[agent] as number;
    while (row >= 0) {
      const next = tasks.nextOnAgent(row);
      const state = tasks.state[row] as number;
      if (state === rows.STAGING || state === rows.RUNNING) {
        const tally = this.#tally.of(tasks.framework[row] as number);
        if (state === rows.RUNNING) tally.running -= 1;
        tally.lost += 1;
        tasks.freeResources(row);
      }
      tasks.forget(row);
      row = next;
    }
  }

  /** The agent registers: says what it still has, and repeats what was never acknowledged. */
  register(now: number, agent: number): void {
    const tasks = this.#tasks;
    const own: Extract<Input, {kind: 'agentRegistered'}>['tasks'][number][] = [];
    for (
      let row = this.#agents.firstTask[agent] as number;
      row >= 0;
      row = tasks.nextOnAgent(row)
    ) {
      const {frameworkId, taskId, name, origin, resources, role} = tasks.launches[row] as Launch;
      own.push({
        ...{frameworkId, taskId, name, origin, resources},
        ...(role === undefined ? {} : {role}),
        state: rows.STATUS_STATES[tasks.sentCode[row] as number] as (typeof own)[number]['state'],
      });
      if (tasks.sentSerial[row] !== 0) {
        tasks.toSay[row] = (tasks.toSay[row] as number) | rows.REPEAT_BIT;
      }
      if (tasks.toSay[row] !== 0) this.#schedule(now, TASK_REPORTS, row);
    }
    this.#port.deliver({
      kind: 'agentRegistered',
      agent: this.#agents.infos[agent] as Extract<Input, {kind: 'agentRegistered'}>['agent'],
      resources: this.#agents.resourcesOf(agent),
      tasks: own,
    });
  }
}
