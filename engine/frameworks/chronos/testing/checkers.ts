/**
 * What can be seen of single runs from outside: records, effects, and what agents really have (I1
 * to I3, I8, write before act). Not part of the engine.
 */
import type {Effect} from '../../../effects.ts';
import type {RunDocument} from '../runs/run.ts';
import type {JobDocument} from '../jobs/job.ts';
import type {WorldTask} from './agents.ts';
import {runKey, type Checker, type Fact, type Model} from './model.ts';
import {keep} from './promises.ts';
import {scheduleKey} from './slots-ledger.ts';

/** I1: and within one schedule they come in order. */
export function slotsAreClaimedOnce(model: Model): Checker {
  const claimed = new Map<string, Set<number>>();
  const last = new Map<string, {readonly key: string | undefined; readonly slot: number}>();
  return {
    fact: ({runsBefore, jobsBefore}) => {
      for (const name of jobsBefore.keys()) {
        if (!model.jobs.has(name)) claimed.delete(name);
      }
      for (const [path, before] of runsBefore) {
        const run = model.runs.get(path);
        if (run === undefined || before !== undefined || run.kind !== 'slot') continue;
        const slots = claimed.get(run.jobName) ?? new Set();
        claimed.set(run.jobName, slots);
        keep(!slots.has(run.due), 'once', () => `${path} is claimed again`);
        slots.add(run.due);
        const key = scheduleKey(model.jobs.get(run.jobName));
        const known = last.get(run.jobName);
        const isLater = known === undefined || known.key !== key || known.slot < run.due;
        keep(isLater, 'once', () => `${path} is claimed after ${known?.slot}`);
        last.set(run.jobName, {key, slot: run.due});
      }
    },
  };
}

/** I2: one for each claimed slot, where nothing historic is asked for. */
export function repetitionsFall(model: Model): Checker {
  const {repetitionsTakenBy, skippedTakeRepetitions} = model.options;
  const isExact = repetitionsTakenBy === 'slots' && !skippedTakeRepetitions;
  return {
    fact: ({jobsBefore, events}) => {
      for (const [name, before] of jobsBefore) {
        const after = model.jobs.get(name);
        if (scheduleKey(before) !== scheduleKey(after)) continue;
        const [had, has] = [before?.schedule?.left ?? Infinity, after?.schedule?.left ?? Infinity];
        keep(has <= had, 'repetitions', () => `${name} from ${had} to ${has}`);
        if (!isExact || had === Infinity) continue;
        const claims = events.filter(
          (event) => event.type === 'JobQueued' && event.job === name && event.slot !== undefined,
        ).length;
        keep(has === had - claims, 'repetitions', () => `${name}: ${had} - ${claims} is ${has}`);
      }
    },
  };
}

function mayOverlap(job: JobDocument, {options}: Model): boolean {
  const {definition} = job;
  if (definition.form === 'metronome') return true;
  return (definition.overlap ?? (definition.concurrent ? 'allow' : options.overlap)) === 'allow';
}

/** I3, by what really runs. A task counts as lost when its agent was away for the job's timeout. */
export function oneTaskIsAlive(model: Model): Checker {
  const {world} = model;
  /** Job → when it was last allowed to overlap itself; run → when it was claimed. */
  const allowed = new Map<string, number>();
  const claimed = new Map<string, number>();
  const isLost = (task: WorldTask, timeoutMs: number): boolean => {
    const {agent, outMs} = task;
    const out = agent.isConnected ? outMs : Math.max(outMs, world.now - agent.cutAt);
    return out >= (world.wasSkewed ? 1 : timeoutMs);
  };
  /** Metronome's FORBID: a slot is not claimed while a run is active. */
  const forbidden = (key: string, runsBefore: Fact['runsBefore']): string | undefined => {
    const run = model.runs.get(key);
    const definition = model.jobs.get(run?.jobName ?? '')?.definition;
    if (run?.kind !== 'slot' || definition?.form !== 'metronome') return undefined;
    if (definition.schedules[0]?.concurrencyPolicy !== 'FORBID') return undefined;
    const others = [...model.runs].filter(
      ([path, {jobName}]) => jobName === run.jobName && path !== key,
    );
    return others.find(
      ([path]) => runsBefore.get(path) !== undefined || !runsBefore.has(path),
    )?.[0];
  };
  return {
    fact: ({number, jobsBefore, runsBefore}) => {
      for (const name of jobsBefore.keys()) {
        const job = model.jobs.get(name);
        if (job === undefined || mayOverlap(job, model)) allowed.set(name, number);
      }
      for (const [key, before] of runsBefore) {
        if (before !== undefined) continue;
        claimed.set(key, number);
        const other = forbidden(key, runsBefore);
        keep(other === undefined, 'single', () => `${key} is claimed beside ${other}`);
      }
    },
    arrived: (task) => {
      const {origin, taskId} = task.launch;
      if (origin.kind !== 'run') return;
      const since = claimed.get(runKey(origin.jobName, origin.due)) ?? 0;
      if (since <= (allowed.get(origin.jobName) ?? 0)) return;
      const definition = model.jobs.get(origin.jobName)?.definition;
      const seconds = definition?.form === 'chronos' ? definition.unreachableTimeout : undefined;
      const timeoutMs = seconds === undefined ? model.options.unreachableTimeoutMs : 1000 * seconds;
      const others = world.tasks.filter(
        (other) =>
          other !== task &&
          other.isAlive &&
          other.launch.origin.kind === 'run' &&
          other.launch.origin.jobName === origin.jobName &&
          !isLost(other, timeoutMs),
      );
      keep(others.length === 0, 'single', () => {
        const list = others.map(({launch, agent}) => `${launch.taskId} on ${agent.id}`);
        return `${taskId} starts on ${task.agent.id} beside ${list.join(', ')}`;
      });
    },
  };
}

/** I8. */
export function launchesAreBounded(model: Model): Checker {
  const arrived = new Set<string>();
  /** Task → the definition by which it was launched: another one may have had it put back. */
  const launched = new Map<string, number | undefined>();
  const retries = new Map<string, number>();
  return {
    fact: ({effects, jobsBefore}) => {
      for (const name of jobsBefore.keys()) {
        const definition = model.jobs.get(name)?.definition;
        const allowed = definition?.form === 'chronos' ? definition.retries : Infinity;
        retries.set(name, Math.max(retries.get(name) ?? 0, allowed));
      }
      for (const effect of effects) {
        if (effect.kind !== 'launchTask' || effect.origin.kind !== 'run') continue;
        const {taskId, origin} = effect;
        const {jobName, attempt} = origin;
        keep(!arrived.has(taskId), 'launches', () => `${taskId} ran before`);
        keep(attempt <= (retries.get(jobName) ?? 0), 'launches', () => `${taskId}: no such retry`);
        const {definition, version} = model.jobs.get(jobName) ?? {};
        const own = definition?.form === 'chronos' ? definition.launch : undefined;
        const isStrict = (own ?? model.options.launch) === 'strict';
        const isAgain = launched.has(taskId) && launched.get(taskId) === version;
        keep(!isStrict || !isAgain, 'launches', () => `${taskId} is launched again`);
        launched.set(taskId, version);
      }
    },
    arrived: ({launch}) => {
      arrived.add(launch.taskId);
    },
  };
}

/** Write before act: what is done is in the store by then. */
export function actsAreWritten(model: Model): Checker {
  return {
    fact: ({effects}: Fact) => {
      for (const effect of effects) {
        const missing = unwritten(model, effect);
        keep(missing === undefined, 'written', () => `${effect.kind}: ${missing}`);
      }
    },
  };
}

function unwritten(model: Model, effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'launchTask': {
      const {origin, taskId} = effect;
      if (origin.kind !== 'run') return undefined;
      const run = model.runs.get(runKey(origin.jobName, origin.due));
      return run !== undefined && isTaskOf(run, taskId)
        ? undefined
        : `no run is recorded for ${taskId}`;
    }
    case 'killTask': {
      const {taskId} = effect;
      const run = [...model.runs.values()].find((one) => isTaskOf(one, taskId));
      return run === undefined || run.killing !== undefined
        ? undefined
        : `${taskId} should run on by its record`;
    }
    case 'reply':
      return unwrittenReply(model, effect.requestId, effect.reply);
    default:
      return undefined;
  }
}

/** Whether it is that of the run's present attempt. */
function isTaskOf({tasks, attempt}: RunDocument, taskId: string): boolean {
  const last = tasks.at(-1);
  return last?.attempt === attempt && last.id === taskId;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function unwrittenReply(
  {world, jobs, runs}: Model,
  requestId: string,
  reply: Extract<Effect, {kind: 'reply'}>['reply'],
): string | undefined {
  const request = world.requests.get(requestId);
  if (request === undefined || !reply.ok) return undefined;
  const {status, headers = {}} = reply.body as Answer;
  if (status !== 204) return undefined;
  const {method, path, body} = request;
  if (method === 'POST') {
    const {name, command} = body as {readonly name: string; readonly command: string};
    const definition = jobs.get(name)?.definition;
    const isThere = definition?.form === 'chronos' && definition.command === command;
    return isThere ? undefined : `${name} is not recorded with ${command}`;
  }
  const taskId = headers['Chronos-Task-Id'];
  if (method !== 'PUT' || taskId === undefined) return undefined;
  const [, name = ''] = /^\/job\/([\w.-]+)/.exec(path) ?? [];
  const dues = [...runs.values()].filter(({jobName}) => jobName === name).map(({due}) => due);
  return dues.some((due) => taskId.includes(`:${due}:`)) || !taskId.startsWith('ct:')
    ? undefined
    : `no run is recorded for ${taskId}`;
}
