/**
 * From the launch of a run's task to its end: states, retries, time limits, kills, and tasks whose
 * state is in doubt (reference part 9.4, rules 8, 9 and 14).
 */
import {must} from '../../../kernel/assert.ts';
import type {TaskId} from '../../../kernel/ids.ts';
import type {AgentInfo, StatusUpdate, TaskState} from '../../../scheduler.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import type {Job} from '../jobs/job.ts';
import type {ChronosParts} from '../parts.ts';
import {refOf, type Endings} from './endings.ts';
import {isLaunched, TASKS_MAX, taskOf, type KillCause, type Run, type RunTask} from './run.ts';

/** Ends that are failures; those of the first line say nothing of what the task did. */
const FAILURES: ReadonlySet<TaskState> = new Set<TaskState>([
  ...(['TASK_LOST', 'TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR'] as const),
  ...(['TASK_FAILED', 'TASK_ERROR'] as const),
]);

const ALIVE: ReadonlySet<TaskState> = new Set<TaskState>([
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
]);

export interface AskedRun {
  readonly job: Job;
  readonly run: Run;
}

export class Lifecycle {
  readonly #parts: ChronosParts;
  readonly #endings: () => Endings;
  /** The run counts no more, and its task is killed until it has ended. */
  readonly #condemn: (run: Run) => void;
  /**
   * Tasks of which the master may know nothing, so that its answers do not say what they are of.
   */
  readonly #asked = new Map<TaskId, AskedRun>();

  /** `endings` is asked for when something ends: it knows the claims, which know this. */
  constructor(parts: ChronosParts, endings: () => Endings, condemn: (run: Run) => void) {
    this.#parts = parts;
    this.#endings = endings;
    this.#condemn = condemn;
  }

  /** A queued run is launched there, under this id. */
  launched(job: Job, run: Run, {taskId, agent}: {taskId: TaskId; agent: AgentInfo}): void {
    const {book, queue, options, publish} = this.#parts;
    const now = this.#parts.now();
    queue.left(job.spec.key);
    run.state = 'launching';
    run.since = now;
    // A task that was never sent is launched elsewhere under the same id.
    const earlier = taskOf(run) === undefined ? run.tasks : run.tasks.slice(0, -1);
    run.tasks = [...earlier.slice(1 - TASKS_MAX), newTask(run, taskId, agent, now)];
    book.runChanged(job, run);
    const isFirstOfSlot = run.kind === 'slot' && run.attempt === 0;
    const {schedule} = job;
    if (options.repetitionsTakenBy === 'launches' && !isFirstOfSlot && schedule !== undefined) {
      if (schedule.left !== null) schedule.left = Math.max(0, schedule.left - 1);
      book.changed(job);
    }
    publish({type: 'JobLaunched', ...refOf(run), taskId, host: agent.hostname});
  }

  /** News of the task of a run in its present attempt. */
  take(job: Job, run: Run, update: StatusUpdate): void {
    const {state} = update;
    if (state !== 'TASK_UNKNOWN') this.#asked.delete(update.taskId);
    if (ALIVE.has(state)) this.#alive(job, run, state);
    else if (state === 'TASK_FINISHED') this.#finished(job, run);
    else if (state === 'TASK_KILLED') this.#killed(job, run, update);
    else if (state === 'TASK_UNREACHABLE') this.#unreachable(job, run);
    else if (state === 'TASK_UNKNOWN') this.#unknown(job, run);
    else if (FAILURES.has(state)) this.#ended(job, run, update);
    // KILLING changes nothing: it will end.
  }

  #alive(job: Job, run: Run, state: TaskState): void {
    const task = must(taskOf(run), 'the task of a launched run');
    const isFirst = task.startedAt === undefined;
    const isKnown = run.state === 'running' && run.askAgainAt === undefined;
    if (isKnown && task.state === state) return;
    if (run.state !== 'running') run.since = this.#parts.now();
    run.state = 'running';
    run.unreachableAt = undefined;
    run.askAgainAt = undefined;
    task.state = state;
    task.startedAt ??= this.#parts.now();
    this.#parts.book.runChanged(job, run);
    if (isFirst) this.#parts.publish({type: 'JobStarted', ...refOf(run), taskId: task.id});
  }

  #finished(job: Job, run: Run): void {
    this.#closeTask(run, 'TASK_FINISHED');
    this.#endings().succeeded(job, run);
  }

  #killed(job: Job, run: Run, {message}: StatusUpdate): void {
    this.#closeTask(run, 'TASK_KILLED');
    const cause = run.killing;
    if (cause === 'maxCompletionTime') {
      this.fail(job, run, 'it ran longer than its maxCompletionTime');
    } else if (cause !== undefined || this.#parts.options.foreignKillsCancel) {
      this.#endings().cancelled(job, run, wordsFor(cause, message));
    } else {
      this.fail(job, run, message ?? 'its task was killed by somebody else');
    }
  }

  #unreachable(job: Job, run: Run): void {
    const isKnown = run.unreachableAt !== undefined && run.askAgainAt === undefined;
    if (run.state === 'unreachable' && isKnown) return;
    const task = taskOf(run);
    if (task !== undefined) task.state = 'TASK_UNREACHABLE';
    run.state = 'unreachable';
    run.since = this.#parts.now();
    run.unreachableAt ??= this.#parts.now();
    run.askAgainAt = undefined;
    this.#parts.book.runChanged(job, run);
  }

  /**
   * A new master has never heard of its agent, which may register with it yet, or never. Until then
   * it is asked again, and out of reach like those that the master has given up.
   */
  #unknown(job: Job, run: Run): void {
    if (run.unreachableAt !== undefined) return;
    run.unreachableAt = this.#parts.now();
    this.#parts.book.runChanged(job, run);
  }

  #ended(job: Job, run: Run, {state, reason, message}: StatusUpdate): void {
    // A leader before this one recorded the launch; that it was not made is no failure of the task.
    const isUnsent = run.state === 'launching' && run.askAgainAt !== undefined;
    const isAnswer = reason === 'REASON_RECONCILIATION';
    if (isUnsent && isAnswer && run.killing === undefined && job.rules.launch === 'again') {
      this.#requeue(job, run);
      return;
    }
    this.#closeTask(run, state);
    if (run.killing !== undefined && run.killing !== 'maxCompletionTime') {
      this.#endings().cancelled(job, run, wordsFor(run.killing, message));
    } else this.fail(job, run, message === undefined ? state : `${state}: ${message}`);
  }

  #closeTask(run: Run, state: TaskState): void {
    const task = taskOf(run);
    if (task === undefined) return;
    task.state = state;
    task.endedAt = this.#parts.now();
  }

  /** The attempt has failed: another one follows, or the run has. */
  fail(job: Job, run: Run, message: string): void {
    const {book, publish} = this.#parts;
    const retryAt = this.#retryAt(job, run);
    const event = {type: 'JobFailed', ...refOf(run), message} as const;
    publish(retryAt === undefined ? event : {...event, retryAt});
    if (retryAt === undefined) {
      this.#endings().failed(job, run, message);
      return;
    }
    if (run.state === 'queued') this.#parts.queue.left(job.spec.key);
    run.attempt += 1;
    run.message = message;
    run.state = 'retrying';
    run.since = this.#parts.now();
    run.retryAt = retryAt;
    clearTask(run);
    book.runChanged(job, run);
    if (retryAt <= this.#parts.now()) this.#requeue(job, run);
  }

  #retryAt(job: Job, run: Run): number | undefined {
    const {retry} = job.rules;
    const now = this.#parts.now();
    switch (retry.kind) {
      case 'never':
        return undefined;
      case 'deadline': {
        const {deadlineMs = Infinity} = retry;
        return now < run.claimedAt + deadlineMs ? now : undefined;
      }
      case 'count': {
        // A retry is for the schedule or the parents; neither counts while the job is disabled.
        const isOff = job.disabled && run.kind !== 'manual';
        if (run.attempt >= retry.retries || isOff || !this.#mayRetry(job)) return undefined;
        const delay = retry.delayMs * retry.backoff ** run.attempt;
        return now + Math.round(Math.min(delay, Math.max(retry.delayMsMax, retry.delayMs)));
      }
    }
  }

  /** Historic Chronos gives no retries while the last completed cycle was a failure. */
  #mayRetry({counters: {lastSuccess = -Infinity, lastError = -Infinity}}: Job): boolean {
    return this.#parts.options.retriesAfterFailedCycle || lastError <= lastSuccess;
  }

  #requeue(job: Job, run: Run): void {
    run.state = 'queued';
    run.since = this.#parts.now();
    run.retryAt = undefined;
    clearTask(run);
    this.#parts.book.runChanged(job, run);
    this.#parts.queue.push(job, run);
  }

  /** Does what has become due for a run. */
  review(job: Job, run: Run): void {
    const now = this.#parts.now();
    if (now < nextLookAtRun(job, run, this.#parts.options.killRetryMs)) return;
    const {maxCompletionMs, unreachableTimeoutMs} = job.rules;
    if (run.state === 'retrying' && (run.retryAt ?? Infinity) <= now) {
      this.#requeue(job, run);
    } else if (startingDeadlineOf(job, run) <= now) {
      this.#tooLate(job, run);
    } else if (run.unreachableAt !== undefined && run.unreachableAt + unreachableTimeoutMs <= now) {
      this.#lost(job, run);
    } else if (isLaunched(run)) {
      const launchedAt = taskOf(run)?.launchedAt ?? now;
      const isOver = maxCompletionMs !== undefined && launchedAt + maxCompletionMs <= now;
      if (run.killing === undefined && isOver) this.#sendKill(job, run, 'maxCompletionTime');
      else if (run.killing !== undefined) this.#killAgain(job, run, run.killing, now);
      if ((run.askAgainAt ?? Infinity) <= now) this.ask(job, [run]);
    }
  }

  #killAgain(job: Job, run: Run, cause: KillCause, now: number): void {
    if ((run.killSentAt ?? 0) + this.#parts.options.killRetryMs <= now) {
      this.#sendKill(job, run, cause);
    }
  }

  /** It was out of reach for too long: what it does there counts no more. */
  #lost(job: Job, run: Run): void {
    const since = isoInstant(run.unreachableAt ?? this.#parts.now());
    this.#closeTask(run, 'TASK_LOST');
    if (run.killing !== undefined) {
      this.#endings().cancelled(job, run, wordsFor(run.killing, undefined));
    } else this.fail(job, run, `its agent is unreachable since ${since}`);
  }

  /** Metronome: it has not started in time. No further attempt is made. */
  #tooLate(job: Job, run: Run): void {
    const task = taskOf(run);
    if (isLaunched(run) && task !== undefined) {
      this.#condemn(run);
      this.#closeTask(run, 'TASK_KILLED');
    }
    this.#parts.publish({type: 'JobFailed', ...refOf(run), message: TOO_LATE});
    this.#endings().failed(job, run, TOO_LATE);
  }

  /** Ends a run: its task is killed if it may be there, and what only waits is over at once. */
  kill(job: Job, run: Run, cause: KillCause): void {
    if (!isLaunched(run)) this.#endings().cancelled(job, run, wordsFor(cause, undefined));
    // Who wants it gone goes before the limit that would have it tried again.
    else if (run.killing === undefined || run.killing === 'maxCompletionTime') {
      this.#sendKill(job, run, cause);
    }
  }

  #sendKill(job: Job, run: Run, cause: KillCause): void {
    const task = must(taskOf(run), 'the task of a launched run');
    run.killing = cause;
    run.killSentAt = this.#parts.now();
    this.#parts.book.runChanged(job, run);
    this.#parts.driver.kill(task.id, job.rules.killGraceMs);
  }

  /** The run of a task that the master was asked for. */
  askedFor(taskId: TaskId): AskedRun | undefined {
    return this.#asked.get(taskId);
  }

  /** After a restore: these were asked for before. */
  remember(job: Job, run: Run): void {
    const task = taskOf(run);
    if (run.askAgainAt !== undefined && task !== undefined) this.#asked.set(task.id, {job, run});
  }

  /**
   * Another leader asks for what it finds launched. How long a task has been out of reach it
   * measures anew: the clock of the leader before it may have been another one.
   */
  takeOver(job: Job, runs: readonly Run[]): void {
    for (const run of runs) run.unreachableAt = undefined;
    this.ask(job, runs);
  }

  /** Asks the master what has become of tasks. */
  ask(job: Job, runs: readonly Run[]): void {
    const asked = runs.flatMap((run) => {
      const task = taskOf(run);
      return task === undefined ? [] : [{taskId: task.id, agentId: task.agentId}];
    });
    for (const run of runs) {
      run.askAgainAt = this.#parts.now() + this.#parts.options.reconcileMs;
      this.remember(job, run);
      this.#parts.book.runChanged(job, run);
    }
    if (asked.length > 0) this.#parts.driver.reconcile(asked);
  }
}

const TOO_LATE = 'it did not start within its startingDeadlineSeconds';

/** When something becomes due for a run by itself; Infinity: nothing does. */
export function nextLookAtRun(job: Job, run: Run, killRetryMs: number): number {
  const {maxCompletionMs, unreachableTimeoutMs} = job.rules;
  let at = Math.min(run.retryAt ?? Infinity, startingDeadlineOf(job, run));
  if (run.unreachableAt !== undefined) at = Math.min(at, run.unreachableAt + unreachableTimeoutMs);
  if (!isLaunched(run)) return at;
  if (run.askAgainAt !== undefined) at = Math.min(at, run.askAgainAt);
  if (run.killing !== undefined) return Math.min(at, (run.killSentAt ?? 0) + killRetryMs);
  const launchedAt = taskOf(run)?.launchedAt;
  if (maxCompletionMs === undefined || launchedAt === undefined) return at;
  return Math.min(at, launchedAt + maxCompletionMs);
}

/** Counts for scheduled runs until their first sign of life. */
function startingDeadlineOf({rules}: Job, run: Run): number {
  const {startingDeadlineMs} = rules;
  if (startingDeadlineMs === undefined || run.kind !== 'slot') return Infinity;
  const hasStarted =
    run.attempt >= TASKS_MAX || run.tasks.some(({startedAt}) => startedAt !== undefined);
  return hasStarted ? Infinity : run.claimedAt + startingDeadlineMs;
}

function newTask(run: Run, id: TaskId, agent: AgentInfo, launchedAt: number): RunTask {
  return {
    id,
    attempt: run.attempt,
    agentId: agent.id,
    host: agent.hostname,
    launchedAt,
    startedAt: undefined,
    endedAt: undefined,
    state: 'TASK_STAGING',
  };
}

function clearTask(run: Run): void {
  run.killing = undefined;
  run.killSentAt = undefined;
  run.unreachableAt = undefined;
  run.askAgainAt = undefined;
}

function wordsFor(cause: KillCause | undefined, message: string | undefined): string {
  switch (cause) {
    case undefined:
      return message ?? 'killed by somebody else';
    case 'user':
      return 'killed by hand';
    case 'replaced':
      return 'replaced by a newer run';
    case 'maxCompletionTime':
      return 'killed for its maxCompletionTime';
  }
}
