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
  /** How long a new master waits for agents of the one before (`--agent_reregister_timeout`). */
  readonly agentReregisterTimeoutMs: number;
  /**
   * Whether agents are written down before they are offered (`--registry`): without, a new master
   * knows of no agent until it registers.
   */
  readonly registry: 'in_memory' | 'stored';
  /** An agent that is unreachable for longer is forgotten (`--registry_max_agent_age`). */
  readonly registryMaxAgentAgeMs: number;
  /** So many unreachable agents are remembered (`--registry_max_agent_count`). */
  readonly registryMaxAgentCount: number;
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
  /**
   * How long what an offer has left after launches is not offered again: 5 s in Mesos, where nobody
   * says otherwise. With 0 one agent is filled at once, and not by a few tasks every 5 s.
   */
  readonly usedOfferRefuseMs: number;
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

/**
 * Which of several slots that are due at once are run: the newest, all in order, or none that is
 * late.
 */
export type CatchupRule = 'all' | 'latest' | 'none';

/**
 * What becomes of a trigger while a run of its job is active: it waits, replaced by newer ones; it
 * is dropped; it starts beside it; or the active run is killed for it.
 */
export type OverlapRule = 'allow' | 'buffer-one' | 'replace' | 'skip';

/**
 * When a job with several parents runs: by counters, one for each of them (Chronos); when all have
 * succeeded for the same slot of the root; or by counters, but not while the latest run of one has
 * failed (Metronome).
 */
export type BarrierRule = 'counters' | 'cycle' | 'latest';

/**
 * What a new leader does with a task that was to be launched and of which nobody knows: launch it
 * again, or count it as lost, so that nothing can run twice.
 */
export type LaunchRule = 'again' | 'strict';

/** Chronos: jobs on a timetable and after each other. Figures are those of its flags (part 6). */
export interface ChronosOptions {
  /** `--decline_offer_duration`. */
  readonly declineOfferMs: number;
  /** `--mesos_task_cpu`, `--mesos_task_mem`, `--mesos_task_disk`: cores and MB. */
  readonly cpusDefault: number;
  readonly memDefault: number;
  readonly diskDefault: number;
  /** `--user`. */
  readonly userDefault: string;
  /** `--failure_retry`: from a failure to its retry. */
  readonly retryDelayMs: number;
  /** By how much longer each further retry waits, up to `retryDelayMsMax`. */
  readonly retryBackoff: number;
  readonly retryDelayMsMax: number;
  /** `--disable_after_failures`: so many failed cycles in a row disable a job; 0: never. */
  readonly disableAfterFailures: number;
  readonly catchup: CatchupRule;
  /** How many slots catch-up `all` runs at most; the others are skipped. */
  readonly catchupLimit: number;
  /** `--task_epsilon`: how late a slot may be to be considered; undefined: any. */
  readonly epsilonMs: number | undefined;
  /** Of jobs that are not `concurrent`. */
  readonly overlap: OverlapRule;
  /** Metronome's jobs make up for no slot that was missed, unless this says so. */
  readonly metronomeCatchup: CatchupRule;
  readonly launch: LaunchRule;
  /** An unreachable task counts as lost after this. */
  readonly unreachableTimeoutMs: number;
  /** How long a new leader waits for news of a task before it asks again. */
  readonly reconcileMs: number;
  /** A kill without an answer is sent again after this. */
  readonly killRetryMs: number;
  /** What has waited so long in the normal class waits in the high one. */
  readonly agingMs: number;
  /** `--job_history_limit`, of all runs: how many ended ones are kept per job. */
  readonly historyMax: number;
  /** Old Java's zone names: PST, EST (with daylight saving), BST (Asia/Dhaka), `GMT+5`. */
  readonly legacyZoneNames: boolean;
  /** `slots`: only claimed slots take a repetition. `launches`: retries and manual runs, too. */
  readonly repetitionsTakenBy: 'launches' | 'slots';
  /** Slots that were skipped take a repetition (Chronos 2). */
  readonly skippedTakeRepetitions: boolean;
  /** Whether a run is retried although the cycle before it failed (historic Chronos: no). */
  readonly retriesAfterFailedCycle: boolean;
  /**
   * A task that somebody else killed is cancelled, as historic Chronos has it, instead of failed.
   */
  readonly foreignKillsCancel: boolean;
  /** DELETE of a job that others depend on: refused, or its children take its place (historic). */
  readonly deleteOfParents: 'convert' | 'refuse';
  /** Counters (`successCount` …) are taken from what is submitted (historic). */
  readonly countersFromRequests: boolean;
  /** Jobs beyond that many are refused. */
  readonly jobsMax: number;
  /** `host:port` that answers name as the leader's. */
  readonly leader: string;
}

/** A framework that runs inside the engine. Its id is also the name of its records and streams. */
export type FrameworkOptions = {
  readonly id: string;
  readonly role: string;
} & (
  | {readonly type: 'batch'; readonly batch?: Partial<BatchOptions> | undefined}
  | {readonly type: 'marathon'; readonly marathon?: Partial<MarathonOptions> | undefined}
  | {
      readonly type: 'chronos';
      readonly chronos?: (Partial<ChronosOptions> & {readonly preset?: ChronosPreset}) | undefined;
    }
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
  /**
   * The wall-clock instant, ms since 1970, of the engine's instant 0: what schedules, which have
   * dates, count by. 0 where the engine is driven by a real clock.
   */
  readonly epochMs?: number | undefined;
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
  agentReregisterTimeoutMs: 600_000,
  registry: 'in_memory',
  registryMaxAgentAgeMs: 1_209_600_000,
  registryMaxAgentCount: 102_400,
};

export const BATCH_DEFAULTS: BatchOptions = {policy: 'fcfs', relaunchesMax: 10};

export const MARATHON_DEFAULTS: MarathonOptions = {
  declineOfferMs: 120_000,
  reviveIntervalMs: 5000,
  usedOfferRefuseMs: 5000,
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

export const CHRONOS_DEFAULTS: ChronosOptions = {
  declineOfferMs: 120_000,
  cpusDefault: 0.1,
  memDefault: 128,
  diskDefault: 256,
  userDefault: 'root',
  retryDelayMs: 60_000,
  retryBackoff: 1,
  retryDelayMsMax: 3_600_000,
  disableAfterFailures: 0,
  catchup: 'latest',
  catchupLimit: 100,
  epsilonMs: undefined,
  overlap: 'buffer-one',
  metronomeCatchup: 'none',
  launch: 'again',
  unreachableTimeoutMs: 600_000,
  reconcileMs: 30_000,
  killRetryMs: 30_000,
  agingMs: 600_000,
  historyMax: 25,
  legacyZoneNames: false,
  repetitionsTakenBy: 'slots',
  skippedTakeRepetitions: false,
  retriesAfterFailedCycle: true,
  foreignKillsCancel: false,
  deleteOfParents: 'refuse',
  countersFromRequests: false,
  jobsMax: 1_000_000,
  leader: 'localhost:4400',
};

const HISTORIC = {
  legacyZoneNames: true,
  repetitionsTakenBy: 'launches',
  retriesAfterFailedCycle: false,
  foreignKillsCancel: true,
  deleteOfParents: 'convert',
  countersFromRequests: true,
} as const;

/**
 * Historic behaviour by name, for those who depend on it. What was merely broken (reference part
 * 9.3) comes back with none of them.
 */
export const CHRONOS_PRESETS = {
  /** What is recommended: {@link CHRONOS_DEFAULTS}. */
  drydock: {},
  /** Chronos 3: one run however late, then the next slot. */
  chronos3: HISTORIC,
  /** Chronos 2: what is later than a minute is lost, and so is what falls due during a run. */
  chronos2: {
    ...HISTORIC,
    catchup: 'all',
    epsilonMs: 60_000,
    overlap: 'skip',
    repetitionsTakenBy: 'slots',
    skippedTakeRepetitions: true,
  },
} as const satisfies Readonly<Record<string, Partial<ChronosOptions>>>;

export type ChronosPreset = keyof typeof CHRONOS_PRESETS;

/** The options of a Chronos: its preset, and what is said beside it. */
export function chronosOptions({
  preset = 'drydock',
  ...own
}: Partial<ChronosOptions> & {readonly preset?: ChronosPreset} = {}): ChronosOptions {
  return {...CHRONOS_DEFAULTS, ...CHRONOS_PRESETS[preset], ...own};
}
