/** How an engine is set up: plain data, recorded with every run. Defaults are Mesos's. */
import type {Limits} from './resources/quantities.ts';
import type {Quantities} from './scheduler.ts';

export interface AllocatorOptions {
  /** Period of the batch run (`--allocation_interval`). */
  readonly allocationIntervalMs: number;
  /** Unlike Mesos, also run at once when resources come back, instead of at the next batch. */
  readonly allocateOnRecovery: boolean;
  /**
   * How roles, and the frameworks of a role, are ordered (`--role_sorter`, `--framework_sorter`).
   */
  readonly sorter: 'drf' | 'random';
  /**
   * In which order a run hands agents out: by chance, as Mesos; `seeded`: in one order drawn from
   * the seed, always the same; `packed`: unlike Mesos, those with the least left first.
   */
  readonly agentOrder: 'random' | 'seeded' | 'packed';
  /** Unlike Mesos, the limits of a role bind the roles below it, too. */
  readonly nestedLimits: boolean;
  /** Unlike Mesos, REVIVE leaves the filters; CLEAR_FILTERS is a call of its own (MESOS-9028). */
  readonly reviveKeepsFilters: boolean;
  /**
   * An offer must contain one of these (`--min_allocatable_resources`); an empty list is no
   * minimum.
   */
  readonly minAllocatable: readonly Quantities[];
  /** Names that do not count in the dominant share (`--fair_sharing_excluded_resource_names`). */
  readonly fairSharingExcludes: readonly string[];
  /** Agents with gpus only for frameworks that have GPU_RESOURCES (`--filter_gpu_resources`). */
  readonly filterGpuResources: boolean;
  /**
   * The master's region: agents of another one are only for frameworks that have REGION_AWARE.
   * Undefined: no agent is remote.
   */
  readonly region: string | undefined;
  /** The part of the agents that must be back after a failover with quota, before runs go on. */
  readonly recoveryFactor: number;
  /** How long runs wait for them at most (`--allocator_recovery_timeout`). */
  readonly recoveryTimeoutMs: number;
}

export interface MasterOptions {
  /**
   * Unlike Mesos, what a framework is given of an agent of which it holds an offer is added to that
   * offer: the old one is rescinded, and one for both is made.
   */
  readonly mergeOffers: boolean;
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
  /**
   * What an app that does not name roles may use: what is reserved to its role and what nobody has
   * reserved, or one of them (`--accepted_resource_roles_default_behavior`).
   */
  readonly acceptedResourceRolesDefault: 'any' | 'unreserved' | 'reserved';
  /** Whether agents with gpus are left to apps that need gpus (`--gpu_scheduling_behavior`). */
  readonly gpuScheduling: 'restricted' | 'unrestricted';
  /** Nothing is started on agents in maintenance (`--disable_maintenance_mode` the other way). */
  readonly maintenanceMode: boolean;
  /** How long before maintenance begins it counts (`--draining_seconds`). */
  readonly drainingSeconds: number;
  /** Agents of other regions are only for apps that name one; undefined: all are local. */
  readonly localRegion: string | undefined;
  /**
   * Launches per `launchTokenRefreshMs` (`--launch_tokens`). Unlike Marathon, which launches 100 in
   * 30 s, none are counted where it is undefined.
   */
  readonly launchTokens: number | undefined;
  readonly launchTokenRefreshMs: number;
  /** GROUP_BY with a number: a quota for each group (1.11), or the smallest first (1.4 to 1.10). */
  readonly groupByRule: 'quota' | 'minimum';
  /** Put before the names of generated ports and HOST (`--env_vars_prefix`). */
  readonly envVarsPrefix: string | undefined;
  /**
   * Unlike Marathon, while more than this share (0 to 1) of an app is unhealthy at once, nothing of
   * it is killed for health. An app's label `DRYDOCK_HEALTH_KILL_SHARE_MAX` goes before it; absent
   * in both: all that is unhealthy is killed.
   */
  readonly healthKillShareMax?: number | undefined;
  /**
   * Changes beyond that many running deployments are refused (`--max_running_deployments`). Unlike
   * Marathon, whose default is 100, as many as there are where it is undefined.
   */
  readonly deploymentsMax?: number | undefined;
  /** `host:port` that answers name as the leader's. */
  readonly leader: string;
  /**
   * Unlike Marathon since 1.5, answers show apps in the form of 1.4 as well (`ports`, `uris`,
   * `docker.network`, nulls), for clients that read nothing else.
   */
  readonly legacyAppForm: boolean;
}

/** A framework that runs inside the engine. Its id is also the name of its records and streams. */
export type FrameworkOptions = {
  readonly id: string;
  readonly role: string;
} & (
  | {readonly type: 'batch'; readonly batch?: Partial<BatchOptions> | undefined}
  | {readonly type: 'marathon'; readonly marathon?: Partial<MarathonOptions> | undefined}
);

/** Amounts in thousandths by name. */
export interface QuotaConfig {
  readonly role: string;
  /** What is not named is not promised. */
  readonly guarantees: Quantities;
  /** What is not named is unlimited; an explicit 0 counts. Both empty: no quota. */
  readonly limits: Limits;
}

export interface EngineOptions {
  readonly seed: number;
  readonly allocator?: Partial<AllocatorOptions> | undefined;
  readonly master?: Partial<MasterOptions> | undefined;
  /** role → weight; 1 where absent. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** Quotas from the start; amounts in thousandths. */
  readonly quotas?: readonly QuotaConfig[] | undefined;
  readonly frameworks: readonly FrameworkOptions[];
}

export const ALLOCATOR_DEFAULTS: AllocatorOptions = {
  allocationIntervalMs: 1000,
  allocateOnRecovery: false,
  sorter: 'drf',
  agentOrder: 'random',
  nestedLimits: false,
  reviveKeepsFilters: false,
  minAllocatable: [{cpus: 10}, {mem: 32_000}],
  fairSharingExcludes: [],
  filterGpuResources: true,
  region: undefined,
  recoveryFactor: 0.8,
  recoveryTimeoutMs: 600_000,
};

export const MASTER_DEFAULTS: MasterOptions = {
  mergeOffers: false,
  offerTimeoutMs: undefined,
  agentPingTimeoutMs: 15_000,
  agentPingTimeoutsMax: 5,
};

export const BATCH_DEFAULTS: BatchOptions = {policy: 'fcfs', relaunchesMax: 10};

export const MARATHON_DEFAULTS: MarathonOptions = {
  declineOfferMs: 120_000,
  reviveIntervalMs: 5000,
  launchesPerOfferMax: 5,
  acceptedResourceRolesDefault: 'any',
  gpuScheduling: 'restricted',
  maintenanceMode: true,
  drainingSeconds: 0,
  localRegion: undefined,
  launchTokens: undefined,
  launchTokenRefreshMs: 30_000,
  groupByRule: 'quota',
  envVarsPrefix: undefined,
  leader: 'localhost:8080',
  legacyAppForm: false,
};
