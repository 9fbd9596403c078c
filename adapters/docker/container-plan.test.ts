import test from 'ava';
import {frameworkIdOf, taskIdOf, type ContainerSpec, type TaskSpec} from '../../engine/index.ts';
import {containerNameOf} from './container-identity.ts';
import {planContainer, type PlanContext, type PlanResult} from './container-plan.ts';
import {bodyOf, type Creation} from './creation.ts';
import {readBytes, readDurationNs, readPublished} from './run-values.ts';
import {containerOf} from './testing/docker-bed.ts';

const GIB = 1024 ** 3;

const context: PlanContext = {
  agentId: 'S1',
  name: 'mesos-x',
  sandbox: '/work/ct:1:0:job:/sandbox',
  persistentRoot: '/work/volumes',
  publishAddress: '127.0.0.1',
  cfsQuota: false,
  machineMemBytes: 8 * GIB,
};

function plan(
  spec: Partial<TaskSpec> = {},
  container: Partial<ContainerSpec> = {},
  given: Partial<PlanContext> = {},
): PlanResult {
  const whole: TaskSpec = {
    frameworkId: frameworkIdOf('F'),
    taskId: taskIdOf('T'),
    name: 'task',
    command: {kind: 'image', arguments: []},
    env: {},
    fetch: [],
    cpus: 1,
    memMiB: 128,
    diskMiB: 0,
    limits: {},
    ports: [],
    volumes: [],
    labels: {},
    graceMs: 3000,
    healthChecks: [],
    tty: false,
    container: containerOf({network: {mode: 'bridge'}, ...container}),
    ...spec,
  };
  return planContainer(whole, {...context, ...given});
}

function creation(...given: Parameters<typeof plan>): Creation {
  const result = plan(...given);
  if (!result.ok) throw new Error(result.problem);
  return result.plan.creation;
}

function problem(...given: Parameters<typeof plan>): string | undefined {
  const result = plan(...given);
  return result.ok ? undefined : result.problem;
}

const withParameter = (key: string, value: string): Creation =>
  creation({}, {parameters: [{key, value}]});

test('the name of a container follows from its agent, framework and task', (t) => {
  const name = (agent: string, framework: string, task: string): string =>
    containerNameOf(agent, frameworkIdOf(framework), taskIdOf(task));
  t.is(name('S', 'F', 'T'), 'mesos-c7cc0db4-7fdf-5cd0-b0d9-2cf1da75f10b');
  const all = [name('S', 'F', 'T'), name('S', 'FT', ''), name('SF', '', 'T'), name('S', '', 'FT')];
  t.is(new Set(all).size, 4);
});

test('processor and memory, as Mesos gives them to Docker', (t) => {
  const host = (...given: Parameters<typeof plan>): Partial<Creation['HostConfig']> => {
    const {CpuShares, CpuQuota, Memory, MemoryReservation, OomScoreAdj} = creation(
      ...given,
    ).HostConfig;
    return {CpuShares, CpuQuota, Memory, MemoryReservation, OomScoreAdj} as object;
  };
  const none = {CpuQuota: undefined, MemoryReservation: undefined, OomScoreAdj: undefined};
  const mib = 1024 * 1024;
  t.deepEqual(host({cpus: 0.5}), {...none, CpuShares: 512, Memory: 128 * mib});
  t.deepEqual(host({cpus: 0.001, memMiB: 1}), {...none, CpuShares: 2, Memory: 32 * mib});
  t.is(host({cpus: 0.25}, {}, {cfsQuota: true}).CpuQuota, 25_000);
  t.is(host({cpus: 0.001}, {}, {cfsQuota: true}).CpuQuota, 1000);
  // A limit counts with and without quota, and may be that there is none.
  t.is(host({limits: {cpus: 2}}).CpuQuota, 200_000);
  t.is(host({limits: {cpus: null}}, {}, {cfsQuota: true}).CpuQuota, undefined);
  t.like(host({memMiB: 1024, limits: {memMiB: 2048}}), {
    Memory: 2 * GIB,
    MemoryReservation: GIB,
    OomScoreAdj: 875,
  });
  t.like(host({limits: {memMiB: null}}), {Memory: undefined, OomScoreAdj: 985});
});

test('what cannot be run says why', (t) => {
  t.is(problem({problem: 'no secrets here'}), 'no secrets here');
  t.regex(problem({container: undefined}) ?? '', /needs a container with an image/);
  const mapping = {containerPort: 80, hostPort: 8080, protocol: 'tcp'} as const;
  const onHost = {network: {mode: 'host'}, portMappings: [mapping]} as const;
  t.is(
    problem({}, onHost),
    'Port mappings are only supported for bridge and user-defined networks',
  );
  const leading = {containerPath: 'x', mode: 'RW', source: {kind: 'sandbox', path: '../../etc'}};
  t.regex(
    problem({}, {volumes: [leading as ContainerSpec['volumes'][number]]}) ?? '',
    /'\/mnt\/mesos\/sandbox\/x' leads out of where it belongs/,
  );
});

test('the sandbox may have colons in its path', (t) => {
  const {Mounts, Binds} = creation().HostConfig;
  t.deepEqual(Binds, []);
  t.deepEqual(Mounts, [
    {Type: 'bind', Source: '/work/ct:1:0:job:/sandbox', Target: '/mnt/mesos/sandbox'},
  ]);
});

test('nobody can pretend to be another task', (t) => {
  const parameters = [
    {key: 'label', value: 'drydock.task=other'},
    {key: 'label', value: 'tier=web'},
    {key: 'env', value: 'MESOS_SANDBOX=/etc'},
  ];
  const {Labels, Env} = creation({labels: {'drydock.agent': 'S2'}}, {parameters});
  t.like(Labels, {'drydock.agent': 'S1', 'drydock.task': 'T', tier: 'web'});
  t.is(Env.get('MESOS_SANDBOX'), '/mnt/mesos/sandbox');
  t.is(Env.get('MESOS_CONTAINER_NAME'), 'mesos-x');
});

test('ports are bound to the address of the agent, unless a parameter says otherwise', (t) => {
  const {PortBindings} = creation(
    {},
    {
      portMappings: [{containerPort: 80, hostPort: 31_000, protocol: 'udp'}],
      parameters: [
        {key: 'publish', value: '8000-8001:80-81'},
        {key: 'publish', value: '0.0.0.0:9000:9000/udp'},
      ],
    },
  ).HostConfig;
  t.deepEqual(PortBindings, {
    '80/udp': [{HostIp: '127.0.0.1', HostPort: '31000'}],
    '80/tcp': [{HostIp: '127.0.0.1', HostPort: '8000'}],
    '81/tcp': [{HostIp: '127.0.0.1', HostPort: '8001'}],
    '9000/udp': [{HostIp: '0.0.0.0', HostPort: '9000'}],
  });
});

/** What a parameter comes to, in the body of the request. */
const PARAMETERS: readonly (readonly [key: string, value: string, body: object])[] = [
  ['add-host', 'db:10.0.0.1', {HostConfig: {ExtraHosts: ['db:10.0.0.1']}}],
  ['blkio-weight', '300', {HostConfig: {BlkioWeight: 300}}],
  ['cap-add', 'SYS_ADMIN', {HostConfig: {CapAdd: ['SYS_ADMIN']}}],
  ['cap-drop', 'ALL', {HostConfig: {CapDrop: ['ALL']}}],
  ['cgroup-parent', '/x', {HostConfig: {CgroupParent: '/x'}}],
  ['cgroupns', 'host', {HostConfig: {CgroupnsMode: 'host'}}],
  ['cpu-period', '50000', {HostConfig: {CpuPeriod: 50_000}}],
  ['cpu-quota', '25000', {HostConfig: {CpuQuota: 25_000}}],
  ['cpu-rt-period', '1000', {HostConfig: {CpuRealtimePeriod: 1000}}],
  ['cpu-rt-runtime', '950', {HostConfig: {CpuRealtimeRuntime: 950}}],
  ['cpu-shares', '77', {HostConfig: {CpuShares: 77}}],
  ['cpus', '1.5', {HostConfig: {NanoCpus: 1_500_000_000}}],
  ['cpuset-cpus', '0-1', {HostConfig: {CpusetCpus: '0-1'}}],
  ['cpuset-mems', '0', {HostConfig: {CpusetMems: '0'}}],
  [
    'device',
    '/dev/fuse',
    {
      HostConfig: {
        Devices: [
          {PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm'},
        ],
      },
    },
  ],
  [
    'device',
    '/dev/a:/dev/b:r',
    {
      HostConfig: {
        Devices: [{PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r'}],
      },
    },
  ],
  [
    'device',
    '/dev/a:rw',
    {
      HostConfig: {
        Devices: [{PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rw'}],
      },
    },
  ],
  ['device-cgroup-rule', 'c 1:* r', {HostConfig: {DeviceCgroupRules: ['c 1:* r']}}],
  ['dns', '8.8.8.8', {HostConfig: {Dns: ['8.8.8.8']}}],
  ['dns-opt', 'ndots:1', {HostConfig: {DnsOptions: ['ndots:1']}}],
  ['dns-option', 'ndots:2', {HostConfig: {DnsOptions: ['ndots:2']}}],
  ['dns-search', 'example.com', {HostConfig: {DnsSearch: ['example.com']}}],
  ['domainname', 'example.com', {Domainname: 'example.com'}],
  ['entrypoint', '/bin/x', {Entrypoint: ['/bin/x']}],
  ['expose', '80', {ExposedPorts: {'80/tcp': {}}}],
  ['expose', '80-82/udp', {ExposedPorts: {'80/udp': {}, '81/udp': {}, '82/udp': {}}}],
  ['gpus', 'all', {HostConfig: {DeviceRequests: [{Count: -1, Capabilities: [['gpu']]}]}}],
  [
    'gpus',
    'device=0,GPU-1',
    {HostConfig: {DeviceRequests: [{DeviceIDs: ['0', 'GPU-1'], Capabilities: [['gpu']]}]}},
  ],
  ['group-add', 'video', {HostConfig: {GroupAdd: ['video']}}],
  ['health-cmd', 'true', {Healthcheck: {Test: ['CMD-SHELL', 'true']}}],
  ['health-interval', '1m30s', {Healthcheck: {Interval: 90e9}}],
  ['health-retries', '3', {Healthcheck: {Retries: 3}}],
  ['health-start-period', '5s', {Healthcheck: {StartPeriod: 5e9}}],
  ['health-timeout', '500ms', {Healthcheck: {Timeout: 500e6}}],
  ['hostname', 'boat', {Hostname: 'boat'}],
  ['init', 'true', {HostConfig: {Init: true}}],
  ['interactive', 'true', {OpenStdin: true}],
  ['ipc', 'host', {HostConfig: {IpcMode: 'host'}}],
  ['kernel-memory', '4m', {HostConfig: {KernelMemory: 4 * 1024 ** 2}}],
  ['label', 'a=b=c', {Labels: {a: 'b=c'}}],
  ['link', 'db:alias', {HostConfig: {Links: ['db:alias']}}],
  ['log-driver', 'syslog', {HostConfig: {LogConfig: {Type: 'syslog', Config: {}}}}],
  ['log-opt', 'tag=x', {HostConfig: {LogConfig: {Type: '', Config: {tag: 'x'}}}}],
  ['mac-address', '02:42:ac:11:00:02', {MacAddress: '02:42:ac:11:00:02'}],
  ['memory', '1.5g', {HostConfig: {Memory: 1.5 * GIB}}],
  ['memory-reservation', '64MB', {HostConfig: {MemoryReservation: 64 * 1024 ** 2}}],
  ['memory-swap', '-1', {HostConfig: {MemorySwap: -1}}],
  ['memory-swappiness', '0', {HostConfig: {MemorySwappiness: 0}}],
  [
    'mount',
    'type=tmpfs,destination=/t,tmpfs-size=1m',
    {
      HostConfig: {
        Mounts: {1: {Type: 'tmpfs', Target: '/t', TmpfsOptions: {SizeBytes: 1024 ** 2}}},
      },
    },
  ],
  [
    'mount',
    'type=bind,src=/a,dst=/b,readonly',
    {HostConfig: {Mounts: {1: {Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true}}}},
  ],
  ['net', 'host', {HostConfig: {NetworkMode: 'host'}}],
  ['network', 'none', {HostConfig: {NetworkMode: 'none'}}],
  ['no-healthcheck', 'true', {Healthcheck: {Test: ['NONE']}}],
  ['oom-kill-disable', 'true', {HostConfig: {OomKillDisable: true}}],
  ['oom-score-adj', '-500', {HostConfig: {OomScoreAdj: -500}}],
  ['pid', 'host', {HostConfig: {PidMode: 'host'}}],
  ['pids-limit', '100', {HostConfig: {PidsLimit: 100}}],
  ['privileged', 'true', {HostConfig: {Privileged: true}}],
  ['publish-all', 'true', {HostConfig: {PublishAllPorts: true}}],
  ['read-only', 'true', {HostConfig: {ReadonlyRootfs: true}}],
  ['runtime', 'runsc', {HostConfig: {Runtime: 'runsc'}}],
  ['security-opt', 'seccomp=unconfined', {HostConfig: {SecurityOpt: ['seccomp=unconfined']}}],
  ['security-opt', 'no-new-privileges', {HostConfig: {SecurityOpt: ['no-new-privileges']}}],
  ['shm-size', '1g', {HostConfig: {ShmSize: GIB}}],
  ['stop-signal', 'SIGINT', {StopSignal: 'SIGINT'}],
  ['stop-timeout', '9', {StopTimeout: 9}],
  ['storage-opt', 'size=1G', {HostConfig: {StorageOpt: {size: '1G'}}}],
  ['sysctl', 'net.core.somaxconn=1024', {HostConfig: {Sysctls: {'net.core.somaxconn': '1024'}}}],
  ['tmpfs', '/run:size=64m', {HostConfig: {Tmpfs: {'/run': 'size=64m'}}}],
  ['tty', 'true', {Tty: true}],
  ['ulimit', 'nofile=10:20', {HostConfig: {Ulimits: [{Name: 'nofile', Soft: 10, Hard: 20}]}}],
  ['ulimit', 'core=-1', {HostConfig: {Ulimits: [{Name: 'core', Soft: -1, Hard: -1}]}}],
  ['user', '1000:1000', {User: '1000:1000'}],
  ['userns', 'host', {HostConfig: {UsernsMode: 'host'}}],
  ['uts', 'host', {HostConfig: {UTSMode: 'host'}}],
  ['volume', '/a:/b:ro', {HostConfig: {Binds: ['/a:/b:ro']}}],
  ['volume', '/data', {Volumes: {'/data': {}}}],
  ['volume-driver', 'rexray', {HostConfig: {VolumeDriver: 'rexray'}}],
  ['volumes-from', 'other:ro', {HostConfig: {VolumesFrom: ['other:ro']}}],
  ['workdir', '/app', {WorkingDir: '/app'}],
  // Nothing comes of these, and nothing goes wrong with them.
  ['rm', 'true', {Image: 'drydock-test/busybox:1'}],
  ['detach', 'true', {Image: 'drydock-test/busybox:1'}],
];

for (const [key, value, body] of PARAMETERS) {
  test(`--${key}=${value}`, (t) => {
    t.like(bodyOf(withParameter(key, value)), body);
  });
}

test('on a network of users a container may have names and addresses', (t) => {
  const parameters = [
    {key: 'network-alias', value: 'web'},
    {key: 'net-alias', value: 'www'},
    {key: 'ip', value: '10.0.0.9'},
    {key: 'ip6', value: 'fd00::9'},
  ];
  const body = bodyOf(creation({}, {network: {mode: 'user', name: 'blue'}, parameters}));
  t.like(body, {
    HostConfig: {NetworkMode: 'blue'},
    NetworkingConfig: {
      EndpointsConfig: {
        blue: {
          Aliases: ['web', 'www'],
          IPAMConfig: {IPv4Address: '10.0.0.9', IPv6Address: 'fd00::9'},
        },
      },
    },
  });
});

test('a number of processors replaces the quota that the engine would refuse beside it', (t) => {
  const parameters = [{key: 'cpus', value: '2'}];
  const {HostConfig} = creation({cpus: 1}, {parameters}, {cfsQuota: true});
  t.is(HostConfig.NanoCpus, 2e9);
  t.is(HostConfig.CpuQuota, undefined);
});

const REFUSED: readonly (readonly [key: string, value: string, problem: RegExp])[] = [
  ['colour', 'red', /'colour' is not known/],
  ['m', '1g', /'m' is not known: expected a long option of 'docker run'/],
  ['restart', 'always', /'restart': tasks are restarted by their framework/],
  ['name', 'web', /'name': containers are named after their tasks/],
  ['memory', '1x', /'memory': expected an amount of memory, such as 512m, not '1x'/],
  ['cpus', 'two', /'cpus': expected a number, not 'two'/],
  ['cpu-shares', '1.5', /'cpu-shares': expected an integer/],
  ['init', 'yes', /'init': expected true or false, not 'yes'/],
  ['env', 'HOME', /'env': expected NAME=VALUE/],
  ['env-file', '/no/such/file', /'env-file': expected a file that can be read/],
  ['expose', '70000', /'expose': expected PORT/],
  ['publish', '80:81:82:83', /'publish': expected/],
  ['publish', '80-82:80', /'publish': expected/],
  ['health-interval', '10', /'health-interval': expected a duration/],
  ['mount', 'source=/a', /'mount': expected type=bind/],
  ['ulimit', 'nofile', /'ulimit': expected NAME=SOFT/],
  ['sysctl', 'x', /'sysctl': expected NAME=VALUE/],
  ['device', 'fuse', /'device': expected \/dev\/NAME/],
  ['gpus', 'some', /'gpus': expected all/],
  ['security-opt', 'seccomp=/no/such', /'security-opt': expected a seccomp profile/],
];

for (const [key, value, expected] of REFUSED) {
  test(`--${key}=${value} is refused`, (t) => {
    t.regex(problem({}, {parameters: [{key, value}]}) ?? 'no problem', expected);
  });
}

test('amounts and durations are read as Docker reads them', (t) => {
  t.deepEqual(
    ['10', '10b', '1k', '1KiB', '2 mb', '1.5g', '1t', '', '-1', 'm', '1kk'].map(readBytes),
    [10, 10, 1024, 1024, 2 * 1024 ** 2, 1.5 * GIB, 1024 ** 4, ...new Array<undefined>(4)],
  );
  t.deepEqual(['0', '1s', '1h1m', '1.5s', '10us', '5', '1d', ''].map(readDurationNs), [
    0,
    1e9,
    3660e9,
    1.5e9,
    10_000,
    ...new Array<undefined>(3),
  ]);
  t.deepEqual(readPublished('[::1]:80:8080'), [
    {containerPort: '8080/tcp', hostIp: '::1', hostPort: '80'},
  ]);
  t.deepEqual(readPublished('127.0.0.1::80'), [
    {containerPort: '80/tcp', hostIp: '127.0.0.1', hostPort: ''},
  ]);
});
