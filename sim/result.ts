/**
 * What a run of the simulator leaves behind: the shape of `result.json`, version 1.
 *
 * Units stand in the names: `…Ms` virtual milliseconds, `…RealMs` milliseconds of the machine that
 * ran it, `…Ratio` from 0 to 1. Resource amounts are in their own unit (cores, MB, devices), not
 * thousandths. `machine` is the only part that differs between two runs of the same scenario and
 * seed; `--json` leaves it out.
 */
export const RESULT_VERSION = 1;

/**
 * Distribution of waiting times; percentiles by nearest rank, `countWaited` counts waits above 0.
 */
export interface WaitingStats {
  readonly count: number;
  readonly countWaited: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What is counted of tasks: all that were wanted, what became of them, and where they are now. */
export const TASK_COUNTS = [
  'submitted',
  'placed',
  'finished',
  'failed',
  'killed',
  'lost',
  'running',
  'waiting',
] as const;

export type TaskCounts = Readonly<Record<(typeof TASK_COUNTS)[number], number>>;

/** Why tasks were still waiting at the end: one row per reason, most tasks first. */
export interface WaitingReason {
  readonly framework: string;
  readonly reason: string;
  readonly tasks: number;
  readonly example: string;
}

export interface ResourceUse {
  readonly resource: string;
  readonly total: number;
  readonly meanRatio: number;
  readonly peakRatio: number;
  readonly peakAtMs: number;
}

export interface ShareUse {
  readonly name: string;
  readonly role: string;
  readonly meanRatio: number;
  readonly peakRatio: number;
  readonly endRatio: number;
}

export interface FrameworkResult {
  readonly name: string;
  readonly kind: 'marathon' | 'batch' | 'chronos';
  readonly role: string;
  readonly tasks: TaskCounts;
  readonly waiting: WaitingStats;
  /** Batch only: last completion minus time 0. */
  readonly makespanMs?: number;
}

/** Batch jobs of all frameworks together: a job of many tasks counts once. */
export interface JobsResult {
  readonly submitted: number;
  readonly finished: number;
  readonly failed: number;
  /** At the end of the run. */
  readonly running: number;
  readonly queued: number;
  /** From submission to the launch of its tasks, which is one instant for all of them. */
  readonly waiting: WaitingStats;
  /** Last completion of a job minus time 0. */
  readonly makespanMs: number;
}

/** A deployment of Marathon, from its acceptance. */
export interface DeploymentResult {
  readonly id: string;
  readonly framework: string;
  readonly apps: readonly string[];
  readonly beginMs: number;
  /** Absent: it is not over. */
  readonly endMs?: number;
  /** `paused`: it waits for somebody's word. */
  readonly outcome: 'failed' | 'paused' | 'running' | 'succeeded';
  /** Why it failed or stopped. */
  readonly reason?: string;
}

export interface DeploymentsResult {
  readonly succeeded: number;
  readonly failed: number;
  /** At the end of the run. */
  readonly running: number;
  readonly paused: number;
  /** In the order in which they began; the first thousand. */
  readonly list: readonly DeploymentResult[];
}

/** What is counted of the runs of Chronos's jobs. */
export const RUN_COUNTS = [
  'claimed',
  'succeeded',
  'failed',
  'cancelled',
  'retries',
  'skipped',
  'active',
] as const;

/** `skipped` counts slots that were given up, `retries` attempts after the first. */
export type RunCounts = Readonly<Record<(typeof RUN_COUNTS)[number], number>>;

export interface ScheduledJobResult extends RunCounts {
  readonly job: string;
  readonly framework: string;
}

/** The jobs of Chronos, of all frameworks together. */
export interface SchedulesResult {
  readonly jobs: number;
  /** Runs, by what they were claimed for. */
  readonly claimed: {readonly slot: number; readonly manual: number; readonly child: number};
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retries: number;
  /** Runs that are not over at the end. */
  readonly active: number;
  /** Slots that were given up, by the reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** From the slot to the launch of the first attempt. */
  readonly lateness: WaitingStats;
  /** By framework and name; the first thousand. */
  readonly list: readonly ScheduledJobResult[];
}

export interface ExpectationResult {
  readonly text: string;
  readonly passed: boolean;
  /** When it failed first (virtual ms), and the value that was found. */
  readonly failedAtMs?: number;
  readonly found?: string;
}

/** Points of one run over time; all columns have the same length. */
export interface TimeSeries {
  readonly atMs: readonly number[];
  readonly runningTasks: readonly number[];
  readonly waitingTasks: readonly number[];
  readonly agentsUp: readonly number[];
  /** resource name → allocated ÷ total at that instant. */
  readonly usedRatio: Readonly<Record<string, readonly number[]>>;
  /** framework name → dominant share at that instant. */
  readonly shareRatio: Readonly<Record<string, readonly number[]>>;
}

/** How full the agents were: agents in registration order put into rows, instants into columns. */
export interface FillMap {
  readonly resource: string;
  readonly atMs: readonly number[];
  /** Label of each row, e.g. `spot-0 … spot-42`. */
  readonly rows: readonly string[];
  /** `cells[row][column]`: mean used ratio of the row's agents, -1 where all of them were down. */
  readonly cells: readonly (readonly number[])[];
}

/** Waiting times in buckets with logarithmic upper bounds; the first holds the waits of 0. */
export interface WaitingHistogram {
  readonly upperMs: readonly number[];
  readonly byFramework: Readonly<Record<string, readonly number[]>>;
}

/** Figures of the machine and the clock: never part of the deterministic result. */
export interface MachineFigures {
  readonly wallRealMs: number;
  readonly eventsPerSecond: number;
  readonly virtualToRealRatio: number;
  readonly memoryPeakMiB: number;
  readonly node: string;
}

export interface SimResult {
  readonly version: typeof RESULT_VERSION;
  readonly drydock: string;
  readonly scenario: string;
  readonly seed: number;
  /** Hash over every input and effect with its instant: equal for equal runs. */
  readonly runHash: string;
  /** True when the run was interrupted: all figures are up to `endMs`. */
  readonly partial: boolean;
  readonly endMs: number;
  readonly events: number;
  readonly agents: {
    readonly count: number;
    readonly lost: number;
    readonly returned: number;
    readonly upAtEnd: number;
  };
  /** Date and time of virtual time 0, in UTC; absent where nothing has a schedule. */
  readonly start?: string;
  /** Edition of the tz database (`2026a`); absent where nothing has a schedule. */
  readonly timeZones?: string;
  /** What the scenario assumes because its sources lack it, in the words of the scenario. */
  readonly assumptions: readonly string[];
  readonly tasks: TaskCounts;
  readonly waiting: WaitingStats;
  readonly waitingReasons: readonly WaitingReason[];
  readonly utilisation: readonly ResourceUse[];
  readonly frameworkShares: readonly ShareUse[];
  readonly roleShares: readonly ShareUse[];
  readonly frameworks: readonly FrameworkResult[];
  /** Absent where the scenario has no jobs. */
  readonly jobs?: JobsResult;
  /** Absent where there was none. */
  readonly deployments?: DeploymentsResult;
  /** Absent where no Chronos has a job. */
  readonly schedules?: SchedulesResult;
  readonly expectations: readonly ExpectationResult[];
  /** Rows that lenient trace reading skipped: file → count. */
  readonly skippedRows: Readonly<Record<string, number>>;
  readonly series: TimeSeries;
  readonly waitingHistogram: WaitingHistogram;
  readonly fill: FillMap;
  readonly machine?: MachineFigures;
}
