/**
 * One run of a job, from its claim to its end: what is written before anything starts (reference
 * part 9.4, rule 2). A run is identified by its job and its `due`; no two runs of a job share one.
 */
import type {AgentId, TaskId} from '../../../kernel/ids.ts';
import type {TaskState} from '../../../scheduler.ts';

/** What it was claimed for: a slot of the schedule, somebody's word, or the success of parents. */
export type RunKind = 'child' | 'manual' | 'slot';

/**
 * `held`: claimed, but another run of its job is active. `queued`: waits for an offer. `launching`:
 * sent, without a sign of life. `running`: STAGING, STARTING or RUNNING was reported. `retrying`:
 * waits for `retryAt`.
 */
export type RunState = 'held' | 'launching' | 'queued' | 'retrying' | 'running' | 'unreachable';

/** Why its task is being killed. */
export type KillCause = 'maxCompletionTime' | 'replaced' | 'user';

/** How many attempts of a run are remembered: what starts again at once may make thousands. */
export const TASKS_MAX = 25;

/** One attempt, as it was launched. */
export interface RunTask {
  readonly id: TaskId;
  readonly attempt: number;
  readonly agentId: AgentId;
  readonly host: string;
  readonly launchedAt: number;
  /** First sign of life. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  state: TaskState;
  /** What it says that it has processed, where its job counts that; absent: it has said nothing. */
  elements?: number | undefined;
}

export interface Run {
  readonly jobName: string;
  /** The slot, or when it was asked for: ms since 1970. */
  readonly due: number;
  readonly kind: RunKind;
  /** Metronome's id of it. */
  readonly id: string;
  readonly claimedAt: number;
  /** The slot from which it descends: of its own job, or of the first of its ancestors. */
  readonly rootSlot: number;
  /** Given with a run by hand; they take the place of the job's own. */
  readonly arguments: string | undefined;
  attempt: number;
  state: RunState;
  /** When it came into the state that it waits in. */
  since: number;
  /** The last {@link TASKS_MAX}, oldest first. The list is replaced, never changed. */
  tasks: readonly RunTask[];
  retryAt: number | undefined;
  /** Since when its task is out of reach. */
  unreachableAt: number | undefined;
  killing: KillCause | undefined;
  /** When the kill was sent last. */
  killSentAt: number | undefined;
  /** Another leader launched it, and nobody has said yet whether it is there: asked again then. */
  askAgainAt: number | undefined;
  /** What the last failure said. */
  message: string | undefined;
}

/** The task of its present attempt; undefined before the launch. */
export function taskOf({tasks, attempt}: Run): RunTask | undefined {
  const last = tasks.at(-1);
  return last?.attempt === attempt ? last : undefined;
}

/** Whether it has a task that may be there. */
export function isLaunched({state}: Run): boolean {
  return state === 'launching' || state === 'running' || state === 'unreachable';
}

export type RunDocument = Readonly<Omit<Run, 'tasks'>> & {readonly tasks: readonly RunTask[]};

export function runDocument(run: Run): RunDocument {
  return {...run, tasks: run.tasks.map((task) => ({...task}))};
}

/**
 * Fields stand in the order of a run that was never stored, also those that JSON leaves out where
 * they are undefined: a run that goes on from a snapshot writes the same records, to the byte.
 */
export function runFrom(document: RunDocument): Run {
  const {jobName, due, kind, id, claimedAt, rootSlot} = document;
  const {attempt, state, since, retryAt, unreachableAt} = document;
  const {killing, killSentAt, askAgainAt, message} = document;
  return {
    ...{jobName, due, kind, id, claimedAt, rootSlot, arguments: document.arguments},
    ...{attempt, state, since, tasks: document.tasks.map(taskFrom), retryAt, unreachableAt},
    ...{killing, killSentAt, askAgainAt, message},
  };
}

function taskFrom(document: RunTask): RunTask {
  const {id, attempt, agentId, host, launchedAt, startedAt, endedAt, state} = document;
  const {elements} = document;
  return {
    ...{id, attempt, agentId, host, launchedAt, startedAt, endedAt, state},
    ...(elements === undefined ? {} : {elements}),
  };
}

/** How a run ended. */
export type Outcome = 'cancelled' | 'failure' | 'success';

/** A run that is over. */
export interface HistoryEntry {
  readonly id: string;
  readonly due: number;
  readonly kind: RunKind;
  readonly claimedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Why it failed or was cancelled. */
  readonly why: string | undefined;
  readonly arguments: string | undefined;
  readonly tasks: readonly RunTask[];
}
