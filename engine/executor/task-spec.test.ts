import test from 'ava';
import type {
  ChronosTaskDetails,
  MetronomeTaskDetails,
} from '../frameworks/chronos/launch/task-launch.ts';
import type {Container, HealthCheck} from '../frameworks/marathon/definition/app-definition.ts';
import type {AppTaskDetails} from '../frameworks/marathon/launch/task-launch.ts';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../kernel/ids.ts';
import type {Amounts} from '../resources/amounts.ts';
import {taskSpecOf} from './task-spec-of.ts';
import type {TaskSpec} from './task-spec.ts';

const RESOURCES: Amounts = {scalars: {cpus: 500, mem: 128_000, disk: 0}};

function specOf(details: unknown, resources: Amounts = RESOURCES): TaskSpec {
  return taskSpecOf({
    kind: 'launchTask',
    agentId: agentIdOf('S1'),
    frameworkId: frameworkIdOf('marathon'),
    taskId: taskIdOf('web.1'),
    name: 'web',
    origin: {kind: 'app', appId: '/web', version: 'v'},
    resources,
    details,
  });
}

const APP: AppTaskDetails = {
  kind: 'app',
  appId: '/web',
  version: 'v',
  instanceId: 'web.1',
  executor: '',
  labels: {tier: 'front'},
  networks: [{mode: 'host'}],
  env: {MESOS_TASK_ID: 'web.1', PORT0: '31000', MESOS_EXECUTOR_ID: 'mine'},
  hostPorts: [31000],
};

const docker = (rest: Partial<Container> = {}): Container => ({
  type: 'DOCKER',
  docker: {
    image: 'nginx:1',
    forcePullImage: true,
    privileged: false,
    parameters: [{key: 'label', value: 'MESOS_TASK_ID=web.1'}],
  },
  volumes: [],
  ...rest,
});

const appSpec = (given: Partial<AppTaskDetails>, resources?: Amounts): TaskSpec =>
  specOf({...APP, ...given}, resources);

test('an app of one command is a plain process with all that its definition says', (t) => {
  const artifact = {uri: 'http://a/b.tgz', extract: true, executable: false, cache: false};
  t.deepEqual(
    appSpec({
      cmd: 'sleep 1',
      user: 'nobody',
      fetch: [artifact],
      tty: true,
      taskKillGracePeriodSeconds: 10,
      resourceLimits: {cpus: 'unlimited', mem: 256},
    }),
    {
      frameworkId: frameworkIdOf('marathon'),
      taskId: taskIdOf('web.1'),
      name: 'web',
      command: {kind: 'shell', text: 'sleep 1'},
      env: {
        MESOS_FRAMEWORK_ID: 'marathon',
        MESOS_SLAVE_ID: 'S1',
        // What the app says wins.
        MESOS_EXECUTOR_ID: 'mine',
        MESOS_TASK_ID: 'web.1',
        PORT0: '31000',
      },
      user: 'nobody',
      fetch: [artifact],
      cpus: 0.5,
      memMiB: 128,
      diskMiB: 0,
      limits: {cpus: null, memMiB: 256},
      ports: [31000],
      container: undefined,
      volumes: [],
      labels: {tier: 'front'},
      graceMs: 10_000,
      healthChecks: [],
      tty: true,
    },
  );
});

for (const [title, details, command] of [
  ['cmd is run by a shell', {cmd: 'a b'}, {kind: 'shell', text: 'a b'}],
  ['args are a program', {args: ['a', 'b']}, {kind: 'program', argv: ['a', 'b']}],
  [
    'cmd in an image is run by a shell',
    {cmd: 'a b', container: docker()},
    {kind: 'shell', text: 'a b'},
  ],
  [
    'args with an image are given to its entry point',
    {args: ['-v'], container: docker()},
    {kind: 'image', arguments: ['-v']},
  ],
  [
    'an image alone does what it does',
    {container: docker({type: 'MESOS'})},
    {kind: 'image', arguments: []},
  ],
  [
    "args in Mesos's container without an image are a program",
    {args: ['a'], container: {type: 'MESOS', volumes: []}},
    {kind: 'program', argv: ['a']},
  ],
] as const) {
  test(`of an app, ${title}`, (t) => {
    const spec = appSpec(details);
    t.deepEqual(spec.command, command);
    t.is(spec.problem, undefined);
  });
}

test('without a period of grace it is 3 seconds, and without limits there are none', (t) => {
  const {graceMs, limits} = appSpec({cmd: 'a'});
  t.deepEqual({graceMs, limits}, {graceMs: 3000, limits: {}});
});

test('what is reserved counts, persistent volumes do not', (t) => {
  const special: Amounts['special'] = [
    {
      ...{name: 'cpus', type: 'SCALAR', scalar: {value: 1.25}},
      reservations: [{type: 'DYNAMIC', role: 'r'}],
    },
    {
      ...{name: 'disk', type: 'SCALAR', scalar: {value: 99}},
      disk: {persistence: {id: 'id#1'}, volume: {mode: 'RW', container_path: 'data'}},
    },
  ];
  const {cpus, diskMiB} = appSpec({cmd: 'a'}, {scalars: {cpus: 100, disk: 7000}, special});
  t.deepEqual({cpus, diskMiB}, {cpus: 1.35, diskMiB: 7});
});

test('a bridge publishes each mapping with a host port, udp,tcp as two', (t) => {
  const {container, ports} = appSpec({
    networks: [{mode: 'container/bridge'}],
    hostPorts: [31000, null, 31002, null],
    container: docker({
      portMappings: [
        {containerPort: 80, servicePort: 10_000, protocol: 'udp,tcp', labels: {}},
        {containerPort: 81, servicePort: 10_001, protocol: 'tcp', labels: {}},
        {containerPort: 0, servicePort: 10_002, protocol: 'tcp', labels: {}},
        {containerPort: 0, servicePort: 10_003, protocol: 'tcp', labels: {}},
      ],
    }),
  });
  t.deepEqual(ports, [31000, 31002]);
  t.deepEqual(container, {
    image: 'nginx:1',
    forcePull: true,
    privileged: false,
    network: {mode: 'bridge'},
    portMappings: [
      {containerPort: 80, hostPort: 31000, protocol: 'udp'},
      {containerPort: 80, hostPort: 31000, protocol: 'tcp'},
      {containerPort: 81, protocol: 'tcp'},
      {containerPort: 31002, hostPort: 31002, protocol: 'tcp'},
    ],
    parameters: [{key: 'label', value: 'MESOS_TASK_ID=web.1'}],
    volumes: [],
  });
});

test('on the network of the host nothing is published, on a named one it has its name', (t) => {
  const mapping = {containerPort: 80, servicePort: 0, protocol: 'tcp', labels: {}} as const;
  const container = docker({portMappings: [mapping]});
  t.deepEqual(appSpec({container}).container?.network, {mode: 'host'});
  t.deepEqual(appSpec({container}).container?.portMappings, []);
  const named = appSpec({container, networks: [{mode: 'container', name: 'blue'}]}).container;
  t.deepEqual(named?.network, {mode: 'user', name: 'blue'});
});

const VOLUMES: Container['volumes'] = [
  {containerPath: '/in', hostPath: '/srv/in', mode: 'RO'},
  {containerPath: '/tmp', hostPath: 'scratch/tmp', mode: 'RW'},
  {containerPath: 'data', mode: 'RW', persistent: {type: 'root', size: 10}},
  {
    containerPath: '/ext',
    mode: 'RW',
    external: {
      name: 'vol',
      provider: 'dvdi',
      options: {'dvdi/driver': 'rexray', 'dvdi/iops': '5', other: 'x'},
      size: 3,
    },
  },
];

test('volumes are of the host, of the sandbox, persistent or external', (t) => {
  const resources: Amounts = {
    scalars: {},
    special: [
      {
        ...{name: 'disk', type: 'SCALAR', scalar: {value: 10}},
        disk: {persistence: {id: 'web#data#1'}, volume: {mode: 'RW', container_path: 'data'}},
      },
    ],
  };
  const expected = [
    {containerPath: '/in', mode: 'RO', source: {kind: 'host', path: '/srv/in'}},
    {containerPath: '/tmp', mode: 'RW', source: {kind: 'sandbox', path: 'scratch/tmp'}},
    {containerPath: 'data', mode: 'RW', source: {kind: 'persistent', id: 'web#data#1'}},
    {
      containerPath: '/ext',
      mode: 'RW',
      source: {
        ...{kind: 'external', name: 'vol', driver: 'rexray'},
        options: {size: '3', iops: '5', other: 'x'},
      },
    },
  ];
  const inImage = appSpec({container: docker({volumes: VOLUMES})}, resources);
  t.deepEqual<unknown, unknown>(inImage.container?.volumes, expected);
  t.deepEqual(inImage.volumes, []);
  const plain = appSpec({cmd: 'a', container: {type: 'MESOS', volumes: VOLUMES}}, resources);
  t.is(plain.container, undefined);
  t.deepEqual<unknown, unknown>(plain.volumes, expected);
  t.is(plain.problem, undefined);
});

const CHECK: HealthCheck = {
  protocol: 'HTTP',
  gracePeriodSeconds: 300,
  intervalSeconds: 60,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
  delaySeconds: 15,
  ipProtocol: 'IPv4',
};
const TIMES = {
  ...{delayMs: 15_000, gracePeriodMs: 300_000, intervalMs: 60_000, timeoutMs: 20_000},
  failuresMax: 3,
};

test("the agent makes commands' and MESOS_ checks, Marathon the others", (t) => {
  const {healthChecks} = appSpec({
    cmd: 'a',
    hostPorts: [31000, 31001],
    healthChecks: [
      CHECK,
      {...CHECK, protocol: 'COMMAND', command: {value: 'true'}},
      {...CHECK, protocol: 'MESOS_HTTPS', portIndex: 1},
      {...CHECK, protocol: 'MESOS_TCP', port: 99},
    ],
  });
  t.deepEqual(healthChecks, [
    {check: {kind: 'command', command: {kind: 'shell', text: 'true'}}, ...TIMES},
    {
      check: {kind: 'http', scheme: 'https', port: 31001, path: '/', ipProtocol: 'IPv4'},
      ...TIMES,
    },
    {check: {kind: 'tcp', port: 99, ipProtocol: 'IPv4'}, ...TIMES},
  ]);
});

test('checks of the agent go to the port in the container, and say where it is published', (t) => {
  const mapping = {servicePort: 0, protocol: 'tcp', labels: {}} as const;
  const checked = (health: Partial<HealthCheck>) =>
    appSpec({
      networks: [{mode: 'container/bridge'}],
      hostPorts: [31000, 31001],
      container: docker({
        portMappings: [
          {...mapping, containerPort: 80},
          {...mapping, containerPort: 0},
        ],
      }),
      healthChecks: [{...CHECK, protocol: 'MESOS_TCP', ...health}],
    }).healthChecks[0]?.check;
  const at = {kind: 'tcp', ipProtocol: 'IPv4'} as const;
  t.deepEqual(checked({portIndex: 0}), {...at, port: 80, hostPort: 31000});
  t.deepEqual(checked({portIndex: 1}), {...at, port: 31001, hostPort: 31001});
  t.deepEqual(checked({port: 80}), {...at, port: 80, hostPort: 31000});
  t.deepEqual(checked({port: 7}), {...at, port: 7});
  t.is(checked({portIndex: 5}), undefined);
});

for (const [title, details, problem] of [
  [
    'a custom executor',
    {cmd: 'a', executor: '/my/executor'},
    "executor: custom executors are not supported (got '/my/executor', expected '//cmd')",
  ],
  [
    'a secret variable',
    {cmd: 'a', secretEnv: {PASSWORD: 'pw'}},
    "env.PASSWORD: there is no secret store to take secret 'pw' from",
  ],
  [
    'a secret volume',
    {cmd: 'a', container: {type: 'MESOS', volumes: [{containerPath: 'key', secret: 'pw'}]}},
    "volume key: there is no secret store to take secret 'pw' from",
  ],
  [
    'a secret to pull by',
    {
      container: {
        ...docker({type: 'MESOS'}),
        docker: {
          image: 'a',
          forcePullImage: false,
          privileged: false,
          parameters: [],
          pullConfig: {secret: 'pull'},
        },
      },
    },
    "container.docker.pullConfig: there is no secret store to take secret 'pull' from",
  ],
  [
    'a network that only containers have',
    {cmd: 'a', networks: [{mode: 'container/bridge'}]},
    "networks: mode 'container/bridge' needs a container with an image; a plain process has the " +
      "host's network",
  ],
  [
    'two networks',
    {
      container: docker({type: 'MESOS'}),
      networks: [
        {mode: 'container', name: 'a'},
        {mode: 'container', name: 'b'},
      ],
    },
    'networks: more than one network for one container is not supported',
  ],
  [
    'a way out of the sandbox',
    {
      cmd: 'a',
      container: {
        type: 'MESOS',
        volumes: [{containerPath: 'x', hostPath: '../x', mode: 'RW'}],
      },
    },
    "volume x: hostPath '../x' must not lead out of the sandbox",
  ],
  [
    'an external volume of another provider',
    {
      container: docker({
        volumes: [{containerPath: '/x', external: {name: 'v', provider: 'csi', options: {}}}],
      }),
    },
    "volume /x: provider 'csi' is not supported (expected 'dvdi')",
  ],
  [
    'a persistent volume that it was not given',
    {
      cmd: 'a',
      container: {
        type: 'MESOS',
        volumes: [{containerPath: 'data', persistent: {type: 'root', size: 1}}],
      },
    },
    'volume data: the task was given no such volume',
  ],
  [
    'nothing to run',
    {container: {type: 'MESOS', volumes: []}},
    'cmd: expected a command to run, as there is no image that says one',
  ],
  [
    'settings of the kernel',
    {cmd: 'a', container: {type: 'MESOS', volumes: [], linuxInfo: {seccomp: {}}}},
    'container.linuxInfo: is not supported',
  ],
] as readonly (readonly [string, Partial<AppTaskDetails>, string])[]) {
  test(`an app with ${title} cannot run, and is told why`, (t) => {
    t.is(appSpec(details).problem, problem);
  });
}

test('all that is wrong is told at once, and //cmd is no custom executor', (t) => {
  t.is(appSpec({cmd: 'a', executor: '//cmd'}).problem, undefined);
  t.is(appSpec({cmd: 'a', executor: 'x', secretEnv: {A: 's'}}).problem?.split('; ').length, 2);
});

test('an order that says nothing to run is told so', (t) => {
  t.is(specOf(undefined).problem, 'its framework does not say what to run');
  t.is(specOf({kind: 'other'}).problem, 'its framework does not say what to run');
});

const JOB: ChronosTaskDetails = {
  kind: 'job',
  jobName: 'backup',
  due: 0,
  attempt: 0,
  command: 'tar c /',
  arguments: [],
  shell: true,
  executor: '',
  executorFlags: '',
  taskInfoData: '',
  uris: ['http://a/x.zip'],
  fetch: [],
  user: 'root',
  env: {CHRONOS_JOB_NAME: 'backup'},
};
const IMAGE: NonNullable<ChronosTaskDetails['container']> = {
  type: 'DOCKER',
  image: 'alpine',
  network: 'HOST',
  networkInfos: [],
  volumes: [],
  forcePullImage: false,
  parameters: [{key: 'cap-add', value: 'SYS_ADMIN'}],
};

test('a Chronos job is a process of its user, with what it fetches', (t) => {
  const spec = specOf({
    ...JOB,
    fetch: [{uri: 'file:///b', extract: false, executable: true, cache: true, outputFile: 'bin/b'}],
  });
  t.deepEqual(spec.command, {kind: 'shell', text: 'tar c /'});
  t.is(spec.user, 'root');
  t.deepEqual(spec.fetch, [
    {uri: 'http://a/x.zip', extract: true, executable: false, cache: false},
    {uri: 'file:///b', extract: false, executable: true, cache: true, destPath: 'bin/b'},
  ]);
  t.is(spec.container, undefined);
  t.is(spec.env['CHRONOS_JOB_NAME'], 'backup');
  t.is(spec.graceMs, 3000);
  t.is(spec.problem, undefined);
});

for (const [title, details, command] of [
  [
    'without a shell its command is a program',
    {shell: false, command: '/bin/ls', arguments: ['-l']},
    {kind: 'program', argv: ['/bin/ls', '-l']},
  ],
  ['in an image it is run by a shell', {container: IMAGE}, {kind: 'shell', text: 'tar c /'}],
  [
    "in Docker's without a shell its words go to the entry point",
    {shell: false, command: 'ls', arguments: ['-l'], container: IMAGE},
    {kind: 'image', arguments: ['ls', '-l']},
  ],
  [
    "in Mesos's without a shell it stands for the entry point",
    {shell: false, command: 'ls', arguments: ['-l'], container: {...IMAGE, type: 'MESOS'}},
    {kind: 'program', argv: ['ls', '-l']},
  ],
  [
    'without a command its image does what it does',
    {command: '', container: IMAGE},
    {kind: 'image', arguments: []},
  ],
] as const) {
  test(`of a Chronos job, ${title}`, (t) => {
    const spec = specOf({...JOB, ...details});
    t.deepEqual<unknown, unknown>(spec.command, command);
    t.is(spec.problem, undefined);
  });
}

test("Chronos's networks are Docker's, its volumes as an app's", (t) => {
  const of = (container: Partial<typeof IMAGE>) =>
    specOf({...JOB, container: {...IMAGE, ...container}});
  t.deepEqual(of({network: 'BRIDGE'}).container?.network, {mode: 'bridge'});
  t.deepEqual(of({}).container?.network, {mode: 'host'});
  const infos = [{name: 'blue', labels: [], portMappings: []}];
  const user = {mode: 'user', name: 'blue'} as const;
  t.deepEqual(of({network: 'USER', networkInfos: infos}).container?.network, user);
  t.deepEqual(of({network: 'USER', networkName: 'blue'}).container?.network, user);
  t.is(of({network: 'USER'}).problem, 'networks: expected a name for the container network');
  const options = [{key: 'dvdi/driver', value: 'rexray'}];
  const {container} = of({
    volumes: [
      {containerPath: '/a', hostPath: 'b'},
      {containerPath: '/fresh/folder', mode: 'RO'},
      {containerPath: '/c', external: {name: 'v', provider: 'dvdi', options}},
    ],
  });
  t.deepEqual(container?.volumes, [
    {containerPath: '/a', mode: 'RW', source: {kind: 'sandbox', path: 'b'}},
    {containerPath: '/fresh/folder', mode: 'RO', source: {kind: 'sandbox', path: 'fresh/folder'}},
    {
      containerPath: '/c',
      mode: 'RW',
      source: {kind: 'external', name: 'v', driver: 'rexray', options: {}},
    },
  ]);
});

test('a Chronos job without command and image cannot run', (t) => {
  t.regex(specOf({...JOB, command: ''}).problem ?? '', /^cmd: expected a command/);
});

const RUN: MetronomeTaskDetails['run'] = {
  ...{cpus: 1, mem: 32, disk: 0, gpus: 0},
  env: {},
  secrets: {},
  volumes: [],
  networks: [],
  artifacts: [],
  placement: {constraints: []},
  restart: {policy: 'NEVER'},
  maxLaunchDelay: 3600,
};

function metronomeSpec(
  run: Partial<MetronomeTaskDetails['run']>,
  secretEnv?: Readonly<Record<string, string>>,
): TaskSpec {
  const details: MetronomeTaskDetails = {
    ...{kind: 'metronomeJob', jobName: 'a.b', runId: 'r', attempt: 0},
    ...{labels: {x: 'y'}, env: {HOST: 'h'}, run: {...RUN, ...run}, secretEnv},
  };
  return specOf(details);
}

test('a Metronome job is a process, or a container of one of two kinds', (t) => {
  const artifact = {uri: 'http://a', extract: false, executable: true, cache: false};
  const plain = metronomeSpec({
    ...{cmd: 'true', user: 'nobody', artifacts: [artifact], taskKillGracePeriodSeconds: 0},
    volumes: [{containerPath: 'in', hostPath: '/srv', mode: 'RO'}],
  });
  t.is(plain.problem, undefined);
  t.deepEqual(plain.command, {kind: 'shell', text: 'true'});
  t.deepEqual(plain.volumes, [
    {containerPath: 'in', mode: 'RO', source: {kind: 'host', path: '/srv'}},
  ]);
  t.deepEqual(plain.fetch, [artifact]);
  t.is(plain.graceMs, 0);
  t.deepEqual(plain.labels, {x: 'y'});

  const image = {image: 'a', forcePullImage: true, privileged: true, parameters: []};
  const inDocker = metronomeSpec({docker: image, args: ['x']});
  t.deepEqual(inDocker.command, {kind: 'image', arguments: ['x']});
  t.like(inDocker.container, {
    ...{image: 'a', forcePull: true, privileged: true, network: {mode: 'host'}},
    parameters: [{key: 'label', value: 'MESOS_TASK_ID=web.1'}],
  });

  const ucr = {image: {id: 'b', kind: 'docker', forcePull: false}, privileged: false} as const;
  const network = {mode: 'container', name: 'blue', labels: {}} as const;
  const inMesos = metronomeSpec({ucr, networks: [network]});
  t.like(inMesos.container, {image: 'b', network: {mode: 'user', name: 'blue'}});
  t.is(inMesos.problem, undefined);
});

test('a Metronome job that wants secrets, or an image that is not one of Docker, is told', (t) => {
  t.regex(metronomeSpec({cmd: 'a'}, {A: 's'}).problem ?? '', /^env.A: there is no secret store/);
  const volumes = [{containerPath: 'key', secret: 's'}];
  t.regex(metronomeSpec({cmd: 'a', volumes}).problem ?? '', /^volume key: there is no secret/);
  const ucr = {image: {id: 'b', kind: 'appc', forcePull: false}, privileged: false} as const;
  t.regex(metronomeSpec({ucr}).problem ?? '', /'appc' is not supported/);
  t.regex(metronomeSpec({}).problem ?? '', /^cmd: expected a command/);
});

test('a spec is plain JSON', (t) => {
  const spec = appSpec({cmd: 'a', resourceLimits: {mem: 'unlimited'}, container: docker()});
  const {container, ...rest} = JSON.parse(JSON.stringify(spec)) as TaskSpec;
  t.deepEqual(container, spec.container);
  t.deepEqual({...rest, container, user: undefined}, spec);
});
