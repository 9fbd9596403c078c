/**
 * How a job's runs are treated: what its definition says, and the cluster where it says nothing.
 * Both forms of jobs come to the same rules, so that the core knows only these.
 */
import type {BarrierRule, ChronosOptions, LaunchRule, OverlapRule} from '../../../options.ts';
import {parsePeriod, periodMs} from '../schedule/period.ts';
import type {LatenessRule} from '../schedule/lateness.ts';
import type {ChronosDefinition, JobDefinition, MetronomeDefinition} from './job-definition.ts';

/** When a failed attempt is followed by another one. */
export type RetryRule =
  | {
      readonly kind: 'count';
      /** Attempts after the first one. */
      readonly retries: number;
      readonly delayMs: number;
      readonly backoff: number;
      readonly delayMsMax: number;
    }
  /** At once, while the run is younger than `deadlineMs`; undefined: for ever. */
  | {readonly kind: 'deadline'; readonly deadlineMs: number | undefined}
  | {readonly kind: 'never'};

export interface JobRules {
  readonly lateness: LatenessRule;
  /** Of slots and of children. */
  readonly overlap: OverlapRule;
  /** Of runs by hand. */
  readonly manualOverlap: OverlapRule;
  readonly retry: RetryRule;
  readonly softError: boolean;
  /** So many failed cycles in a row disable it; 0: never. */
  readonly disableAfterFailures: number;
  /** From launch; undefined: for ever. */
  readonly maxCompletionMs: number | undefined;
  /** From the claim of a scheduled run to its first sign of life; undefined: for ever. */
  readonly startingDeadlineMs: number | undefined;
  readonly isHighPriority: boolean;
  readonly unreachableTimeoutMs: number;
  readonly barrier: BarrierRule;
  readonly launch: LaunchRule;
  /** Undefined: the executor's default. */
  readonly killGraceMs: number | undefined;
}

export function rulesOf(definition: JobDefinition, options: ChronosOptions): JobRules {
  return definition.form === 'chronos'
    ? chronosRules(definition, options)
    : metronomeRules(definition, options);
}

const MS = 1000;

function chronosRules(job: ChronosDefinition, options: ChronosOptions): JobRules {
  const overlap = job.overlap ?? (job.concurrent ? 'allow' : options.overlap);
  return {
    lateness: {
      catchup: job.catchup ?? options.catchup,
      catchupLimit: job.catchupLimit ?? options.catchupLimit,
      epsilonMs: job.epsilon === undefined ? options.epsilonMs : epsilonOf(job.epsilon),
    },
    overlap,
    manualOverlap: overlap,
    retry: {
      kind: 'count',
      retries: job.retries,
      delayMs: inMs(job.retryDelay) ?? options.retryDelayMs,
      backoff: job.retryBackoff ?? options.retryBackoff,
      delayMsMax: inMs(job.retryMaxDelay) ?? options.retryDelayMsMax,
    },
    softError: job.softError,
    disableAfterFailures: options.disableAfterFailures,
    maxCompletionMs: job.maxCompletionTime > 0 ? job.maxCompletionTime * MS : undefined,
    startingDeadlineMs: undefined,
    isHighPriority: job.highPriority,
    unreachableTimeoutMs: inMs(job.unreachableTimeout) ?? options.unreachableTimeoutMs,
    barrier: job.barrier ?? 'counters',
    launch: job.launch ?? options.launch,
    killGraceMs: undefined,
  };
}

/** Reference parts 8.2 and 8.3. */
function metronomeRules({run, schedules}: MetronomeDefinition, options: ChronosOptions): JobRules {
  const [schedule] = schedules;
  const {restart, taskKillGracePeriodSeconds} = run;
  return {
    lateness: {
      catchup: options.metronomeCatchup,
      catchupLimit: options.catchupLimit,
      epsilonMs: undefined,
    },
    overlap: schedule?.concurrencyPolicy === 'FORBID' ? 'skip' : 'allow',
    manualOverlap: 'allow',
    retry:
      restart.policy === 'NEVER'
        ? {kind: 'never'}
        : {kind: 'deadline', deadlineMs: inMs(restart.activeDeadlineSeconds)},
    softError: false,
    disableAfterFailures: 0,
    maxCompletionMs: undefined,
    startingDeadlineMs: inMs(schedule?.startingDeadlineSeconds),
    isHighPriority: false,
    unreachableTimeoutMs: options.unreachableTimeoutMs,
    barrier: 'latest',
    launch: options.launch,
    killGraceMs: inMs(taskKillGracePeriodSeconds),
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * MS);
}

/** Admission has made sure that it is a period of fixed length. */
function epsilonOf(text: string): number | undefined {
  const parsed = parsePeriod(text);
  return parsed.ok ? periodMs(parsed.period) : undefined;
}
