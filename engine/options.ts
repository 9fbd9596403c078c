/** How an engine is set up: plain data, recorded with every run. Defaults are Mesos's. */
import type {Quantities} from './scheduler.ts';

export interface AllocatorOptions {
  /** Period of the batch run (`--allocation_interval`). */
  readonly allocationIntervalMs: number;
  /** Unlike Mesos, also run at once when resources come back, instead of at the next batch. */
  readonly allocateOnRecovery: boolean;
  /**
   * An offer must contain one of these (`--min_allocatable_resources`); an empty list is no
   * minimum.
   */
  readonly minAllocatable: readonly Quantities[];
  /** Names that do not count in the dominant share (`--fair_sharing_excluded_resource_names`). */
  readonly fairSharingExcludes: readonly string[];
  /** Agents with gpus only for frameworks that have GPU_RESOURCES (`--filter_gpu_resources`). */
  readonly filterGpuResources: boolean;
}

export interface MasterOptions {
  /** An unanswered offer is rescinded after this; undefined = never (`--offer_timeout`). */
  readonly offerTimeoutMs: number | undefined;
  /**
   * `--agent_ping_timeout` and `--max_agent_ping_timeouts`: their product makes an agent
   * unreachable.
   */
  readonly agentPingTimeoutMs: number;
  readonly agentPingTimeoutsMax: number;
}

/** Batch framework: jobs in order of arrival. */
export interface BatchOptions {
  /** `fcfs`: nobody overtakes. `easy`: later jobs may start if they do not delay the first one. */
  readonly policy: 'fcfs' | 'easy';
  /** How often a job whose agent was lost is put back, before it counts as failed. */
  readonly relaunchesMax: number;
}

export interface MarathonOptions {
  readonly declineOfferMs: number;
  readonly reviveIntervalMs: number;
  readonly launchesPerOfferMax: number;
}

/** A framework that runs inside the engine. Its id is also the name of its records and streams. */
export type FrameworkOptions = {
  readonly id: string;
  readonly role: string;
} & (
  | {readonly type: 'batch'; readonly batch?: Partial<BatchOptions> | undefined}
  | {readonly type: 'marathon'; readonly marathon?: Partial<MarathonOptions> | undefined}
);

export interface EngineOptions {
  readonly seed: number;
  readonly allocator?: Partial<AllocatorOptions> | undefined;
  readonly master?: Partial<MasterOptions> | undefined;
  /** role → weight; 1 where absent. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  readonly frameworks: readonly FrameworkOptions[];
}

export const ALLOCATOR_DEFAULTS: AllocatorOptions = {
  allocationIntervalMs: 1000,
  allocateOnRecovery: false,
  minAllocatable: [{cpus: 10}, {mem: 32_000}],
  fairSharingExcludes: [],
  filterGpuResources: true,
};

export const MASTER_DEFAULTS: MasterOptions = {
  offerTimeoutMs: undefined,
  agentPingTimeoutMs: 15_000,
  agentPingTimeoutsMax: 5,
};

export const BATCH_DEFAULTS: BatchOptions = {policy: 'fcfs', relaunchesMax: 10};

export const MARATHON_DEFAULTS: MarathonOptions = {
  declineOfferMs: 120_000,
  reviveIntervalMs: 5000,
  launchesPerOfferMax: 5,
};
