/**
 * A scenario as the simulator takes it: everything resolved, all defaults filled in, plain
 * JSON-able data.
 *
 * Times are integer virtual milliseconds (`…Ms`), except inside a {@link Distribution} of times,
 * whose draws are milliseconds that need rounding. Scalars of {@link Resources} are integer
 * thousandths. The form that people write is in `file-schema.ts`; `load.ts` turns it into this one.
 */
import type {ChronosOptions, ChronosPreset, Limits, Quantities} from '../../engine/index.ts';
import type {WireResource} from '../../engine/index.ts';
import type {Distribution} from '../random/distributions.ts';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  /** The wall-clock instant of virtual time 0, ms since 1970: what dates in schedules count by. */
  readonly startMs: number;
  readonly until: Until;
  readonly allocator: AllocatorSettings;
  readonly master: MasterSettings;
  /** Absent: status updates arrive as they are sent, once. */
  readonly network?: NetworkSettings;
  /** Absent: what is to be written is confirmed at once. */
  readonly store?: StoreSettings;
  /** What the scenario assumes because its sources lack it; printed with the result. */
  readonly assumptions: readonly string[];
  readonly agents: readonly AgentGroup[];
  readonly frameworks: readonly Framework[];
  /** Those that have a weight or a quota of their own. */
  readonly roles: readonly Role[];
  readonly workloads: readonly Workload[];
  /** The first one that matches a task says how it behaves; see `behaviours.ts`. */
  readonly behaviours: readonly Behaviour[];
  /** By time; events of one instant in the order in which they are written. */
  readonly events: readonly TimedEvent[];
  readonly failures: readonly FailureProcess[];
  readonly expectations: readonly Expectation[];
  readonly sampling: Sampling;
}

/**
 * `idle`: no workload still to come, no batch task waiting or running, no deployment, no event
 * left.
 */
export type Until = {readonly kind: 'time'; readonly atMs: number} | {readonly kind: 'idle'};

export interface AllocatorSettings {
  readonly intervalMs: number;
  readonly allocateOnRecovery: boolean;
  /** An agent is offered when it has at least one of these; empty = always. */
  readonly minAllocatable: readonly Resources[];
  readonly excludeFromFairness: readonly string[];
  /** Absent: offers never time out. */
  readonly offerTimeoutMs?: number;
  /** Order of roles, and of the frameworks of a role. */
  readonly sorter: 'drf' | 'random';
  /** Order of agents: drawn for each run, drawn once, or the fullest first. */
  readonly agentOrder: 'random' | 'seeded' | 'packed';
  /** Limits of a role bind those below it, too. */
  readonly nestedLimits: boolean;
  readonly reviveKeepsFilters: boolean;
  /** What is offered of an agent, of which the framework holds an offer, is added to that one. */
  readonly mergeOffers: boolean;
  /** The master's; absent: no agent is remote. */
  readonly region?: string;
}

export interface MasterSettings {
  readonly agentPingTimeoutMs: number;
  readonly agentPingTimeoutsMax: number;
}

/** The way of status updates from agents to the master. */
export interface NetworkSettings {
  readonly delayMs: Distribution;
  /** Share of the updates that come twice. */
  readonly duplicate: number;
}

export interface StoreSettings {
  /** From a write to its confirmation. */
  readonly latencyMs: Distribution;
}

/** Scalars in thousandths; ranges inclusive. The same shape as the engine's amounts. */
export interface Resources {
  readonly scalars: Readonly<Record<string, number>>;
  readonly ranges: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  readonly sets: Readonly<Record<string, readonly string[]>>;
  /** Of agents: what is reserved to roles. */
  readonly special?: readonly WireResource[];
}

/** A file as the scenario names it (`data:x.csv`, `apps/a.json`) and where it was found. */
export interface FileRef {
  readonly written: string;
  /** Absolute; never part of a result or of the run hash. */
  readonly path: string;
}

/** Hostnames are `<name>-0`, `<name>-1` …; for zones and racks see `placeOf` in `places.ts`. */
interface AgentGroupBase {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Empty: no zone. */
  readonly zones: readonly string[];
  /** Empty: no rack. */
  readonly racks: readonly string[];
  readonly region?: string;
}

export interface UniformAgents extends AgentGroupBase {
  readonly kind: 'uniform';
  readonly count: number;
  readonly resources: Resources;
}

/** As the trace readers call them. */
export type NodeFormat = 'spot-nodes' | 'openb-nodes' | 'nodes';

export interface ListedAgents extends AgentGroupBase {
  readonly kind: 'listed';
  readonly file: FileRef;
  /** Absent: told by the header. */
  readonly format?: NodeFormat;
  /** Take the first nodes only. */
  readonly limit?: number;
  readonly assume: NodeAssumptions;
}

/** Nodes drawn from the published statistics of a real cluster's node list. */
export interface SynthesisedAgents extends AgentGroupBase {
  readonly kind: 'synthesised';
  readonly model: 'spot';
  readonly limit?: number;
  readonly assume: NodeAssumptions;
}

export type AgentGroup = UniformAgents | ListedAgents | SynthesisedAgents;

/** What every node of a list has although the list does not say so. */
export interface NodeAssumptions {
  /** Thousandths of a MB per whole cpu; 0 where the list has memory. */
  readonly memPerCpuThousandths: number;
  readonly diskPerCpuThousandths: number;
  /** Added to every node. */
  readonly add: Resources;
}

/** What is promised and allowed to a role (of the top level) and those below it. */
export interface RoleQuota {
  /** What is not named is not promised. */
  readonly guarantees: Quantities;
  /** What is not named is unlimited. */
  readonly limits: Limits;
}

export interface Role extends RoleQuota {
  readonly name: string;
  readonly weight: number;
}

export type Framework = MarathonFramework | BatchFramework | ChronosFramework;

export interface MarathonFramework {
  readonly kind: 'marathon';
  readonly name: string;
  readonly role: string;
  readonly declineForMs: number;
  readonly reviveIntervalMs: number;
  readonly usedOfferRefuseMs: number;
  readonly launchesPerOfferMax: number;
  /** While more of an app than this share is unhealthy, nothing is killed for it. Absent: no. */
  readonly healthKillShareMax?: number;
  /** Launches per `launchTokenRefreshMs`, and one more for each instance that runs. Absent: any. */
  readonly launchTokens?: number;
  readonly launchTokenRefreshMs: number;
  /** What an app that does not name roles may use. */
  readonly acceptedResourceRoles: 'any' | 'unreserved' | 'reserved';
  /** Whether agents with gpus are left to apps that need gpus. */
  readonly gpuScheduling: 'restricted' | 'unrestricted';
  /** Whether nothing is started on agents in maintenance, and how long before that begins. */
  readonly maintenanceMode: boolean;
  readonly drainingMs: number;
  /** Absent: agents of every region are local. */
  readonly localRegion?: string;
  readonly groupByRule: 'quota' | 'minimum';
  /** Changes beyond so many deployments are refused. Absent: none is. */
  readonly deploymentsMax?: number;
}

export interface BatchFramework {
  readonly kind: 'batch';
  readonly name: string;
  readonly role: string;
  readonly policy: 'fcfs' | 'easy';
  /** How often a task that was lost or failed is started again. */
  readonly relaunchesMax: number;
}

export interface ChronosFramework {
  readonly kind: 'chronos';
  readonly name: string;
  readonly role: string;
  readonly preset: ChronosPreset;
  /** What is said beside the preset. */
  readonly options: Partial<ChronosOptions>;
}

interface WorkloadBase {
  /** Unique in the scenario. Tasks of a batch workload are `job:<name>/<id>` to behaviours. */
  readonly name: string;
  readonly framework: string;
  /** When the app is deployed, or what is added to every time of a trace. */
  readonly atMs: number;
}

/** A Marathon app as its user wrote it; only that it is an object with an id has been checked. */
export type MarathonApp = Readonly<Record<string, unknown>> & {readonly id: string};

export interface AppWorkload extends WorkloadBase {
  readonly kind: 'app';
  readonly app: MarathonApp;
  readonly file?: FileRef;
}

/** A Marathon group as its user wrote it; only that it is a map with an id has been checked. */
export type MarathonGroup = Readonly<Record<string, unknown>> & {readonly id: string};

export interface GroupWorkload extends WorkloadBase {
  readonly kind: 'group';
  readonly group: MarathonGroup;
  /** Absolute ids of its apps, at any depth. */
  readonly appIds: readonly string[];
  readonly file?: FileRef;
}

/** A job of Chronos or of Metronome as its user wrote it; only that it has a name was checked. */
export type ScheduledJob = Readonly<Record<string, unknown>>;

export interface ScheduledJobWorkload extends WorkloadBase {
  readonly kind: 'job';
  /** In the order in which they are submitted. */
  readonly list: readonly ScheduledJob[];
  readonly file?: FileRef;
}

export type JobFormat = 'swf' | 'lcg' | 'surf' | 'jobs';

/** Rows of a file, or rows made up by our generator after the statistics of a published trace. */
export type TraceSource<Format extends string, Model extends string> =
  /** `format` absent: told by the header. */
  | {readonly kind: 'file'; readonly file: FileRef; readonly format?: Format}
  /** `count` (jobs only) absent: as many as the trace has. */
  | {readonly kind: 'synthesised'; readonly model: Model; readonly count?: number};

export interface JobsWorkload extends WorkloadBase {
  readonly kind: 'jobs';
  readonly source: TraceSource<JobFormat, 'lcg'>;
  /** Submit times are multiplied by it and rounded half to even (in the trace's own unit). */
  readonly arrivalScale: number;
  /** What one task takes where the trace does not say. */
  readonly perTask: Resources;
  /** Take the first rows only. */
  readonly limit?: number;
}

/** Each service becomes an app, `/dlrm/<app>/<role>`, whose instances come and go. */
export interface ServicesWorkload extends WorkloadBase {
  readonly kind: 'services';
  readonly source: TraceSource<'dlrm', 'dlrm'>;
  readonly limit?: number;
}

export interface PodsWorkload extends WorkloadBase {
  readonly kind: 'pods';
  readonly source: TraceSource<'openb-pods', never>;
  /** `stream`: one pod every `everyMs` and none leaves; `trace`: by the trace's own clock. */
  readonly timing: 'stream' | 'trace';
  readonly everyMs: number;
  readonly limit?: number;
}

export interface ArrivalsWorkload extends WorkloadBase {
  readonly kind: 'arrivals';
  /** Milliseconds from one job to the next; the first comes one draw after `atMs`. */
  readonly interarrivalMs: Distribution;
  /** Tasks of a job; rounded, at least 1. All of them start together. */
  readonly tasks: Distribution;
  readonly durationMs: Distribution;
  /** Of one task. */
  readonly resources: Resources;
  /** Absent: no limit of number. */
  readonly count?: number;
  /** No job comes at or after this. Absent: no limit of time. */
  readonly untilMs?: number;
}

export type Workload =
  | AppWorkload
  | GroupWorkload
  | ScheduledJobWorkload
  | JobsWorkload
  | ServicesWorkload
  | PodsWorkload
  | ArrivalsWorkload;

export interface Behaviour {
  /** Glob over `/app/id` or `job:<workload>/<id>`: `*` is any text, `?` any one character. */
  readonly match: string;
  /** Only instances of the n-th definition of the app, from 1; see `definitions.ts`. */
  readonly version?: number;
  /** Only instances of definitions that have these fields, and of maps at least these entries. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** Whether a task says that it is starting as soon as its agent has it. */
  readonly saysStarting?: boolean;
  /** Whether it reports TASK_KILLING when it is being killed. */
  readonly saysKilling?: boolean;
  /** From launch to running. */
  readonly startupMs: Distribution;
  /** From running to its end. Absent: for ever (apps) or as its workload says (jobs). */
  readonly durationMs?: Distribution;
  /** How a task ends whose duration is over. */
  readonly end: 'finished' | 'failed';
  readonly failure?: TaskFailure;
  /** From a kill to the end, unless the grace that the kill gives is over sooner. */
  readonly stopMs: Distribution;
  /** From running to healthy, for apps with health checks. Absent: never. */
  readonly healthyAfterMs?: Distribution;
  /** From running to not being healthy any more. Absent: never. */
  readonly sickAfterMs?: Distribution;
  /** Once healthy, well and sick by turns; each is drawn once per task. */
  readonly flap?: {readonly wellMs: Distribution; readonly sickMs: Distribution};
  /** What it answers to health checks while it is not healthy. */
  readonly sickAnswer: HealthAnswer;
  /** From running to ready, for apps with a readiness check. Absent: never. */
  readonly readyAfterMs?: Distribution;
}

/** An HTTP status, no answer in time, or a connection that is refused. */
export type HealthAnswer = number | 'timeout' | 'refused';

/** With this probability a task fails, so long after it was running (unless it ended before). */
export interface TaskFailure {
  readonly probability: number;
  readonly afterMs: Distribution;
}

/**
 * Which agents: those to which every given filter applies, and of these `count` or `fraction` drawn
 * at random (of the agents that are up; fractions are rounded up). Nothing given: all.
 */
export interface AgentSelection {
  /** Hostnames. */
  readonly names?: readonly string[];
  /** Name of an agent group. */
  readonly group?: string;
  readonly zone?: string;
  readonly rack?: string;
  readonly count?: number;
  readonly fraction?: number;
}

/**
 * `crash`: the agent and its tasks are gone. `partition`: they go on, but nobody can talk to them.
 */
export type FaultKind = 'crash' | 'partition';

/** What a deployment may carry beyond Marathon's; see the engine's deployment terms. */
export interface DeploymentTerms {
  readonly deadlineSeconds?: number;
  readonly failuresMax?: number;
  readonly onFailure?: 'fail' | 'pause' | 'rollback';
  readonly stepByStep?: boolean;
  readonly canary?: number;
}

/** The app that an event is about. */
interface OfApp {
  readonly app: string;
  readonly framework: string;
}

/** A change of what Marathon runs. */
interface Change {
  /** Absent: none. */
  readonly terms?: DeploymentTerms;
}

/** What is asked of a Marathon. */
export type MarathonEvent =
  | ({readonly kind: 'scale'; readonly instances: number} & OfApp & Change)
  /** `patch` is a JSON merge patch on the app. */
  | ({readonly kind: 'upgrade'; readonly patch: Readonly<Record<string, unknown>>} & OfApp & Change)
  /** All instances are replaced by new ones of the same definition. */
  | ({readonly kind: 'restart'} & OfApp & Change)
  | ({readonly kind: 'remove'} & OfApp & Change)
  /** `appIds` as in a {@link GroupWorkload}. */
  | ({
      readonly kind: 'group';
      readonly framework: string;
      readonly group: MarathonGroup;
      readonly appIds: readonly string[];
    } & Change)
  | ({readonly kind: 'removeGroup'; readonly framework: string; readonly group: string} & Change)
  /** The deployment that has the app locked; `ifAny`: there may be none. */
  | ({
      readonly kind: 'deployment';
      readonly action: 'cancel' | 'rollBack' | 'pause' | 'resume';
      readonly ifAny: boolean;
    } & OfApp)
  /** Of the tasks on `hosts` (absent: anywhere) `count`, drawn at random (absent: all). */
  | ({
      readonly kind: 'killTasks';
      readonly hosts?: readonly string[];
      readonly count?: number;
      /** The app wants that many fewer. */
      readonly scale: boolean;
    } & OfApp &
      Change)
  /** Another leader takes over, which knows what the store holds. */
  | {readonly kind: 'failover'; readonly framework: string}
  /** Any request to the HTTP API of a Marathon or Chronos. */
  | {
      readonly kind: 'request';
      readonly framework: string;
      readonly method: string;
      readonly path: string;
      /** As sent. Absent: none. */
      readonly body?: string;
      /** The status of the answer. Absent: any below 400. */
      readonly expect?: number;
    };

/** What is asked of a Chronos. */
export type ScheduledJobEvent = {readonly job: string; readonly framework: string} & (
  | {readonly kind: 'runJob'; readonly arguments?: string}
  | {readonly kind: 'killRuns'}
);

export type TimedEvent = {readonly atMs: number} & (
  | MarathonEvent
  | ScheduledJobEvent
  /** What all its instances answer to health checks from then on; absent: as they behave. */
  | ({readonly kind: 'health'; readonly answer?: HealthAnswer} & OfApp)
  | ({
      readonly kind: 'quota';
      readonly role: string;
      /** Also beyond what the cluster has, or below what the role uses. */
      readonly force: boolean;
    } & RoleQuota)
  | {readonly kind: 'weight'; readonly role: string; readonly weight: number}
  /** Announced to those that are up; `forMs` absent: for good. */
  | {
      readonly kind: 'maintenance';
      readonly agents: AgentSelection;
      readonly inMs: number;
      readonly forMs?: number;
    }
  /** From then on only these are offered. */
  | {readonly kind: 'whitelist'; readonly agents: AgentSelection | 'all'}
  /** `forMs` absent: for ever. */
  | {
      readonly kind: 'fault';
      readonly fault: FaultKind;
      readonly agents: AgentSelection;
      readonly forMs?: number;
    }
);

export type FailureProcess =
  /**
   * Each agent by itself: up for a draw of `everyMs`, then down for a draw of `forMs`, again and
   * again.
   */
  | {
      readonly kind: 'perAgent';
      readonly fault: FaultKind;
      readonly agents: AgentSelection;
      readonly everyMs: Distribution;
      /** Absent: for ever. */
      readonly forMs?: Distribution;
    }
  /**
   * Outages from a trace: each takes down `intensity × intensityScale` of the selected agents at
   * once.
   */
  | {
      readonly kind: 'outages';
      readonly fault: FaultKind;
      readonly agents: AgentSelection;
      readonly source: TraceSource<'outages', 'facebook'>;
      readonly intensityScale: number;
      /** Multiplies the times between outages (not their durations). */
      readonly timeScale: number;
    };

export type Comparator = 'is' | 'isNot' | 'atLeast' | 'atMost' | 'above' | 'below';

export interface Expectation {
  /** How it is printed, e.g. `tasks.failed is 0 at the end`. */
  readonly text: string;
  readonly when: ExpectationTime;
  /** See `metrics.ts` and docs/scenarios.md. */
  readonly metric: string;
  readonly comparator: Comparator;
  readonly value: number;
}

export type ExpectationTime =
  | {readonly kind: 'end'}
  | {readonly kind: 'at'; readonly atMs: number}
  /** Whenever something changed, from `sinceMs` to `untilMs` (absent: the end), both inclusive. */
  | {readonly kind: 'always'; readonly sinceMs: number; readonly untilMs?: number};

export interface Sampling {
  readonly everyMs: number;
  /** Rows of the heat map of agents' fill. */
  readonly fillRows: number;
}

/** What is wrong with a scenario: one thing, one message. */
export interface ScenarioProblem {
  /** `cluster.agents[2].resources`; empty when the file as a whole is meant. */
  readonly path: string;
  readonly message: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}
