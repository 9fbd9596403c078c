/**
 * The canonical form of an app: Marathon's new form (1.5 and later) with the defaults filled in. It
 * is plain JSON and is kept, recorded and shown as it stands; empty optional lists and maps are
 * left out (reference part 1).
 */

export type EnvValue = string | {readonly secret: string};

export interface PortDefinition {
  /** Service port; with `requirePorts` also the host port. 0 until assigned. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly name?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export type Protocol = 'tcp' | 'udp' | 'udp,tcp';

export interface PortMapping {
  /** 0: the same number as the host port. */
  readonly containerPort: number;
  /** Absent: no host port; 0: any; else exactly this one. */
  readonly hostPort?: number | undefined;
  readonly servicePort: number;
  readonly protocol: Protocol;
  readonly name?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkNames?: readonly string[] | undefined;
}

export interface Network {
  readonly mode: 'host' | 'container/bridge' | 'container';
  readonly name?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface DockerImage {
  readonly image: string;
  readonly forcePullImage: boolean;
  readonly privileged: boolean;
  readonly parameters: readonly {readonly key: string; readonly value: string}[];
  readonly pullConfig?: {readonly secret: string} | undefined;
}

export interface Volume {
  readonly containerPath: string;
  readonly mode?: 'RO' | 'RW' | undefined;
  readonly hostPath?: string | undefined;
  readonly secret?: string | undefined;
  readonly persistent?: PersistentVolume | undefined;
  readonly external?: ExternalVolume | undefined;
}

export interface PersistentVolume {
  readonly type: 'root' | 'path' | 'mount';
  /** MiB. */
  readonly size: number;
  readonly maxSize?: number | undefined;
  readonly profileName?: string | undefined;
  readonly constraints?: readonly (readonly string[])[] | undefined;
}

export interface ExternalVolume {
  readonly name: string;
  readonly provider: string;
  readonly options: Readonly<Record<string, string>>;
  readonly size?: number | undefined;
  readonly shared?: boolean | undefined;
}

export interface Container {
  readonly type: 'DOCKER' | 'MESOS';
  readonly docker?: DockerImage | undefined;
  readonly volumes: readonly Volume[];
  readonly portMappings?: readonly PortMapping[] | undefined;
  readonly linuxInfo?: Readonly<Record<string, unknown>> | undefined;
}

export type HealthProtocol =
  | 'HTTP'
  | 'HTTPS'
  | 'TCP'
  | 'COMMAND'
  | 'MESOS_HTTP'
  | 'MESOS_HTTPS'
  | 'MESOS_TCP';

/** A health check of an app, times in seconds (reference part 4.1). */
export interface HealthCheck {
  readonly protocol: HealthProtocol;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxConsecutiveFailures: number;
  readonly delaySeconds: number;
  readonly ipProtocol: 'IPv4' | 'IPv6';
  readonly path?: string | undefined;
  readonly port?: number | undefined;
  readonly portIndex?: number | undefined;
  readonly ignoreHttp1xx?: boolean | undefined;
  readonly command?: {readonly value: string} | undefined;
}

export interface ReadinessCheck {
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly path: string;
  readonly portName: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly httpStatusCodesForReady: readonly number[];
  readonly preserveLastResponse: boolean;
}

export interface Artifact {
  readonly uri: string;
  readonly extract: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
  readonly destPath?: string | undefined;
}

export interface UpgradeStrategy {
  /** Share of the wanted instances that must stay healthy during an upgrade: 0 to 1. */
  readonly minimumHealthCapacity: number;
  /** Share of the wanted instances that may exist beyond them during an upgrade: 0 to 1. */
  readonly maximumOverCapacity: number;
}

export type UnreachableStrategy =
  | 'disabled'
  | {readonly inactiveAfterSeconds: number; readonly expungeAfterSeconds: number};

/** `[field, operator]` or `[field, operator, value]`. */
export type ConstraintText = readonly string[];

/**
 * An app in canonical form, as it is stored: times in seconds, amounts as written (reference part
 * 1.7).
 */
export interface AppDefinition {
  /** Absolute and canonical: `/group/app`. */
  readonly id: string;
  readonly cmd?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly env?: Readonly<Record<string, EnvValue>> | undefined;
  readonly secrets?: Readonly<Record<string, {readonly source: string}>> | undefined;
  readonly instances: number;
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB. */
  readonly disk: number;
  readonly gpus: number;
  readonly executor: string;
  readonly executorResources?: Readonly<Record<string, number>> | undefined;
  readonly resourceLimits?: Readonly<Record<string, number | 'unlimited'>> | undefined;
  readonly constraints?: readonly ConstraintText[] | undefined;
  readonly acceptedResourceRoles?: readonly string[] | undefined;
  readonly role: string;
  readonly fetch?: readonly Artifact[] | undefined;
  readonly container?: Container | undefined;
  readonly networks: readonly Network[];
  /** Host networking only. */
  readonly portDefinitions?: readonly PortDefinition[] | undefined;
  readonly requirePorts: boolean;
  readonly healthChecks?: readonly HealthCheck[] | undefined;
  readonly check?: Readonly<Record<string, unknown>> | undefined;
  readonly readinessChecks?: readonly ReadinessCheck[] | undefined;
  readonly backoffSeconds: number;
  readonly backoffFactor: number;
  readonly maxLaunchDelaySeconds: number;
  readonly upgradeStrategy: UpgradeStrategy;
  readonly dependencies?: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly taskKillGracePeriodSeconds?: number | undefined;
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  readonly unreachableStrategy: UnreachableStrategy;
  readonly tty?: boolean | undefined;
}

/** An update in the new form: the fields given, and nothing else. */
export type AppUpdate = Partial<AppDefinition> & {readonly version?: string | undefined};

/** When the definition last changed, in ms; `version` names it and is unique per app. */
export interface VersionInfo {
  readonly version: number;
  readonly lastScalingAt: number;
  readonly lastConfigChangeAt: number;
}

/** A stored app. */
export interface App extends VersionInfo {
  readonly definition: AppDefinition;
}

/**
 * Whether the app has local persistent volumes, so that its instances are bound to their agents.
 */
export function isResident(definition: Pick<AppDefinition, 'container'>): boolean {
  return definition.container?.volumes.some(({persistent}) => persistent !== undefined) ?? false;
}

export function usesHostNetwork(definition: Pick<AppDefinition, 'networks'>): boolean {
  return definition.networks.length === 0 || definition.networks[0]?.mode === 'host';
}

/** What a cluster decides about definitions. */
export interface NormaliseConfig {
  /** `--default_network_name`: the network of a container network without a name. */
  readonly defaultNetworkName?: string | undefined;
  /** `--mesos_bridge_name`. */
  readonly mesosBridgeName: string;
  readonly defaultRole: string;
  /** `--enable_features`: gpu_resources, secrets, external_volumes. */
  readonly enabledFeatures: readonly string[];
  /** Apps are shown in the old form as well, and taken back in both. */
  readonly legacyAppForm?: boolean | undefined;
}
