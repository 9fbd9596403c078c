/** Metronome's answers, as far as this command reads them. Any field may be missing. */

export interface JobForm {
  readonly id: string;
  /** Absent where nothing runs. */
  readonly activeRuns?: readonly RunForm[];
  readonly schedules?: readonly ScheduleForm[];
  readonly historySummary?: HistorySummary;
  readonly history?: HistoryForm;
}

export interface HistorySummary {
  readonly successCount?: number;
  readonly failureCount?: number;
  readonly lastSuccessAt?: string | null;
  readonly lastFailureAt?: string | null;
}

export interface HistoryForm extends HistorySummary {
  readonly successfulFinishedRuns?: readonly FinishedRun[];
  readonly failedFinishedRuns?: readonly FinishedRun[];
}

export interface FinishedRun {
  readonly id: string;
  readonly createdAt?: string;
  readonly finishedAt?: string;
}

export interface RunForm {
  readonly id: string;
  readonly jobId?: string;
  readonly status?: string;
  readonly createdAt?: string;
}

export interface ScheduleForm {
  readonly id: string;
  readonly cron?: string;
  readonly enabled?: boolean;
  readonly concurrencyPolicy?: string;
  readonly nextRunAt?: string;
}

export interface QueuedJob {
  readonly jobId: string;
  readonly runs: readonly {readonly runId: string}[];
}
