/**
 * What a job is told to do, in the two forms in which users write it: Chronos's and Metronome's.
 * Every field is filled in; amounts are as written (cores, MB). Fields of ours that neither knows
 * are optional: absent, the cluster's {@link ChronosOptions} hold.
 */
import type {BarrierRule, CatchupRule, LaunchRule, OverlapRule} from '../../../options.ts';

export type JobDefinition = ChronosDefinition | MetronomeDefinition;

/** A Chronos job (reference part 1). Either `schedule` or `parents` says when it runs. */
export interface ChronosDefinition extends JobTerms {
  readonly form: 'chronos';
  /** Identity; `[\w.-]+`. */
  readonly name: string;
  readonly command: string;
  readonly shell: boolean;
  readonly arguments: readonly string[];
  readonly executor: string;
  readonly executorFlags: string;
  readonly taskInfoData: string;
  readonly retries: number;
  readonly owner: string;
  readonly ownerName: string;
  readonly description: string;
  readonly cpus: number;
  /** MB. */
  readonly mem: number;
  /** MB. */
  readonly disk: number;
  readonly disabled: boolean;
  readonly softError: boolean;
  readonly dataProcessingJobType: boolean;
  readonly highPriority: boolean;
  readonly concurrent: boolean;
  /** Seconds; 0: no limit. */
  readonly maxCompletionTime: number;
  readonly runAsUser: string;
  readonly uris: readonly string[];
  readonly fetch: readonly JobFetch[];
  readonly environmentVariables: readonly {readonly name: string; readonly value: string}[];
  readonly constraints: readonly JobConstraint[];
  readonly container?: ChronosContainer | undefined;
  /** As submitted: `R[n]/start/period`, or `cron:` and a cron expression. */
  readonly schedule?: string | undefined;
  /** Empty: none. */
  readonly scheduleTimeZone: string;
  /** Sorted, without duplicates. Empty: an orphan, which runs by hand only. */
  readonly parents?: readonly string[] | undefined;
}

/** What a user may say of a job beyond Chronos (reference part 9.4). */
export interface JobTerms {
  /** How late a slot may be to be considered at all; an ISO 8601 period. */
  readonly epsilon?: string | undefined;
  readonly catchup?: CatchupRule | undefined;
  readonly catchupLimit?: number | undefined;
  readonly overlap?: OverlapRule | undefined;
  readonly barrier?: Exclude<BarrierRule, 'latest'> | undefined;
  readonly launch?: LaunchRule | undefined;
  /** Seconds. */
  readonly retryDelay?: number | undefined;
  /** Each retry waits so many times as long as the one before. */
  readonly retryBackoff?: number | undefined;
  /** Seconds. */
  readonly retryMaxDelay?: number | undefined;
  /** Seconds after which an unreachable task counts as lost. */
  readonly unreachableTimeout?: number | undefined;
}

export interface JobFetch {
  readonly uri: string;
  readonly executable: boolean;
  readonly cache: boolean;
  readonly extract: boolean;
  readonly outputFile?: string | undefined;
}

export interface JobConstraint {
  readonly attribute: string;
  readonly operator: 'EQUALS' | 'LIKE' | 'UNLIKE';
  readonly value: string;
}

export interface ChronosContainer {
  readonly type: 'DOCKER' | 'MESOS';
  readonly image: string;
  readonly network: 'BRIDGE' | 'HOST' | 'USER';
  readonly networkName?: string | undefined;
  readonly networkInfos: readonly {
    readonly name: string;
    readonly protocol?: 'IPv4' | 'IPv6' | undefined;
    readonly labels: readonly KeyValue[];
    readonly portMappings: readonly {
      readonly hostPort: number;
      readonly containerPort: number;
      readonly protocol?: string | undefined;
    }[];
  }[];
  readonly volumes: readonly {
    readonly containerPath: string;
    readonly hostPath?: string | undefined;
    readonly mode?: 'RO' | 'RW' | undefined;
    readonly external?:
      | {readonly name: string; readonly provider: string; readonly options: readonly KeyValue[]}
      | undefined;
  }[];
  readonly forcePullImage: boolean;
  readonly parameters: readonly KeyValue[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A job as `dcos job` writes it (reference part 8.2). */
export interface MetronomeDefinition {
  readonly form: 'metronome';
  /** Identity; Metronome calls it `id`. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of jobs, sorted; Metronome's `dependencies`. */
  readonly parents: readonly string[];
  /** At most one. */
  readonly schedules: readonly MetronomeSchedule[];
  readonly run: MetronomeRun;
}

export interface MetronomeSchedule {
  readonly id: string;
  readonly cron: string;
  /** IANA id. */
  readonly timezone: string;
  readonly startingDeadlineSeconds: number;
  readonly concurrencyPolicy: 'ALLOW' | 'FORBID';
  readonly enabled: boolean;
}

export interface MetronomeRun {
  readonly cpus: number;
  /** MB. */
  readonly mem: number;
  /** MB. */
  readonly disk: number;
  readonly gpus: number;
  readonly cmd?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly env: Readonly<Record<string, string | {readonly secret: string}>>;
  readonly secrets: Readonly<Record<string, {readonly source: string}>>;
  readonly docker?:
    | {
        readonly image: string;
        readonly forcePullImage: boolean;
        readonly privileged: boolean;
        readonly parameters: readonly KeyValue[];
      }
    | undefined;
  readonly ucr?:
    | {
        readonly image: {
          readonly id: string;
          readonly kind: 'appc' | 'docker';
          readonly forcePull: boolean;
        };
        readonly privileged: boolean;
      }
    | undefined;
  readonly volumes: readonly (
    | {readonly containerPath: string; readonly hostPath: string; readonly mode: 'RO' | 'RW'}
    | {readonly containerPath: string; readonly secret: string}
  )[];
  readonly networks: readonly {
    readonly mode: 'container' | 'container/bridge' | 'host';
    readonly name?: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly artifacts: readonly {
    readonly uri: string;
    readonly extract: boolean;
    readonly executable: boolean;
    readonly cache: boolean;
  }[];
  readonly placement: {
    readonly constraints: readonly {
      readonly attribute: string;
      readonly operator: 'IS' | 'LIKE' | 'UNLIKE';
      readonly value?: string | undefined;
    }[];
  };
  readonly restart: {
    readonly policy: 'NEVER' | 'ON_FAILURE';
    readonly activeDeadlineSeconds?: number | undefined;
  };
  /** Seconds. */
  readonly maxLaunchDelay: number;
  readonly taskKillGracePeriodSeconds?: number | undefined;
}

/** The jobs whose success it waits for; undefined: it runs by a schedule, or by hand. */
export function parentsOf(definition: JobDefinition): readonly string[] | undefined {
  const {parents} = definition;
  if (definition.form === 'metronome' && parents?.length === 0) return undefined;
  return parents;
}
