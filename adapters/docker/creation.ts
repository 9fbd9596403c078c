/**
 * What the engine's API takes to create a container (`POST /containers/create`, version 1.41), in
 * so far as this adapter uses it; to be filled bit by bit.
 */

export interface Creation {
  Image: string;
  Entrypoint?: string[];
  Cmd?: string[];
  Env: Map<string, string>;
  Labels: Record<string, string>;
  User?: string;
  WorkingDir?: string;
  Hostname?: string;
  Domainname?: string;
  MacAddress?: string;
  Tty: boolean;
  OpenStdin: boolean;
  ExposedPorts: Record<string, object>;
  /** Anonymous ones, by the path in the container. */
  Volumes: Record<string, object>;
  StopSignal?: string;
  StopTimeout?: number;
  Healthcheck: HealthcheckConfig;
  HostConfig: HostConfig;
  /** On the network that it is attached to. */
  endpoint: Endpoint;
  /** Goes into the query: `linux/arm64`. */
  platform?: string;
}

export interface HealthcheckConfig {
  Test?: string[];
  /** ns */
  Interval?: number;
  /** ns */
  Timeout?: number;
  /** ns */
  StartPeriod?: number;
  Retries?: number;
}

export interface Endpoint {
  Aliases: string[];
  IPv4Address?: string;
  IPv6Address?: string;
}

export interface Mount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: {Propagation: string};
  VolumeOptions?: {
    NoCopy?: boolean;
    DriverConfig?: {Name: string; Options: Record<string, string>};
  };
  TmpfsOptions?: {SizeBytes?: number; Mode?: number};
}

/** Where it meets the machine. */
export interface HostConfig {
  NetworkMode: string;
  PortBindings: Record<string, {HostIp: string; HostPort: string}[]>;
  PublishAllPorts?: boolean;
  Binds: string[];
  Mounts: Mount[];
  Tmpfs: Record<string, string>;
  VolumeDriver?: string;
  VolumesFrom: string[];
  Privileged: boolean;
  CapAdd: string[];
  CapDrop: string[];
  SecurityOpt: string[];
  GroupAdd: string[];
  Devices: {PathOnHost: string; PathInContainer: string; CgroupPermissions: string}[];
  DeviceCgroupRules: string[];
  DeviceRequests: {Count?: number; DeviceIDs?: string[]; Capabilities: string[][]}[];
  Dns: string[];
  DnsOptions: string[];
  DnsSearch: string[];
  ExtraHosts: string[];
  Links: string[];
  LogConfig: {Type: string; Config: Record<string, string>};
  StorageOpt: Record<string, string>;
  Sysctls: Record<string, string>;
  Ulimits: {Name: string; Soft: number; Hard: number}[];
  CpuShares?: number;
  CpuPeriod?: number;
  CpuQuota?: number;
  NanoCpus?: number;
  CpuRealtimePeriod?: number;
  CpuRealtimeRuntime?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  BlkioWeight?: number;
  Memory?: number;
  MemoryReservation?: number;
  MemorySwap?: number;
  MemorySwappiness?: number;
  KernelMemory?: number;
  OomKillDisable?: boolean;
  OomScoreAdj?: number;
  PidsLimit?: number;
  ShmSize?: number;
  CgroupParent?: string;
  CgroupnsMode?: string;
  Init?: boolean;
  IpcMode?: string;
  PidMode?: string;
  UTSMode?: string;
  UsernsMode?: string;
  ReadonlyRootfs?: boolean;
  Runtime?: string;
}

export function emptyCreation(image: string): Creation {
  return {
    Image: image,
    Env: new Map(),
    Labels: {},
    Tty: false,
    OpenStdin: false,
    ExposedPorts: {},
    Volumes: {},
    Healthcheck: {},
    HostConfig: emptyHostConfig(),
    endpoint: {Aliases: []},
  };
}

function emptyHostConfig(): HostConfig {
  return {
    NetworkMode: 'default',
    PortBindings: {},
    Binds: [],
    Mounts: [],
    Tmpfs: {},
    VolumesFrom: [],
    Privileged: false,
    CapAdd: [],
    CapDrop: [],
    SecurityOpt: [],
    GroupAdd: [],
    Devices: [],
    DeviceCgroupRules: [],
    DeviceRequests: [],
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: [],
    Links: [],
    LogConfig: {Type: '', Config: {}},
    StorageOpt: {},
    Sysctls: {},
    Ulimits: [],
  };
}

/** Networks that every engine has; only on others can a container have names and addresses. */
const BUILT_IN = /^(default|bridge|host|none|container:.*)$/;

/** The body of the request. */
export function bodyOf(creation: Creation): object {
  const {Env, endpoint, Healthcheck, platform: _, ...plain} = creation;
  const network = creation.HostConfig.NetworkMode;
  const checked = Object.keys(Healthcheck).length > 0;
  return {
    ...plain,
    Env: [...Env].map(([name, value]) => `${name}=${value}`),
    ...(checked ? {Healthcheck} : {}),
    ...(BUILT_IN.test(network)
      ? {}
      : {NetworkingConfig: {EndpointsConfig: {[network]: endpointOf(creation, endpoint)}}}),
  };
}

function endpointOf(creation: Creation, endpoint: Endpoint): object {
  const {IPv4Address, IPv6Address, Aliases} = endpoint;
  const addresses = {
    ...(IPv4Address === undefined ? {} : {IPv4Address}),
    ...(IPv6Address === undefined ? {} : {IPv6Address}),
  };
  const fixed = Object.keys(addresses).length > 0;
  return {
    Aliases,
    Links: creation.HostConfig.Links,
    ...(fixed ? {IPAMConfig: addresses} : {}),
  };
}
