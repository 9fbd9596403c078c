/** Definitions: what is read, what is refused and why, and properties of the canonical form. */
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {parse} from 'yaml';
import {dependencyDepths} from '../deploy/dependencies.ts';
import type {AppDefinition, NormaliseConfig} from './app-definition.ts';
import {parseGroupUpdate, type GroupPlace, type GroupUpdate} from './group-update.ts';
import {equalJson} from '../../json/json-equal.ts';
import type {Fault} from '../../json/json-shape.ts';
import {legacyForm} from './legacy-form.ts';
import {mergeUpdate, normaliseApp, normaliseUpdate, type Normalised} from './normalise.ts';
import {canonicalPath} from './path-id.ts';
import {allowedRoles, defaultRoleOf} from './roles.ts';
import {withServicePorts} from './service-ports.ts';
import {validateUpdate} from './validate-update.ts';

const CONFIG: NormaliseConfig = {
  mesosBridgeName: 'mesos-bridge',
  defaultRole: '*',
  enabledFeatures: [],
};
const ALL_FEATURES: NormaliseConfig = {
  ...CONFIG,
  enabledFeatures: ['secrets', 'gpu_resources', 'external_volumes'],
};
const BASE = {id: '/a', cmd: 'sleep 1000'};

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function faultsOf(result: Normalised<unknown>): readonly Fault[] {
  return result.ok ? [] : result.faults;
}

function must<T>(result: Normalised<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

const inContainer = (container: object, more: object = {}): object => ({
  ...BASE,
  container,
  ...more,
});
const volume = (fields: object, type = 'MESOS'): object =>
  inContainer({type, ...(type === 'DOCKER' ? {docker: {image: 'i'}} : {}), volumes: [fields]});
const persistent = (fields: object, mode: object = {mode: 'RW'}): object =>
  volume({containerPath: 'data', ...mode, persistent: {size: 10, ...fields}});
const external = (fields: object, type = 'MESOS'): object =>
  volume(
    {
      containerPath: 'x',
      mode: 'RW',
      external: {name: 'n', provider: 'dvdi', options: {'dvdi/driver': 'rexray'}, ...fields},
    },
    type,
  );
const DOCKER = {type: 'DOCKER', docker: {image: 'i'}};

/** A body, and what is refused in it with which words; nothing if it is fine. */
type Row = readonly [title: string, body: unknown, at?: string, message?: string];

const JSON_TYPES: readonly Row[] = [
  ['a body that is no object', 5, '/', 'error.expected.jsobject'],
  ['a list as body', [BASE], '/', 'error.expected.jsobject'],
  ['a number as id', {...BASE, id: 123}, '/id', 'error.expected.jsstring'],
  ['a text as number', {...BASE, mem: 'lots'}, '/mem', 'error.expected.jsnumber'],
  ['a fraction of an instance', {...BASE, instances: 0.1}, '/instances', 'error.expected.int'],
  ['a text as flag', {...BASE, tty: 'yes'}, '/tty', 'error.expected.jsboolean'],
  ['an object as list', {...BASE, args: {}}, '/args', 'error.expected.jsarray'],
  ['a text as map', {...BASE, labels: 'x'}, '/labels', 'error.expected.jsobject'],
  ['a number as label', {...BASE, labels: {a: 1}}, '/labels/a', 'error.expected.jsstring'],
  [
    'a number as one of some texts',
    {...BASE, killSelection: 1},
    '/killSelection',
    'error.expected.jsstring',
  ],
  [
    'a number as protocol',
    {...BASE, portDefinitions: [{protocol: 6}]},
    '/portDefinitions(0)/protocol',
    'error.expected.jsstring',
  ],
];

const FIELDS: readonly Row[] = [
  ['an id of many parts', {...BASE, id: '/a'.repeat(65)}, '/id', 'must have at most 64 parts'],
  [
    'an id with a reserved end',
    {...BASE, id: '/a/versions'},
    '/id',
    'must not end with any of the following reserved keywords: restart, tasks, versions, ., ..',
  ],
  ['an executor path', {...BASE, executor: '/bin/run'}],
  ['an executor with an empty part', {...BASE, executor: '/bin//run'}, '/executor'],
  ['a kind in lower case', {...BASE, killSelection: 'oldest_first'}],
  [
    'an unknown kind',
    {...BASE, killSelection: 'RANDOM'},
    '/killSelection',
    'expected one of: YOUNGEST_FIRST, OLDEST_FIRST',
  ],
  [
    'little for the executor',
    {...BASE, executorResources: {cpus: 0.05}},
    '/executorResources/cpus',
    'must be at least 0.1',
  ],
  [
    'an unknown limit',
    {...BASE, resourceLimits: {mem: 'much'}},
    '/resourceLimits/mem',
    "'much' is an invalid resource limit. It must be 'unlimited' or a number",
  ],
  ['no limit', {...BASE, resourceLimits: {mem: 'unlimited', cpus: 1}}],
  [
    'a limit below the request',
    {...BASE, resourceLimits: {mem: 100}},
    '/resourceLimits/mem',
    'resource limit must be greater than or equal to requested resource (128)',
  ],
  [
    'a version that is no instant',
    {...BASE, version: 'latest'},
    '/version',
    'expected an instant like 2020-01-01T00:00:00.000Z',
  ],
  ['a whole app with a version', {...BASE, version: '2020-01-01T00:00:00Z'}],
  ['unknown and shown fields', {...BASE, tasks: [], tasksRunning: 1, deployments: [], what: {}}],
  ['null for absent', {...BASE, args: null, container: null, ipAddress: null, user: null}],
  [
    'a URI that is none',
    {...BASE, fetch: [{uri: 'http://a b'}]},
    '/fetch(0)/uri',
    'URI has invalid syntax.',
  ],
  [
    'an old URI that is none',
    {...BASE, uris: ['a', 'a%zz']},
    '/uris(1)',
    'URI has invalid syntax.',
  ],
  ['a URI with an escape', {...BASE, fetch: [{uri: 'http://h/%7Ea/b?c=d#e'}]}],
  ['a dependency that is no path', {...BASE, dependencies: ['A!']}, '/dependencies(0)'],
  [
    'pods',
    {id: '/p', containers: [{name: 'c'}]},
    '/containers',
    'pods are not supported yet; an app has one "container"',
  ],
  ['a terminal for Docker', inContainer(DOCKER, {tty: true}), '/tty'],
];

const OLD_FORM: readonly Row[] = [
  [
    'uris and fetch',
    {...BASE, uris: ['a'], fetch: [{uri: 'b'}]},
    '/uris',
    'may not be set in conjunction with fetch',
  ],
  [
    'a Docker network and networks',
    inContainer(
      {type: 'DOCKER', docker: {image: 'i', network: 'HOST'}},
      {networks: [{mode: 'host'}]},
    ),
    '/',
    'must not specify both container.docker.network and networks',
  ],
  [
    'an address and networks',
    {...BASE, ipAddress: {}, networks: [{mode: 'host'}]},
    '/',
    'must not specify both networks and ipAddress',
  ],
  [
    'an address and ports',
    {...BASE, ipAddress: {}, ports: [1]},
    '/',
    'cannot specify both an IP address and port',
  ],
  ['an address and no ports', {...BASE, ipAddress: {networkName: 'n'}, ports: []}],
  [
    'ports and other definitions',
    {...BASE, ports: [1], portDefinitions: [{port: 2}]},
    '/',
    'cannot specify both ports and port definitions',
  ],
  ['no ports and definitions', {...BASE, ports: [], portDefinitions: [{port: 2}]}],
  [
    'ports and no definitions',
    {...BASE, ports: [1], portDefinitions: []},
    '/',
    'cannot specify both ports and port definitions',
  ],
  ['a port twice', {...BASE, ports: [1, 0, 0, 1]}, '/', 'ports must be unique'],
  [
    'old and new mappings',
    inContainer({
      type: 'DOCKER',
      docker: {image: 'i', network: 'BRIDGE', portMappings: [{}]},
      portMappings: [],
    }),
    '/container/portMappings',
    'cannot specify both portMappings and docker.portMappings',
  ],
  [
    'discovery for Docker',
    inContainer(DOCKER, {ipAddress: {discovery: {ports: []}}}),
    '/ipAddress',
    'ipAddress/discovery is not allowed for Docker containers',
  ],
  [
    'discovery and mappings',
    inContainer(
      {type: 'MESOS', portMappings: []},
      {ipAddress: {networkName: 'n', discovery: {ports: [{number: 1, name: 'p'}]}}},
    ),
    '/ipAddress',
    'container.portMappings and ipAddress.discovery.ports must not both be set',
  ],
  [
    'Docker without a network',
    inContainer({type: 'DOCKER', docker: {image: 'i', network: 'NONE'}}),
    '/container/docker/network',
    'unsupported docker network type NONE',
  ],
  [
    'credentials',
    inContainer({type: 'DOCKER', docker: {image: 'i', credential: {principal: 'p'}}}),
    '/container/docker/credential',
    'must be empty',
  ],
  [
    'a Docker network for Mesos',
    inContainer({type: 'MESOS', docker: {image: 'i', network: 'BRIDGE'}}),
    '/container/docker/network',
    'must be empty',
  ],
  [
    'Docker mappings for Mesos',
    inContainer({type: 'MESOS', docker: {image: 'i', portMappings: [{}]}}),
    '/container/docker/portMappings',
    'must be empty',
  ],
  [
    'no Docker mappings for Mesos',
    inContainer({type: 'MESOS', docker: {image: 'i', portMappings: []}}),
  ],
];

const NETWORKS: readonly Row[] = [
  [
    'a host network with a name',
    {...BASE, networks: [{mode: 'host', name: 'n'}]},
    '/networks',
    'Host networks may not have names or labels',
  ],
  [
    'a bridge with a name',
    {...BASE, networks: [{mode: 'container/bridge', name: 'n'}]},
    '/networks',
    'Bridge networks may not have names',
  ],
  [
    'a network twice',
    {...BASE, networks: [{name: 'n'}, {name: 'n'}]},
    '/networks',
    'Duplicate networks are not allowed',
  ],
  [
    'host and bridge',
    {...BASE, networks: [{mode: 'host'}, {mode: 'container/bridge'}]},
    '/networks',
    'May specify a single host network, single bridge network, or else 1-to-n container networks',
  ],
  [
    'a network without a name',
    {...BASE, networks: [{}]},
    '/networks',
    'Network name must be specified when container network is selected.',
  ],
  [
    'two networks for Docker',
    inContainer(DOCKER, {networks: [{name: 'a'}, {name: 'b'}]}),
    '/',
    'may only specify a single container network when using the Docker container engine',
  ],
  [
    'an undeclared network',
    inContainer({type: 'MESOS', portMappings: [{networkNames: ['2']}]}, {networks: [{name: '1'}]}),
    '/container/portMappings(0)/networkNames(0)',
    'is not one of (1)',
  ],
  [
    'a host port on one of two networks',
    inContainer(
      {type: 'MESOS', portMappings: [{hostPort: 0}]},
      {networks: [{name: '1'}, {name: '2'}]},
    ),
    '/container/portMappings(0)',
    'networkNames must be a single item list when hostPort is specified and more than 1 ' +
      'container network is defined',
  ],
  [
    'a port name twice',
    {...BASE, portDefinitions: [{name: 'p'}, {name: 'p'}]},
    '/portDefinitions',
    'Port names must be unique.',
  ],
  [
    'a port number twice',
    {...BASE, portDefinitions: [{port: 8}, {port: 8}]},
    '/portDefinitions',
    'Ports must be unique.',
  ],
  [
    'a mapping name twice',
    inContainer(
      {...DOCKER, portMappings: [{name: 'p'}, {name: 'p'}]},
      {networks: [{mode: 'container/bridge'}]},
    ),
    '/container/portMappings',
    'Port names must be unique.',
  ],
  [
    'a host port for both protocols',
    inContainer(
      {...DOCKER, portMappings: [{hostPort: 53}, {hostPort: 53, protocol: 'udp'}]},
      {networks: [{mode: 'container/bridge'}]},
    ),
  ],
  [
    'a host port twice',
    inContainer(
      {...DOCKER, portMappings: [{hostPort: 53}, {hostPort: 53, protocol: 'tcp,udp'}]},
      {networks: [{mode: 'container/bridge'}]},
    ),
    '/container/portMappings',
    'fixed host ports must be unique',
  ],
];

const CHECKS: readonly Row[] = [
  [
    'an index without a port',
    {...BASE, healthChecks: [{portIndex: 1}]},
    '/healthChecks(0)',
    'Health check port indices must address an element of the ports array or container port ' +
      'mappings.',
  ],
  [
    'a check of an app without ports',
    {...BASE, portDefinitions: [], healthChecks: [{}]},
    '/healthChecks(0)',
  ],
  ['a check of a fixed port', {...BASE, portDefinitions: [], healthChecks: [{port: 80}]}],
  ['a check of both', {...BASE, healthChecks: [{port: 80, portIndex: 0}]}, '/healthChecks(0)'],
  [
    'a command without one',
    {...BASE, healthChecks: [{protocol: 'COMMAND'}]},
    '/healthChecks(0)/command',
    'not defined',
  ],
  [
    'IPv6 at the leader',
    inContainer(DOCKER, {healthChecks: [{ipProtocol: 'IPv6'}]}),
    '/healthChecks(0)',
    'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks',
  ],
  [
    'IPv6 at the agent',
    inContainer(DOCKER, {healthChecks: [{protocol: 'MESOS_TCP', ipProtocol: 'IPv6'}]}),
  ],
  [
    'two agent-side checks',
    {...BASE, healthChecks: [{protocol: 'MESOS_TCP'}, {protocol: 'MESOS_HTTP'}]},
    '/',
    'AppDefinition can contain at most one Mesos health check',
  ],
  [
    'a readiness check of no port',
    {...BASE, readinessChecks: [{portName: 'x'}]},
    '/readinessChecks(0)/portName',
    'No port definition reference for portName x',
  ],
  [
    'a slow readiness check',
    {...BASE, readinessChecks: [{portName: 'default', timeoutSeconds: 30}]},
    '/readinessChecks(0)/timeoutSeconds',
    'got 30, expected less than 30',
  ],
  [
    'two readiness checks',
    {...BASE, readinessChecks: [{portName: 'default'}, {portName: 'default', name: 'b'}]},
    '/readinessChecks',
  ],
  ['a general check', {...BASE, check: {tcp: {portIndex: 0}}}],
  [
    'a general check of two kinds',
    {...BASE, check: {tcp: {}, http: {}}},
    '/check',
    'must be exactly one of http, tcp or exec',
  ],
  ['a general check for Docker', inContainer(DOCKER, {check: {tcp: {}}}), '/check'],
  ['a general check of no port', {...BASE, check: {http: {portIndex: 3}}}, '/check/http/portIndex'],
  [
    'a general check of two commands',
    {...BASE, check: {exec: {command: {shell: 'x', argv: ['x']}}}},
    '/check/exec/command',
  ],
];

const VOLUMES: readonly Row[] = [
  ['a volume of no kind', volume({containerPath: '/x', mode: 'RW'}), '/container/volumes(0)'],
  [
    'a volume without a mode',
    volume({containerPath: '/x', hostPath: '/y'}),
    '/container/volumes(0)/mode',
    'not defined',
  ],
  ['a persistent volume without a mode', persistent({}, {})],
  [
    'a persistent volume to read',
    persistent({}, {mode: 'RO'}),
    '/container/volumes(0)/mode',
    'got RO, expected RW',
  ],
  [
    'a maximum on a root disk',
    persistent({maxSize: 20}),
    '/container/volumes(0)/persistent',
    'Only mount volumes can have maxSize',
  ],
  [
    'a maximum below the size',
    persistent({type: 'mount', maxSize: 5}),
    '/container/volumes(0)/persistent',
    'Max size must be larger than size',
  ],
  [
    'a constraint on a root disk',
    persistent({constraints: [['path', 'LIKE', 'a']]}),
    '/container/volumes(0)/persistent',
    'Constraints on root volumes are not supported',
  ],
  [
    'a constraint on a disk',
    persistent({type: 'mount', constraints: [['path', 'LIKE', '/mnt/.*']]}),
  ],
  [
    'a constraint on something else',
    persistent({type: 'mount', constraints: [['host', 'LIKE', 'a']]}),
    '/container/volumes(0)/persistent/constraints(0)',
    'Unsupported constraint host,LIKE,a',
  ],
  [
    'another operator on a disk',
    persistent({type: 'path', constraints: [['path', 'IS', 'a']]}),
    '/container/volumes(0)/persistent/constraints(0)',
    'Operator must be one of LIKE, UNLIKE',
  ],
  [
    'a bad pattern for a disk',
    persistent({type: 'path', constraints: [['path', 'LIKE', '[']]}),
    '/container/volumes(0)/persistent/constraints(0)',
    'Invalid regular expression',
  ],
  [
    'a path with a slash',
    volume({containerPath: 'a/b', mode: 'RW', persistent: {size: 1}}),
    '/container/volumes(0)/containerPath',
    'value must not contain "/"',
  ],
  [
    'no path',
    volume({containerPath: '..', mode: 'RW', persistent: {size: 1}}),
    '/container/volumes(0)/containerPath',
    'can not be one of (.,..)',
  ],
  ['an external volume', external({size: 5})],
  [
    'an external volume without a driver',
    external({options: {}}),
    '/container/volumes(0)/external/options("dvdi/driver")',
    'not defined',
  ],
  [
    'a size for Docker',
    external({size: 5}, 'DOCKER'),
    '/container/volumes(0)/external/size',
    'must be undefined for Docker containers',
  ],
  [
    'options for Docker',
    external({options: {'dvdi/driver': 'd', x: 'y'}}, 'DOCKER'),
    '/container/volumes(0)/external/options',
    'must only contain dvdi/driver',
  ],
  [
    'an external volume for two',
    {...external({}), instances: 2},
    '/',
    'Number of instances is limited to 1 when declaring DVDI volumes in app [/a]',
  ],
  ['a shared external volume for two', {...external({shared: true}), instances: 2}],
  [
    'a secret that is not there',
    volume({containerPath: 'x', secret: 's'}),
    '/container/volumes(0)',
    'volume.secret must refer to an existing secret',
  ],
  [
    'a secret in a file',
    {...volume({containerPath: 'x', secret: 's'}), secrets: {s: {source: '/s'}}},
  ],
  [
    'a profile and none',
    inContainer({type: 'MESOS', linuxInfo: {seccomp: {profileName: 'p', unconfined: true}}}),
    '/container/linuxInfo/seccomp',
    'Seccomp unconfined can NOT be true when Profile is defined',
  ],
  [
    'neither a profile nor none',
    inContainer({type: 'MESOS', linuxInfo: {seccomp: {}}}),
    '/container/linuxInfo/seccomp',
    'Seccomp unconfined must be true when Profile is NOT defined',
  ],
  [
    'shared memory of the parent',
    inContainer({type: 'MESOS', linuxInfo: {ipcInfo: {mode: 'SHARE_PARENT', shmSize: 1}}}),
    '/container/linuxInfo/ipcInfo',
    'ipcInfo shmSize can NOT be set when mode is SHARE_PARENT',
  ],
];

const WHOLE: readonly Row[] = [
  [
    'several of a single instance',
    {
      ...BASE,
      instances: 2,
      labels: {MARATHON_SINGLE_INSTANCE_APP: 'true'},
      upgradeStrategy: {minimumHealthCapacity: 0, maximumOverCapacity: 0},
    },
    '/',
    'Single instance app may only have one instance',
  ],
  [
    'over capacity with volumes',
    {...persistent({}), upgradeStrategy: {minimumHealthCapacity: 1, maximumOverCapacity: 1}},
    '/upgradeStrategy/maximumOverCapacity',
    'got 1, expected 0',
  ],
  [
    'volumes that give up',
    {...persistent({}), unreachableStrategy: {inactiveAfterSeconds: 0, expungeAfterSeconds: 0}},
    '/',
    'unreachableStrategy must be disabled for resident tasks',
  ],
  [
    'inactive after expunged',
    {...BASE, unreachableStrategy: {inactiveAfterSeconds: 2, expungeAfterSeconds: 1}},
    '/unreachableStrategy',
  ],
  [
    'roles of others',
    {...BASE, acceptedResourceRoles: ['*', 'x']},
    '/acceptedResourceRoles',
    'acceptedResourceRoles can only contain * and *',
  ],
  [
    'reserved resources for volumes',
    {...persistent({}), acceptedResourceRoles: ['dev']},
    '/acceptedResourceRoles',
    'A resident app must have `acceptedResourceRoles = ["*"]`.',
  ],
  [
    'graphics for Docker',
    inContainer(DOCKER, {gpus: 1}),
    '/',
    'GPU resources only work with the Mesos containerizer',
  ],
  [
    'pull secrets for Docker',
    inContainer({type: 'DOCKER', docker: {image: 'i', pullConfig: {secret: 's'}}}),
    '/container/docker/pullConfig',
    'pullConfig is not supported with Docker containerizer',
  ],
  [
    'an unknown pull secret',
    inContainer({type: 'MESOS', docker: {image: 'i', pullConfig: {secret: 's'}}}),
    '/container/docker/pullConfig',
    'pullConfig.secret must refer to an existing secret',
  ],
  [
    'an unknown secret',
    {...BASE, env: {X: {secret: 's'}}},
    '/env/X/secret',
    'references an undefined secret',
  ],
  ['Docker without an image', inContainer({}), '/container/docker', 'not defined'],
];

/** Volumes need a role of their own. */
const roleFor = (body: unknown): string =>
  JSON.stringify(body).includes('"persistent"') ? 'dev' : '*';

for (const [group, rows] of Object.entries({
  'JSON types': JSON_TYPES,
  fields: FIELDS,
  'the old form': OLD_FORM,
  networks: NETWORKS,
  checks: CHECKS,
  volumes: VOLUMES,
  'the whole app': WHOLE,
})) {
  for (const [title, body, at, message] of rows) {
    test(`${group}: ${title} ${at === undefined ? 'is fine' : 'is refused'}`, (t) => {
      const result = normaliseApp(body, {...ALL_FEATURES, defaultRole: roleFor(body)});
      const found = faultsOf(result).filter(({path}) => path === at);
      t.is(result.ok, at === undefined, JSON.stringify(result));
      if (at === undefined) return;
      t.true(found.length > 0, JSON.stringify(result));
      if (message !== undefined) t.true(found.some((fault) => fault.message === message));
      t.is(
        found.some(({kind}) => kind === 'json'),
        group === 'JSON types',
      );
    });
  }
}

const FEATURES: readonly (readonly [string, string, object])[] = [
  ['secrets', '/secrets', {...BASE, secrets: {s: {source: '/s'}}}],
  ['gpu_resources', '/', {...BASE, gpus: 1}],
  ['external_volumes', '/container/volumes(0)', external({})],
];

for (const [feature, at, body] of FEATURES) {
  test(`what needs ${feature} is refused until it is switched on`, (t) => {
    const message = `Feature ${feature} is not enabled. Enable with --enable_features ${feature})`;
    t.deepEqual(faultsOf(normaliseApp(body, CONFIG)), [{path: at, message}]);
    t.true(normaliseApp(body, {...CONFIG, enabledFeatures: [feature]}).ok);
  });
}

test('what is there twice in a set counts once', (t) => {
  const app = must(
    normaliseApp(
      {
        ...BASE,
        constraints: [
          ['hostname', 'UNIQUE'],
          ['hostname', 'UNIQUE'],
        ],
        dependencies: ['/b', '/b'],
        acceptedResourceRoles: ['*', '*'],
      },
      CONFIG,
    ),
  );
  t.deepEqual(app.constraints, [['hostname', 'UNIQUE']]);
  t.deepEqual(app.dependencies, ['/b']);
  t.deepEqual(app.acceptedResourceRoles, ['*']);
});

test('an old bridge app with ports gets a mapping for each', (t) => {
  const docker = {image: 'i', network: 'BRIDGE'};
  const app = must(
    normaliseApp({id: '/a', ports: [0, 0], container: {type: 'DOCKER', docker}}, CONFIG),
  );
  t.deepEqual(app.container?.portMappings, [
    {containerPort: 0, hostPort: 0, servicePort: 0, protocol: 'tcp', labels: {}, name: 'default'},
    {containerPort: 0, hostPort: 0, servicePort: 0, protocol: 'tcp', labels: {}},
  ]);
});

test('an app that leaves the host network leaves its host ports behind', (t) => {
  const stored = must(normaliseApp({...BASE, ports: [1, 2, 3]}, CONFIG));
  const container = {type: 'MESOS', portMappings: [{containerPort: 80}]};
  const app = must(
    mergeUpdate(stored, {networks: [{mode: 'container/bridge'}], container}, CONFIG),
  );
  t.is(app.portDefinitions, undefined);
  t.is(app.container?.portMappings?.length, 1);
  const back = must(mergeUpdate(app, {networks: [{mode: 'host'}]}, CONFIG));
  t.deepEqual(back.portDefinitions, [{port: 0, protocol: 'tcp', name: 'default'}]);
  t.is(back.container?.portMappings, undefined);
});

test('an update keeps executorResources and resourceLimits that it does not name', (t) => {
  const stored = must(
    normaliseApp({...BASE, executorResources: {}, resourceLimits: {mem: 'unlimited'}}, CONFIG),
  );
  t.deepEqual(stored.executorResources, {cpus: 0.1, mem: 32, disk: 10});
  const app = must(mergeUpdate(stored, {instances: 3}, CONFIG));
  t.deepEqual({...app, instances: 1}, stored);
});

test('the id of the request counts, and that of the body may only repeat it', (t) => {
  t.is(must(normaliseApp({cmd: 'x'}, CONFIG, {id: '/g/a'})).id, '/g/a');
  for (const id of ['/g/a', 'g/a', '/g//a/']) {
    t.is(must(normaliseApp({id, cmd: 'x'}, CONFIG, {id: '/g/a'})).id, '/g/a');
  }
  t.is(must(normaliseApp({id: 'a', cmd: 'x'}, CONFIG, {id: '/g/a', base: '/g'})).id, '/g/a');
  const other = normaliseApp({id: '/b', cmd: 'x'}, CONFIG, {id: '/g/a'});
  t.deepEqual(faultsOf(other), [{path: '/id', message: 'must match the app /g/a if it is given'}]);
});

test('a version in an update is given in our own form', (t) => {
  const update = must(normaliseUpdate({version: '2020-01-01T01:00:00+01:00'}, CONFIG));
  t.deepEqual(update, {version: '2020-01-01T00:00:00.000Z'});
});

const ROLES: readonly (readonly [
  string,
  boolean,
  string | undefined,
  readonly string[],
  string,
])[] = [
  ['/a', false, undefined, ['*'], '*'],
  ['/a', false, 'old', ['*'], '*'],
  ['/dev/a', false, undefined, ['*', 'dev'], '*'],
  ['/dev/sub/a', false, 'old', ['*', 'dev', 'old'], '*'],
  ['/dev/a', true, undefined, ['dev'], 'dev'],
  ['/dev/a', true, '*', ['dev', '*'], 'dev'],
];

for (const [id, topGroupEnforceRole, storedRole, allowed, given] of ROLES) {
  const how = topGroupEnforceRole ? 'with enforceRole' : 'without enforceRole';
  test(`${id} ${how}, stored as ${storedRole}, may be ${allowed.join(', ')}`, (t) => {
    const rules = {defaultRole: '*', topGroupEnforceRole, storedRole};
    t.deepEqual(allowedRoles(id, rules), allowed);
    t.is(defaultRoleOf(id, rules), given);
    const place = {topGroupEnforceRole, storedRole};
    const wrong = normaliseApp({id, cmd: 'x', role: 'none'}, CONFIG, place);
    const message = `got none, expected one of: [${allowed.join(', ')}]`;
    t.deepEqual(faultsOf(wrong), [{path: '/role', message}]);
    t.is(must(normaliseApp({id, cmd: 'x'}, CONFIG, place)).role, given);
  });
}

const RESIDENT = {
  ...persistent({}),
  role: 'dev',
  portDefinitions: [{port: 80}],
  requirePorts: true,
};
const UPDATES: readonly (readonly [string, object, readonly string[]])[] = [
  ['nothing', {}, []],
  ['its command', {cmd: 'true'}, []],
  ['its instances', {instances: 3}, []],
  [
    'its volumes',
    {container: {type: 'MESOS', volumes: []}, unreachableStrategy: 'disabled'},
    ['/'],
  ],
  ['the size of a volume', persistent({size: 11}), ['/']],
  ['its cpus and mem', {cpus: 2, mem: 1}, ['/cpus', '/mem']],
  ['its disk', {disk: 5}, ['/disk']],
  ['its ports', {portDefinitions: [{port: 81}]}, ['/']],
  ['requirePorts', {requirePorts: false}, ['/requirePorts', '/']],
  ['its role', {role: '*'}, ['/role']],
];

for (const [what, update, paths] of UPDATES) {
  test(`an app with volumes ${paths.length === 0 ? 'may' : 'may not'} change ${what}`, (t) => {
    const config = {...CONFIG, defaultRole: 'dev'};
    const from = must(normaliseApp(RESIDENT, config));
    const merged = mergeUpdate(from, update, config);
    const to = merged.ok ? merged.value : {...from, ...update};
    const faults = validateUpdate(from, to, {force: false});
    t.deepEqual(
      faults.map(({path}) => path),
      paths,
    );
    const isRole = paths.includes('/role');
    t.is(validateUpdate(from, to, {force: true}).length, isRole ? 0 : faults.length);
    const plain = must(normaliseApp(BASE, CONFIG));
    t.deepEqual(validateUpdate(plain, {...plain, cpus: 9}, {force: false}), []);
  });
}

const PLACE: GroupPlace = {
  path: '/',
  config: CONFIG,
  enforceRoleOf: () => undefined,
  storedRoleOf: () => undefined,
  newGroupEnforceRole: false,
};
const ids = ({id, apps, groups}: GroupUpdate): readonly string[] => [
  id,
  ...(apps ?? []).map((app) => app.id),
  ...(groups ?? []).flatMap(ids),
];

test('ids in a group are resolved against the group around them', (t) => {
  const body = {
    id: 'g',
    dependencies: ['../db', '/x'],
    apps: [{id: 'a', cmd: 'x', dependencies: ['b', '../c']}],
    groups: [{id: 'h', apps: [{id: '/p/g/h/b', cmd: 'x'}]}],
  };
  const update = must(parseGroupUpdate(body, {...PLACE, path: '/p'}));
  t.deepEqual(ids(update), ['/p/g', '/p/g/a', '/p/g/h', '/p/g/h/b']);
  t.deepEqual(update.dependencies, ['/p/db', '/x']);
  t.deepEqual(update.apps?.[0]?.dependencies, ['/p/g/b', '/p/c']);
  t.is(must(parseGroupUpdate({}, {...PLACE, path: '/p'})).id, '/p');
  t.is(must(parseGroupUpdate({apps: [BASE]}, PLACE)).apps?.[0]?.id, '/a');
});

const GROUP_FAULTS: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['no object', [], ['/']],
  [
    'a fault deep inside',
    {
      id: '/g',
      groups: [
        {
          id: 'h',
          apps: [
            {id: 'a', cmd: 'x'},
            {id: 'b', cmd: 'x', cpus: -1},
          ],
        },
      ],
    },
    ['/groups(0)/apps(1)/cpus'],
  ],
  ['a fault of a whole app', {id: '/g', apps: [{id: 'a'}]}, ['/apps(0)']],
  ['an app that is elsewhere', {id: '/g', apps: [{id: '/a', cmd: 'x'}]}, ['/apps(0)/id']],
  ['an app that is deeper', {id: '/', apps: [{id: '/g/a', cmd: 'x'}]}, ['/apps(0)/id']],
  ['an app that is no object', {id: '/g', apps: [null]}, ['/apps(0)']],
  [
    'an app twice',
    {
      id: '/g',
      apps: [
        {id: 'a', cmd: 'x'},
        {id: '/g/a', cmd: 'y'},
      ],
    },
    ['/apps(1)/id'],
  ],
  ['a group that is elsewhere', {id: '/g', groups: [{id: '/h'}]}, ['/groups(0)/id']],
  ['a group above itself', {id: '/g', groups: [{id: '..'}]}, ['/groups(0)/id']],
  ['a group without an id', {id: '/g', groups: [{apps: []}]}, ['/groups(0)/id']],
  ['a group twice', {id: '/g', groups: [{id: 'h'}, {id: 'h'}]}, ['/groups(1)/id']],
  ['a bad id', {id: 'G!'}, ['/id']],
  ['a reserved id', {id: '/g/versions'}, ['/id']],
  ['a bad dependency', {id: '/g', dependencies: ['X']}, ['/dependencies(0)']],
  ['a version and apps', {id: '/g', version: '2020-01-01T00:00:00.000Z', apps: []}, ['/version']],
  [
    'a version and a factor',
    {version: '2020-01-01T00:00:00.000Z', scaleBy: 2},
    ['/version', '/scaleBy'],
  ],
  ['a version inside', {id: '/g', groups: [{id: 'h', scaleBy: 2}]}, ['/groups(0)']],
  ['a factor below 0', {scaleBy: -1}, ['/scaleBy']],
  [
    'a role enforced below',
    {id: '/g', groups: [{id: 'h', enforceRole: true}]},
    ['/groups(0)/enforceRole'],
  ],
  ['a role enforced at the root', {id: '/', enforceRole: true}, ['/enforceRole']],
  ['pods', {id: '/g', pods: [{}]}, ['/pods']],
];

for (const [title, body, paths] of GROUP_FAULTS) {
  test(`a group update with ${title} is refused at ${paths.join(' and ')}`, (t) => {
    const found = faultsOf(parseGroupUpdate(body, PLACE)).map(({path}) => path);
    t.deepEqual(found, paths);
  });
}

test('groups as deep as paths may be are read, and deeper ones refused', (t) => {
  const nested = (depth: number): object =>
    depth === 1 ? {id: 'g'} : {id: 'g', groups: [nested(depth - 1)]};
  t.true(parseGroupUpdate(nested(64), PLACE).ok);
  const [fault, ...others] = faultsOf(parseGroupUpdate(nested(5000), PLACE));
  t.deepEqual(others, []);
  t.is(fault?.message, 'must have at most 64 parts');
});

test('a top-level group gives its role to its apps once it enforces it', (t) => {
  const roleOf = (body: object, place: Partial<GroupPlace> = {}): string | undefined => {
    const update = must(parseGroupUpdate(body, {...PLACE, ...place}));
    return (update.apps ?? update.groups?.[0]?.apps)?.[0]?.role;
  };
  const apps = [{id: 'a', cmd: 'x'}];
  t.is(roleOf({id: '/g', apps}), '*');
  t.is(roleOf({id: '/g', enforceRole: true, apps}), 'g');
  t.is(roleOf({id: '/g', enforceRole: true, groups: [{id: 'h', apps}]}), 'g');
  t.is(roleOf({groups: [{id: 'g', enforceRole: true, apps}]}), 'g');
  t.is(roleOf({id: '/g/h', apps}, {enforceRoleOf: (id) => id === '/g'}), 'g');
  t.is(roleOf({id: '/g', apps}, {newGroupEnforceRole: true}), 'g');
  t.is(roleOf({id: '/g', enforceRole: false, apps}, {enforceRoleOf: () => true}), '*');
  const stored = {storedRoleOf: (id: string) => (id === '/g/a' ? 'old' : undefined)};
  t.is(roleOf({id: '/g', enforceRole: true, apps: [{...apps[0], role: 'old'}]}, stored), 'old');
});

const port = fc.constantFrom(0, 80, 443, 9000);
const names = fc.uniqueArray(fc.constantFrom('web', 'api', 'admin'), {maxLength: 3});
const healthCheck = fc.constantFrom(
  {},
  {protocol: 'TCP', port: 80},
  {protocol: 'command', command: {value: 'true'}},
  {protocol: 'MESOS_HTTP', path: '/'},
);
const docker = fc.record(
  {
    image: fc.constant('i'),
    network: fc.constantFrom('HOST', 'BRIDGE', 'USER'),
    portMappings: fc.array(fc.record({containerPort: port, hostPort: fc.constant(0)}), {
      maxLength: 3,
    }),
    forcePullImage: fc.boolean(),
  },
  {requiredKeys: ['image']},
);
const container = fc.oneof(
  fc.record({type: fc.constant('DOCKER'), docker}),
  fc.record({
    type: fc.constant('MESOS'),
    volumes: fc.constantFrom([], [{containerPath: '/x', hostPath: '/y', mode: 'ro'}]),
    portMappings: fc.option(fc.array(fc.record({containerPort: port}), {maxLength: 2})),
  }),
);
/** Bodies in the old, the new and no form; some contradict themselves and are left out. */
const appBodies = fc.record(
  {
    id: fc.constantFrom('/a', 'a/b', '/g//c/'),
    cmd: fc.constant('sleep 1000'),
    instances: fc.nat(5),
    cpus: fc.constantFrom(0, 0.1, 2),
    env: fc.dictionary(fc.constantFrom('A', 'B'), fc.string()),
    labels: fc.dictionary(fc.constantFrom('k', 'l'), fc.string()),
    uris: fc.array(fc.constantFrom('a.tgz', 'http://h/b'), {maxLength: 2}),
    constraints: fc.constantFrom([], [['hostname', 'unique']]),
    container,
    networks: fc.constantFrom(
      [{mode: 'host'}],
      [{mode: 'container/bridge'}],
      [{name: 'n'}, {name: 'm'}],
    ),
    ipAddress: fc.constantFrom({networkName: 'n', labels: {x: 'y'}}, {networkName: 'mesos-bridge'}),
    ports: fc.uniqueArray(fc.constantFrom(0, 1, 2), {maxLength: 3}),
    portDefinitions: names.map((list) => list.map((name) => ({name}))),
    requirePorts: fc.boolean(),
    healthChecks: fc.array(healthCheck, {maxLength: 2}),
    dependencies: fc.constantFrom(['/x'], ['../y']),
    acceptedResourceRoles: fc.constant(['*']),
    unreachableStrategy: fc.constantFrom('disabled', {expungeAfterSeconds: 9}),
    upgradeStrategy: fc.constant({minimumHealthCapacity: 0.5, maximumOverCapacity: 0}),
  },
  {requiredKeys: ['id', 'cmd']},
);
const NAMED_NETWORKS = {...CONFIG, defaultNetworkName: 'net'};
const apps = appBodies
  .map((body) => normaliseApp(body, NAMED_NETWORKS))
  .filter((read) => read.ok)
  .map(must);

// Seen to fail with a default mapping appended although as many are listed as there are ports.
test('the canonical form is a fixed point', (t) => {
  fc.assert(
    fc.property(apps, (app) => {
      t.deepEqual(clean(must(normaliseApp(clean(app), CONFIG))), clean(app));
    }),
  );
});

// Seen to fail with a default (`instances: 1`) in the translated form of an update.
test('merging an empty update, or one that repeats the app, changes nothing', (t) => {
  fc.assert(
    fc.property(apps, (app) => {
      t.deepEqual(must(mergeUpdate(app, {}, CONFIG)), app);
      t.true(equalJson(must(mergeUpdate(app, clean(app), CONFIG)), app));
    }),
  );
});

// Seen to fail with fields of the stored app winning over those of the update.
test('a merged update has its own fields and keeps the others', (t) => {
  const update = appBodies.map(({id: _id, cmd, instances, cpus, labels, requirePorts}) =>
    Object.fromEntries(
      Object.entries({cmd, instances, cpus, labels, requirePorts}).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  );
  fc.assert(
    fc.property(apps, update, (stored, body) => {
      const merged = must(mergeUpdate(stored, body, CONFIG));
      const isHost = stored.networks[0]?.mode === 'host';
      const expected = {...stored, ...body, ...(isHost ? {} : {requirePorts: false})};
      t.true(equalJson(merged, expected), JSON.stringify(merged));
    }),
  );
});

// Seen to fail with `network: 'USER'` for bridges.
test('the old rendering of an app on the host or a Docker bridge reads as the same app', (t) => {
  fc.assert(
    fc.property(apps, (app) => {
      const [network] = app.networks;
      const isBridge = network?.mode === 'container/bridge' && app.container?.type === 'DOCKER';
      if (network?.mode !== 'host' && !isBridge) return;
      if (network?.labels !== undefined) return;
      const {uris: _uris, ...shown} = legacyForm(app, CONFIG);
      t.deepEqual(clean(must(normaliseApp(clean(shown), CONFIG))), clean(app));
    }),
  );
});

test('an old rendering names every field of its time, and an address of other networks', (t) => {
  const app = must(normaliseApp({...BASE, networks: [{name: 'n'}]}, CONFIG));
  const form = legacyForm(app, CONFIG);
  t.deepEqual(form['ipAddress'], {
    groups: [],
    labels: {},
    discovery: {ports: [{number: 0, name: 'default', protocol: 'tcp', labels: {}}]},
    networkName: 'n',
  });
  for (const name of ['ports', 'portDefinitions', 'requirePorts', 'role', 'networks']) {
    t.false(name in form, name);
  }
  t.is(legacyForm(must(normaliseApp(BASE, CONFIG)), CONFIG)['container'], null);
});

const FIELD_NAMES = Object.keys(must(normaliseApp(BASE, CONFIG)))
  .concat('apps', 'groups', 'docker', 'type', 'volumes', 'portMappings', 'ports', 'ipAddress')
  .concat('env', 'constraints', 'version', 'args', 'dependencies', 'secrets', '__proto__');

// Seen to fail with lists read without asking whether they are lists.
test('any JSON is read or refused, and never throws', (t) => {
  const value = fc.object({
    key: fc.constantFrom(...FIELD_NAMES),
    maxDepth: 4,
    values: [fc.constantFrom(null, '', '/a', 0, -1, 1e300, true, 'DOCKER', 'MESOS', 'host')],
  });
  fc.assert(
    fc.property(value, (body) => {
      const json = clean(body);
      for (const result of [normaliseApp(json, CONFIG), parseGroupUpdate(json, PLACE)]) {
        t.true(result.ok || result.faults.length > 0);
        if (!result.ok) t.true(result.faults.every(({path}) => path.startsWith('/')));
      }
    }),
    {numRuns: 500},
  );
});

/** Slow and obvious: one step after the other. */
function slowPath(path: string, base: string): string {
  let at = path.startsWith('/') ? '' : base === '/' ? '' : base;
  for (const part of path.split('/')) {
    if (part === '..') at = at.replace(/\/[^/]*$/, '');
    else if (part !== '' && part !== '.') at += `/${part}`;
  }
  return at === '' ? '/' : at;
}

// Seen to fail with `..` taking away the first part instead of the last.
test('paths are resolved like walking through folders', (t) => {
  const part = fc.constantFrom('a', 'b', '..', '.', '');
  const path = fc.array(part, {maxLength: 6}).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, fc.constantFrom('/', '/g', '/g/h'), (text, base) => {
      t.is(canonicalPath(text, base), slowPath(text, base));
      t.is(canonicalPath(canonicalPath(text, base)), canonicalPath(text, base));
    }),
  );
});

interface Case {
  readonly id: string;
  readonly given?: {
    readonly config?: object;
    readonly stored?: object;
    readonly servicePorts?: number[];
  };
  readonly when: Readonly<Record<string, unknown>>;
  readonly then: {
    readonly valid?: boolean;
    readonly paths?: readonly string[];
    readonly subset?: object;
  };
}

/** Cases that the runner of the suites does not know yet. */
function cases(suite: string): readonly Case[] {
  const folders = [
    '../../../../../shared/conformance/marathon',
    '../../../../conformance/marathon',
  ];
  const file = folders
    .map((folder) => new URL(`${folder}/${suite}.yaml`, import.meta.url))
    .find((url) => existsSync(url));
  if (file === undefined) return [];
  return (parse(readFileSync(file, 'utf8')) as {cases: Case[]}).cases;
}

for (const {id, given, when, then} of cases('validate')) {
  if (!('group' in when)) continue;
  test(id, (t) => {
    const config = {...CONFIG, ...given?.config};
    const result = parseGroupUpdate(when['group'], {...PLACE, config});
    const paths = faultsOf(result).map(({path}) => path);
    if (result.ok && !isAcyclic(result.value)) paths.push('/');
    t.is(paths.length === 0, then.valid ?? true, JSON.stringify(result));
    for (const path of then.paths ?? []) t.true(paths.includes(path), paths.join(' '));
  });
}

/** The whole root is somebody else's; here the update is all there is. */
function isAcyclic(update: GroupUpdate): boolean {
  const all = ({apps: list = [], groups = []}: GroupUpdate): readonly AppDefinition[] => [
    ...list,
    ...groups.flatMap(all),
  ];
  const graph = new Map(all(update).map((app) => [app.id, app.dependencies ?? []]));
  return dependencyDepths(graph) !== undefined;
}

for (const {id, given, when, then} of cases('validate')) {
  if (!id.startsWith('validate/resident-app-other')) continue;
  test(id, (t) => {
    const config = {...CONFIG, ...given?.config};
    const stored = must(normaliseApp(given?.stored, config));
    const to = must(mergeUpdate(stored, when['update'], config));
    t.is(validateUpdate(stored, to, {force: false}).length === 0, then.valid ?? true);
  });
}

for (const {id, given, when, then} of cases('normalise')) {
  if (when['render'] !== '1.4') continue;
  test(id, (t) => {
    const app = must(normaliseApp(when['normalise'], CONFIG));
    const form = legacyForm(withServicePorts(app, given?.servicePorts ?? []), CONFIG);
    for (const [name, value] of Object.entries(then.subset ?? {}))
      t.deepEqual(form[name], value, name);
  });
}
