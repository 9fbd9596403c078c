/** Runs as our own answers show them, which have more to say of them than Chronos's. */
import {isoInstant} from '../../../kernel/instants.ts';
import {heldBack, waitingReason} from '../launch/waiting.ts';
import type {RunQueue} from '../launch/run-queue.ts';
import type {HistoryEntry, Run, RunTask} from '../runs/run.ts';
import type {ChronosJob} from './job-form.ts';

type Json = Readonly<Record<string, unknown>>;

export function endedRunForm(entry: HistoryEntry): Json {
  const {kind, due, claimedAt, endedAt, outcome, retries, why, tasks} = entry;
  return {
    kind,
    due: isoInstant(due),
    claimed: isoInstant(claimedAt),
    start: textOf(startOf(tasks)),
    end: isoInstant(endedAt),
    outcome,
    task: tasks.at(-1)?.id ?? null,
    retries,
    why: why ?? null,
    arguments: entry.arguments ?? null,
    tasks: tasks.map(taskForm),
  };
}

/** `waitingReason` is null where it waits for nothing: its task runs. */
export function activeRunForm(job: ChronosJob, run: Run, queue: RunQueue): Json {
  const {kind, due, claimedAt, state, since, attempt, tasks, killing, message} = run;
  return {
    kind,
    due: isoInstant(due),
    claimed: isoInstant(claimedAt),
    state,
    since: isoInstant(since),
    attempt,
    waitingReason: waitingReason(job, run, queue) ?? null,
    retryAt: textOf(run.retryAt),
    start: textOf(startOf(tasks)),
    task: tasks.at(-1)?.id ?? null,
    killing: killing ?? null,
    why: message ?? null,
    arguments: run.arguments ?? null,
    tasks: tasks.map(taskForm),
  };
}

/** All of a job that waits: its runs, and what nothing is claimed for yet. */
export function waitingForms(job: ChronosJob, queue: RunQueue): readonly Json[] {
  const name = {job: job.name, highPriority: job.rules.isHighPriority};
  const runs = [...job.runs.values()].flatMap((run) => {
    const form = activeRunForm(job, run, queue);
    return form['waitingReason'] === null ? [] : [{...name, ...form}];
  });
  const reason = heldBack(job);
  if (reason === undefined) return runs;
  const held = (kind: 'child' | 'slot', at: number): Json => ({
    ...name,
    kind,
    due: isoInstant(at),
    claimed: null,
    state: 'waiting',
    since: isoInstant(at),
    waitingReason: reason,
  });
  const slots = job.schedule?.pending.map((slot) => held('slot', slot)) ?? [];
  return [...runs, ...slots, ...(job.fire === undefined ? [] : [held('child', job.fire.at)])];
}

function taskForm(task: RunTask): Json {
  const {id, attempt, agentId, host, launchedAt, startedAt, endedAt, state} = task;
  return {
    id,
    attempt,
    slaveId: agentId,
    host,
    launched: isoInstant(launchedAt),
    start: textOf(startedAt),
    end: textOf(endedAt),
    state,
    numElementsProcessed: task.elements ?? null,
  };
}

function startOf(tasks: readonly RunTask[]): number | undefined {
  return tasks.find(({startedAt}) => startedAt !== undefined)?.startedAt;
}

function textOf(ms: number | undefined): string | null {
  return ms === undefined ? null : isoInstant(ms);
}
