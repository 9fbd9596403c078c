/**
 * Parameters of a container: options of `docker run`, by their long names, as the fields of the
 * engine's API. Mesos hands them to that command behind its own options (src/docker/docker.cpp,
 * `additionalOptions`), so they add to lists and replace single values.
 */
import {readFileSync} from 'node:fs';
import type {Creation, HostConfig, Mount} from './creation.ts';
import {
  readBytes,
  readDurationNs,
  readEnvFile,
  readExposed,
  readFields,
  readFlag,
  readInteger,
  readPublished,
  splitPair,
} from './run-values.ts';

export interface Parameter {
  readonly key: string;
  readonly value: string;
}

/** Changes the creation, or returns what was expected of the value. */
type Apply = (creation: Creation, value: string) => string | undefined;

/** @returns the first problem, which names the parameter; undefined if there is none. */
export function applyParameters(
  creation: Creation,
  parameters: readonly Parameter[],
): string | undefined {
  for (const {key, value} of parameters) {
    const refusal = REFUSED.get(key);
    if (refusal !== undefined) return `Docker parameter '${key}': ${refusal}`;
    if (IGNORED.has(key)) continue;
    const apply = TABLE.get(key);
    if (apply === undefined) {
      return `Docker parameter '${key}' is not known: expected a long option of 'docker run'`;
    }
    const expected = apply(creation, value);
    if (expected !== undefined) {
      return `Docker parameter '${key}': expected ${expected}, not '${value}'`;
    }
  }
  return undefined;
}

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['restart', 'tasks are restarted by their framework, not by the engine'],
  ['name', 'containers are named after their tasks; give a network-alias or hostname instead'],
]);

/** The agent keeps containers until their end is known, and removes them itself. */
const IGNORED: ReadonlySet<string> = new Set(['rm', 'detach', 'sig-proxy']);

/** The fields of an object that hold a T. */
type FieldsOf<O, T> = {[K in keyof O]-?: NonNullable<O[K]> extends T ? K : never}[keyof O];

function text(field: FieldsOf<Creation, string>): Apply {
  return (creation, value) => {
    creation[field] = value;
    return undefined;
  };
}

function hostText(field: FieldsOf<HostConfig, string>): Apply {
  return ({HostConfig}, value) => {
    HostConfig[field] = value;
    return undefined;
  };
}

type Read = (value: string) => number | undefined;

function hostNumber(field: FieldsOf<HostConfig, number>, read: Read, expected: string): Apply {
  return ({HostConfig}, value) => {
    const amount = read(value);
    if (amount === undefined) return expected;
    HostConfig[field] = amount;
    return undefined;
  };
}

const hostInteger = (field: FieldsOf<HostConfig, number>): Apply =>
  hostNumber(field, readInteger, 'an integer');

const hostBytes = (field: FieldsOf<HostConfig, number>): Apply =>
  hostNumber(field, readBytes, 'an amount of memory, such as 512m');

function flag(set: (creation: Creation, on: boolean) => void): Apply {
  return (creation, value) => {
    const on = readFlag(value);
    if (on === undefined) return 'true or false';
    set(creation, on);
    return undefined;
  };
}

function hostFlag(field: FieldsOf<HostConfig, boolean>): Apply {
  return flag(({HostConfig}, on) => {
    HostConfig[field] = on;
  });
}

type ListField = {
  [K in keyof HostConfig]-?: HostConfig[K] extends string[] ? K : never;
}[keyof HostConfig];

function hostList(field: ListField): Apply {
  return ({HostConfig}, value) => {
    HostConfig[field].push(value);
    return undefined;
  };
}

function pair(fieldsOf: (creation: Creation) => Record<string, string>): Apply {
  return (creation, value) => {
    const [name, given] = splitPair(value);
    if (name === '' || given === undefined) return 'NAME=VALUE';
    fieldsOf(creation)[name] = given;
    return undefined;
  };
}

type DurationField = 'Interval' | 'Timeout' | 'StartPeriod';

function checkDuration(field: DurationField): Apply {
  return ({Healthcheck}, value) => {
    const ns = readDurationNs(value);
    if (ns === undefined) return 'a duration, such as 1m30s';
    Healthcheck[field] = ns;
    return undefined;
  };
}

/** How much of the machine. */
const RESOURCES: Readonly<Record<string, Apply>> = {
  'blkio-weight': hostInteger('BlkioWeight'),
  'cpu-period': hostInteger('CpuPeriod'),
  'cpu-quota': hostInteger('CpuQuota'),
  'cpu-rt-period': hostInteger('CpuRealtimePeriod'),
  'cpu-rt-runtime': hostInteger('CpuRealtimeRuntime'),
  'cpu-shares': hostInteger('CpuShares'),
  cpus: ({HostConfig}, value) => {
    if (!/^\d+(\.\d+)?$/.test(value)) return 'a number';
    HostConfig.NanoCpus = Math.round(Number(value) * 1e9);
    // The engine refuses both at once; what the user says wins.
    delete HostConfig.CpuQuota;
    return undefined;
  },
  'cpuset-cpus': hostText('CpusetCpus'),
  'cpuset-mems': hostText('CpusetMems'),
  'kernel-memory': hostBytes('KernelMemory'),
  memory: hostBytes('Memory'),
  'memory-reservation': hostBytes('MemoryReservation'),
  'memory-swap': hostNumber(
    'MemorySwap',
    (value) => (value === '-1' ? -1 : readBytes(value)),
    'an amount of memory, such as 512m, or -1',
  ),
  'memory-swappiness': hostInteger('MemorySwappiness'),
  'oom-kill-disable': hostFlag('OomKillDisable'),
  'oom-score-adj': hostInteger('OomScoreAdj'),
  'pids-limit': hostInteger('PidsLimit'),
  'shm-size': hostBytes('ShmSize'),
  'storage-opt': pair(({HostConfig}) => HostConfig.StorageOpt),
  sysctl: pair(({HostConfig}) => HostConfig.Sysctls),
  ulimit: ({HostConfig}, value) => {
    const [, name, soft, hard] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
    if (name === undefined) return 'NAME=SOFT[:HARD]';
    HostConfig.Ulimits.push({Name: name, Soft: Number(soft), Hard: Number(hard ?? soft)});
    return undefined;
  },
};

/** What it may do and see of the machine. */
const PRIVILEGES: Readonly<Record<string, Apply>> = {
  'cap-add': hostList('CapAdd'),
  'cap-drop': hostList('CapDrop'),
  'cgroup-parent': hostText('CgroupParent'),
  cgroupns: hostText('CgroupnsMode'),
  device: ({HostConfig}, value) => {
    const [outside = '', second, third] = value.split(':');
    if (!outside.startsWith('/')) return '/dev/NAME[:/path/inside][:rwm]';
    // With two parts, the second may be either of the optional ones.
    const isMode = second !== undefined && third === undefined && /^[rwm]+$/.test(second);
    HostConfig.Devices.push({
      PathOnHost: outside,
      PathInContainer: isMode ? outside : (second ?? outside),
      CgroupPermissions: isMode ? second : (third ?? 'rwm'),
    });
    return undefined;
  },
  'device-cgroup-rule': hostList('DeviceCgroupRules'),
  gpus: ({HostConfig}, value) => {
    const devices = /^"?device=([\w,.:-]+)"?$/.exec(value)?.[1];
    const count = value === 'all' ? -1 : readInteger(value);
    if (devices === undefined && count === undefined) return 'all, a number or device=IDS';
    const which = devices === undefined ? {Count: count ?? -1} : {DeviceIDs: devices.split(',')};
    HostConfig.DeviceRequests.push({...which, Capabilities: [['gpu']]});
    return undefined;
  },
  'group-add': hostList('GroupAdd'),
  ipc: hostText('IpcMode'),
  pid: hostText('PidMode'),
  privileged: hostFlag('Privileged'),
  'read-only': hostFlag('ReadonlyRootfs'),
  runtime: hostText('Runtime'),
  'security-opt': ({HostConfig}, value) => {
    const [name, given = ''] = splitPair(value);
    // The command reads the profile, and hands on what is in it.
    const isFile = name === 'seccomp' && given !== 'unconfined';
    const profile = isFile ? readText(given) : given;
    if (profile === undefined) return 'a seccomp profile that can be read on the agent';
    HostConfig.SecurityOpt.push(isFile ? `seccomp=${profile}` : value);
    return undefined;
  },
  user: text('User'),
  userns: hostText('UsernsMode'),
  uts: hostText('UTSMode'),
};

const NETWORK: Readonly<Record<string, Apply>> = {
  'add-host': hostList('ExtraHosts'),
  dns: hostList('Dns'),
  'dns-opt': hostList('DnsOptions'),
  'dns-option': hostList('DnsOptions'),
  'dns-search': hostList('DnsSearch'),
  domainname: text('Domainname'),
  expose: ({ExposedPorts}, value) => {
    const ports = readExposed(value);
    for (const port of ports ?? []) ExposedPorts[port] = {};
    return ports === undefined ? 'PORT[-PORT][/PROTOCOL]' : undefined;
  },
  hostname: text('Hostname'),
  ip: ({endpoint}, value) => {
    endpoint.IPv4Address = value;
    return undefined;
  },
  ip6: ({endpoint}, value) => {
    endpoint.IPv6Address = value;
    return undefined;
  },
  link: hostList('Links'),
  'mac-address': text('MacAddress'),
  net: hostText('NetworkMode'),
  network: hostText('NetworkMode'),
  'net-alias': addAlias,
  'network-alias': addAlias,
  publish: ({ExposedPorts, HostConfig}, value) => {
    const ports = readPublished(value);
    for (const {containerPort, hostIp, hostPort} of ports ?? []) {
      ExposedPorts[containerPort] = {};
      const bindings = (HostConfig.PortBindings[containerPort] ??= []);
      bindings.push({HostIp: hostIp, HostPort: hostPort});
    }
    return ports === undefined ? '[[IP:]HOSTPORT:]PORT[/PROTOCOL]' : undefined;
  },
  'publish-all': hostFlag('PublishAllPorts'),
};

function addAlias({endpoint}: Creation, value: string): undefined {
  endpoint.Aliases.push(value);
}

const FILES: Readonly<Record<string, Apply>> = {
  mount: ({HostConfig}, value) => {
    const mount = readMount(value);
    if (typeof mount === 'string') return mount;
    HostConfig.Mounts.push(mount);
    return undefined;
  },
  tmpfs: ({HostConfig}, value) => {
    const [path = '', ...options] = value.split(':');
    HostConfig.Tmpfs[path] = options.join(':');
    return undefined;
  },
  volume: ({HostConfig, Volumes}, value) => {
    if (value.includes(':')) HostConfig.Binds.push(value);
    else Volumes[value] = {};
    return undefined;
  },
  'volume-driver': hostText('VolumeDriver'),
  'volumes-from': hostList('VolumesFrom'),
  workdir: text('WorkingDir'),
};

const PROCESS: Readonly<Record<string, Apply>> = {
  entrypoint: (creation, value) => {
    creation.Entrypoint = [value];
    return undefined;
  },
  env: ({Env}, value) => {
    const [name, given] = splitPair(value);
    // The command would take the value from the environment around it, here that of the agent.
    if (name === '' || given === undefined) return 'NAME=VALUE';
    Env.set(name, given);
    return undefined;
  },
  'env-file': ({Env}, value) => {
    const file = readText(value);
    if (file === undefined) return 'a file that can be read on the agent';
    for (const line of readEnvFile(file)) {
      const [name, given] = splitPair(line);
      if (given !== undefined) Env.set(name, given);
    }
    return undefined;
  },
  init: hostFlag('Init'),
  interactive: flag((creation, on) => {
    creation.OpenStdin = on;
  }),
  label: ({Labels}, value) => {
    const [name, given = ''] = splitPair(value);
    Labels[name] = given;
    return undefined;
  },
  'log-driver': ({HostConfig}, value) => {
    HostConfig.LogConfig.Type = value;
    return undefined;
  },
  'log-opt': pair(({HostConfig}) => HostConfig.LogConfig.Config),
  platform: text('platform'),
  'stop-signal': text('StopSignal'),
  'stop-timeout': (creation, value) => {
    const seconds = readInteger(value);
    if (seconds === undefined) return 'an integer';
    creation.StopTimeout = seconds;
    return undefined;
  },
  tty: flag((creation, on) => {
    creation.Tty = on;
  }),
};

const HEALTH: Readonly<Record<string, Apply>> = {
  'health-cmd': ({Healthcheck}, value) => {
    Healthcheck.Test = ['CMD-SHELL', value];
    return undefined;
  },
  'health-interval': checkDuration('Interval'),
  'health-retries': ({Healthcheck}, value) => {
    const retries = readInteger(value);
    if (retries === undefined) return 'an integer';
    Healthcheck.Retries = retries;
    return undefined;
  },
  'health-start-period': checkDuration('StartPeriod'),
  'health-timeout': checkDuration('Timeout'),
  'no-healthcheck': flag(({Healthcheck}, on) => {
    if (on) Healthcheck.Test = ['NONE'];
  }),
};

const TABLE: ReadonlyMap<string, Apply> = new Map(
  [RESOURCES, PRIVILEGES, NETWORK, FILES, PROCESS, HEALTH].flatMap((part) => Object.entries(part)),
);

function readMount(value: string): Mount | string {
  const fields = readFields(value);
  const get = (...names: readonly string[]): string | undefined =>
    names.map((name) => fields.get(name)).find((given) => given !== undefined);
  const type = get('type') ?? 'volume';
  const target = get('target', 'dst', 'destination');
  if (!/^(bind|volume|tmpfs)$/.test(type) || target === undefined) {
    return 'type=bind|volume|tmpfs,source=PATH,target=PATH[,readonly]';
  }
  const source = get('source', 'src');
  const size = get('tmpfs-size');
  const propagation = get('bind-propagation');
  return {
    Type: type,
    Target: target,
    ReadOnly: get('readonly', 'ro') === 'true',
    ...(source === undefined ? {} : {Source: source}),
    ...(propagation === undefined ? {} : {BindOptions: {Propagation: propagation}}),
    ...(size === undefined ? {} : {TmpfsOptions: {SizeBytes: readBytes(size) ?? 0}}),
    ...(get('volume-nocopy') === undefined ? {} : {VolumeOptions: {NoCopy: true}}),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // Whoever wrote the parameter is told that it cannot be read.
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}
