/** One app and one offer: what is refused and why, and what exactly is taken. */
import {deepStrictEqual, ok, strictEqual} from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {parse} from 'yaml';
import {agentIdOf, frameworkIdOf, offerIdOf} from '../../../kernel/ids.ts';
import {makeRandom} from '../../../kernel/random.ts';
import {MARATHON_DEFAULTS, type MarathonOptions} from '../../../options.ts';
import {parseAmounts} from '../../../resources/amounts.ts';
import {assemble} from '../../../resources/entries.ts';
import {ScalarKinds} from '../../../resources/kinds.ts';
import {makeRanges, pairsOf} from '../../../resources/ranges.ts';
import {makeSpecial, type Entry, type Traits} from '../../../resources/special.ts';
import {
  containsResources,
  equalResources,
  rangesOf,
  subtractResources,
  type Resources,
} from '../../../resources/vector.ts';
import type {Offer} from '../../../scheduler.ts';
import type {App, AppDefinition, PersistentVolume} from '../definition/app-definition.ts';
import type {Instance} from '../instances/instances.ts';
import {constraintFault} from './constraints.ts';
import {judge, offerFacts, type Judgement, type PlacedApp} from './judge.ts';
import {OfferLeft} from '../../placement/offer-left.ts';
import {portRoles} from './port-roles.ts';
import {portRanges} from './ports.ts';
import {offerTerms} from './offer-terms.ts';
import {Placements} from './placements.ts';
import {LaneStats, SeenAgents} from './lane-stats.ts';
import {funnelOf} from './queue-view.ts';
import {reasonNames, REASONS} from './reasons.ts';
import {makeRunSpec, type RunSpec} from './run-spec.ts';
import {makeTaskLaunch, type AppTaskDetails} from './task-launch.ts';
import {pickDisks} from './volumes.ts';

const kinds = new ScalarKinds();

const APP: AppDefinition = {
  id: '/a',
  cmd: 'sleep 1000',
  instances: 1,
  cpus: 1,
  mem: 128,
  disk: 0,
  gpus: 0,
  executor: '',
  role: 'web',
  networks: [{mode: 'host'}],
  portDefinitions: [],
  requirePorts: false,
  backoffSeconds: 1,
  backoffFactor: 1.15,
  maxLaunchDelaySeconds: 300,
  upgradeStrategy: {minimumHealthCapacity: 1, maximumOverCapacity: 1},
  labels: {},
  killSelection: 'YOUNGEST_FIRST',
  unreachableStrategy: 'disabled',
};

const appOf = (definition: Partial<AppDefinition>, changedAt = 1): App => ({
  definition: {...APP, ...definition},
  version: changedAt,
  lastScalingAt: changedAt,
  lastConfigChangeAt: changedAt,
});

const specOf = (definition: Partial<AppDefinition>, changedAt?: number): RunSpec =>
  makeRunSpec(appOf(definition, changedAt), kinds);

function resourcesOf(text: string): Resources {
  const parsed = parseAmounts(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return kinds.compile(parsed.amounts);
}

const offerOf = (resources: Resources, more: Partial<Offer> = {}): Offer => ({
  id: offerIdOf(1),
  frameworkId: frameworkIdOf('marathon'),
  role: 'web',
  agent: {id: agentIdOf('h1'), hostname: 'h1', attributes: {}},
  resources,
  ...more,
});

interface Question {
  readonly spec: RunSpec;
  readonly offer: Offer;
  readonly options?: Partial<MarathonOptions>;
  readonly placed?: PlacedApp;
  readonly now?: number;
  readonly seed?: number;
}

/** What one instance makes of an offer. */
function ask({spec, offer, options = {}, placed, now = 0, seed = 1}: Question): Judgement & {
  readonly left: OfferLeft;
  readonly taken: Resources | undefined;
} {
  const all = {...MARATHON_DEFAULTS, ...options};
  const terms = offerTerms(spec.app.definition, all);
  const left = new OfferLeft(offer);
  const judgement = judge(
    {spec, terms, placed: placed ?? {placements: new Placements(), wanted: 1}},
    left,
    offerFacts(offer, all, now),
    {groupByRule: all.groupByRule, random: () => makeRandom(seed, 'ports')},
  );
  const {refusal, hostPorts} = judgement;
  const taken = refusal === 0 ? left.take(spec.needs, portRanges(hostPorts), terms) : undefined;
  return {...judgement, left, taken};
}

// The conformance suite.

type Json = Readonly<Record<string, unknown>>;

interface WireResource {
  readonly name: string;
  readonly scalar?: number;
  readonly ranges?: readonly (readonly [number, number])[];
  readonly role?: string;
  readonly reservation?: {readonly principal?: string};
}

interface MatchingGiven {
  readonly app: Partial<AppDefinition> & {
    readonly ports: number;
    readonly volumes?: readonly PersistentVolume[];
    readonly lastConfigChangeAt?: number;
  };
  readonly offer: {
    readonly host: string;
    readonly region?: string;
    readonly zone?: string;
    readonly role: string;
    readonly cpus: number;
    readonly mem: number;
    readonly disk: number;
    readonly gpus: number;
    readonly ports: readonly (readonly [number, number])[];
    readonly resources?: readonly WireResource[];
    readonly disks?: readonly {type: string; path?: string; size: number}[];
    readonly unavailability?: {readonly start: number; readonly duration?: number};
    readonly waitingVolume?: boolean;
  };
  readonly acceptedRoles: readonly string[];
  readonly config: {
    readonly gpuBehaviour: 'restricted' | 'unrestricted';
    readonly maintenanceMode: boolean;
    readonly drainingSeconds: number;
    readonly localRegion: string | null;
  };
  readonly placed?: readonly {host: string; zone?: string; runSpecVersion: number}[];
  readonly now: number;
  readonly offersSeen?: readonly {readonly agent: string; readonly reasons: readonly string[]}[];
}

interface MatchingThen {
  readonly match?: boolean;
  readonly reasons?: readonly string[];
  readonly first?: string | null;
  readonly reasonsInclude?: readonly string[];
  readonly consumedDisk?: readonly {path: string; size: number}[];
  readonly processedOffersCount?: number;
  readonly unusedOffersCount?: number;
  readonly rejectSummaryLaunchAttempt?: unknown;
}

function entryOf(traits: Traits, amount: Partial<Entry>): Entry {
  const {scalar = 0, ranges = []} = amount;
  const special = makeSpecial(traits, kinds.indexOf(traits.name), scalar);
  return {special, scalar, ranges, items: [], copies: 1};
}

/** The offer's resources from the short form, the full list, and the disks with a source. */
function offeredOf(given: MatchingGiven['offer']): Resources {
  const {role, cpus, mem, disk, gpus, ports, disks = []} = given;
  const short: readonly WireResource[] = [
    ...Object.entries({cpus, mem, disk, gpus}).map(([name, scalar]) => ({name, scalar, role})),
    {name: 'ports', ranges: ports, role},
  ];
  const entries = (given.resources ?? short).map((wire) => {
    const owner = wire.role ?? '*';
    const type = wire.reservation === undefined ? 'STATIC' : 'DYNAMIC';
    const reservations = owner === '*' ? [] : [{type, role: owner, labels: []} as const];
    return entryOf(
      {name: wire.name, reservations},
      {scalar: Math.round((wire.scalar ?? 0) * 1000), ranges: makeRanges(wire.ranges ?? [])},
    );
  });
  const special = disks.map(({type, path, size}) => {
    const source = {type: type.toUpperCase() as 'RAW', root: path};
    return entryOf({name: 'disk', reservations: [], source}, {scalar: size * 1000});
  });
  return assemble([...entries, ...special]);
}

function suite(): readonly {id: string; given: MatchingGiven; then: MatchingThen}[] {
  const [file] = ['../../../../../shared/conformance', '../../../../conformance']
    .map((folder) => new URL(`${folder}/marathon/matching.yaml`, import.meta.url))
    .filter((url) => existsSync(url));
  const {defaults, cases} = parse(readFileSync(file as URL, 'utf8')) as {
    defaults: Json;
    cases: readonly {id: string; given: Json; then: MatchingThen}[];
  };
  return cases.map(({given, ...other}) => {
    const deeper = Object.entries(given).map(([name, value]) => {
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      return [name, isMap ? {...(defaults[name] as Json), ...value} : value] as const;
    });
    const whole: unknown = {...defaults, ...Object.fromEntries(deeper)};
    return {...other, given: whole as MatchingGiven};
  });
}

function placedOf(given: MatchingGiven): PlacedApp {
  const placements = new Placements();
  for (const {host, zone, runSpecVersion} of given.placed ?? []) {
    placements.add(runSpecVersion, ['hostname', '@zone'], [host, zone]);
  }
  return {placements, wanted: given.app.instances ?? 1};
}

for (const {id, given, then} of suite()) {
  test(id, (t) => {
    if (given.offersSeen !== undefined) {
      const stats = new LaneStats(new SeenAgents());
      for (const [slot, {reasons}] of given.offersSeen.entries()) {
        const refusal = reasons.reduce(
          (bits, name) => bits | (1 << REASONS.indexOf(name as never)),
          0,
        );
        if (refusal === 0) stats.used(slot, 0);
        else stats.refused(slot, {offer: offerOf(resourcesOf('cpus:1')), refusal, at: 0}, -1);
      }
      t.is(stats.processed, then.processedOffersCount ?? NaN);
      t.is(stats.unused, then.unusedOffersCount ?? NaN);
      const rows = funnelOf(stats.declined, stats.processed);
      t.deepEqual<unknown, unknown>(rows, then.rejectSummaryLaunchAttempt);
      t.deepEqual(funnelOf(stats.declinedLast, stats.agents), rows);
      return;
    }
    const {ports, volumes = [], lastConfigChangeAt, ...definition} = given.app;
    const {host, region, zone, unavailability, waitingVolume = false} = given.offer;
    const spec = specOf(
      {
        ...definition,
        portDefinitions: Array.from({length: ports}, () => ({port: 0, protocol: 'tcp'})),
        acceptedResourceRoles: given.acceptedRoles,
      },
      lastConfigChangeAt,
    );
    const offer = offerOf(offeredOf(given.offer), {
      agent: {id: agentIdOf(host), hostname: host, attributes: {}, region, zone},
      unavailability:
        unavailability === undefined
          ? undefined
          : {startMs: unavailability.start, durationMs: unavailability.duration},
    });
    const {gpuBehaviour, maintenanceMode, drainingSeconds, localRegion} = given.config;
    const options = {
      ...MARATHON_DEFAULTS,
      gpuScheduling: gpuBehaviour,
      maintenanceMode,
      drainingSeconds,
      localRegion: localRegion ?? undefined,
    };
    const left = new OfferLeft(offer);
    const facts = {...offerFacts(offer, options, given.now), hasOwnVolume: waitingVolume};
    const claim = {spec, terms: offerTerms(spec.app.definition, options), placed: placedOf(given)};
    const random = () => makeRandom(1, 'ports');
    const {refusal} = judge(claim, left, facts, {groupByRule: 'quota', random});
    const disks = pickDisks(volumes, offer.resources);
    // Our own reason stands where Marathon gives none.
    const reasons = reasonNames(refusal).filter((reason) => reason !== 'RemoteRegion') as string[];
    if (disks === undefined) reasons.push('InsufficientDisk');
    t.is(refusal === 0 && disks !== undefined, then.match ?? true);
    if (then.reasons !== undefined) t.deepEqual(reasons.toSorted(), then.reasons.toSorted());
    if (then.first !== undefined) t.is(reasons[0] ?? null, then.first);
    for (const reason of then.reasonsInclude ?? []) t.true(reasons.includes(reason), reason);
    if (then.consumedDisk !== undefined) {
      const consumed = disks?.map(({path, amount}) => ({path, size: amount / 1000}));
      t.deepEqual<unknown, unknown>(consumed, then.consumedDisk);
    }
  });
}

// Roles, region, maintenance.

const HALF = 'cpus:1;mem:1024;ports:[1-2];cpus(web):1;mem(web):1024;ports(web):[8-9]';

const ROLES: readonly [string, Partial<AppDefinition>, Partial<MarathonOptions>, string[]][] = [
  ['by default its own role and what is unreserved', {cpus: 2}, {}, []],
  ['only what is reserved', {cpus: 2, acceptedResourceRoles: ['web']}, {}, ['InsufficientCpus']],
  ['only what is unreserved', {cpus: 2, acceptedResourceRoles: ['*']}, {}, ['InsufficientCpus']],
  [
    'unreserved by option',
    {cpus: 2},
    {acceptedResourceRolesDefault: 'unreserved'},
    ['InsufficientCpus'],
  ],
  [
    'reserved by option',
    {cpus: 2},
    {acceptedResourceRolesDefault: 'reserved'},
    ['InsufficientCpus'],
  ],
  [
    'what the app says goes before the option',
    {cpus: 2, acceptedResourceRoles: ['*', 'web']},
    {acceptedResourceRolesDefault: 'reserved'},
    [],
  ],
  [
    'a role that the offer has not',
    {cpus: 0.5, acceptedResourceRoles: ['db']},
    {},
    ['UnfulfilledRole', 'InsufficientCpus', 'InsufficientMemory'],
  ],
];

for (const [title, definition, options, reasons] of ROLES) {
  test(`accepted roles: ${title}`, (t) => {
    const {refusal} = ask({spec: specOf(definition), offer: offerOf(resourcesOf(HALF)), options});
    t.deepEqual<unknown, unknown>(reasonNames(refusal), reasons);
  });
}

test('what is reserved is used up first, and what is taken is named exactly', (t) => {
  const spec = specOf({
    cpus: 1.5,
    mem: 256,
    portDefinitions: [
      {port: 2, protocol: 'tcp'},
      {port: 9, protocol: 'tcp'},
    ],
    requirePorts: true,
  });
  const {taken, left, hostPorts} = ask({spec, offer: offerOf(resourcesOf(HALF))});
  const expected = 'cpus(web):1;cpus:0.5;mem(web):256;ports(web):[9-9];ports:[2-2]';
  t.true(taken !== undefined && equalResources(taken, resourcesOf(expected)));
  t.deepEqual(portRoles(hostPorts, taken ?? resourcesOf('')), ['*', 'web']);
  const rest = resourcesOf('cpus:0.5;mem:1024;ports:[1-1];mem(web):768;ports(web):[8-8]');
  t.true(equalResources(left.seen.resources, rest));
});

test('ports of one role that touch are one range', (t) => {
  const ports = [82, 80, 81].map((port) => ({port, protocol: 'tcp'}) as const);
  const spec = specOf({portDefinitions: ports, requirePorts: true});
  const offer = offerOf(resourcesOf('cpus:1;mem:128;ports:[80-90]'));
  const {taken, hostPorts} = ask({spec, offer});
  t.deepEqual(hostPorts, [82, 80, 81]);
  t.deepEqual(pairsOf(rangesOf(taken ?? resourcesOf(''), 'ports')), [[80, 82]]);
});

const UNUSABLE: readonly [string, Traits][] = [
  ['revocable', {name: 'cpus', reservations: [], revocable: true}],
  [
    "reserved by Marathon's own labels",
    {
      name: 'cpus',
      reservations: [
        {type: 'DYNAMIC', role: 'web', principal: 'p', labels: [['marathon_task_id', 'x']]},
      ],
    },
  ],
  ['reserved to another role', {name: 'cpus', reservations: [{type: 'STATIC', role: 'db'}]}],
  ['a volume', {name: 'disk', reservations: [], persistence: {id: 'v'}}],
  ['a path', {name: 'disk', reservations: [], source: {type: 'PATH', root: '/p'}}],
  ['a mount', {name: 'disk', reservations: [], source: {type: 'MOUNT', root: '/m'}}],
];

for (const [title, traits] of UNUSABLE) {
  test(`not for ordinary use: ${traits.name} that is ${title}`, (t) => {
    const plain = resourcesOf('mem:1024');
    const special = assemble([entryOf(traits, {scalar: 8_000_000})]).special;
    const spec = specOf({mem: 1, cpus: 0, disk: 0, [traits.name]: 1});
    const {refusal} = ask({spec, offer: offerOf({...plain, special})});
    const lack = traits.name === 'cpus' ? 'InsufficientCpus' : 'InsufficientDisk';
    t.deepEqual(reasonNames(refusal), [lack]);
  });
}

test('an agent of another region has a reason of our own', (t) => {
  const agent = {id: agentIdOf('h1'), hostname: 'h1', attributes: {}, region: 'r2'};
  const offer = offerOf(resourcesOf('cpus:4;mem:4096'), {agent});
  const options = {localRegion: 'r1'};
  t.deepEqual(reasonNames(ask({spec: specOf({}), offer, options}).refusal), ['RemoteRegion']);
  const constraints = [['@zone', 'UNLIKE', 'z']];
  t.is(ask({spec: specOf({constraints}), offer, options}).refusal, 0);
});

// Volumes.

const DISK = 1000;
const MOUNTS = [300, 100, 200].map((size) =>
  entryOf(
    {name: 'disk', reservations: [], source: {type: 'MOUNT', root: `/m${size}`, profile: 'ssd'}},
    {scalar: size * DISK},
  ),
);

const VOLUMES: readonly [string, readonly PersistentVolume[], readonly unknown[] | undefined][] = [
  ['none', [], []],
  ['root from plain disk', [{type: 'root', size: 40}], [[undefined, 40]]],
  [
    'root, too much of it',
    [
      {type: 'root', size: 40},
      {type: 'root', size: 40},
    ],
    undefined,
  ],
  ['the smallest mount that is enough', [{type: 'mount', size: 90}], [['/m100', 100]]],
  [
    'large ones choose first, answers stay in order',
    [
      {type: 'mount', size: 50},
      {type: 'mount', size: 90},
    ],
    [
      ['/m200', 200],
      ['/m100', 100],
    ],
  ],
  [
    'no mount twice',
    Array.from({length: 4}, () => ({type: 'mount', size: 50}) as const),
    undefined,
  ],
  ['a mount of at most so much', [{type: 'mount', size: 50, maxSize: 90}], undefined],
  ['a profile that there is', [{type: 'mount', size: 50, profileName: 'ssd'}], [['/m100', 100]]],
  ['a profile that there is not', [{type: 'mount', size: 50, profileName: 'hdd'}], undefined],
  [
    'a path that is liked',
    [{type: 'mount', size: 50, constraints: [['path', 'LIKE', '/m[23]00']]}],
    [['/m200', 200]],
  ],
  [
    'a path that is not disliked',
    [{type: 'mount', size: 50, constraints: [['path', 'UNLIKE', '/m[12]00']]}],
    [['/m300', 300]],
  ],
];

for (const [title, volumes, expected] of VOLUMES) {
  test(`disks for volumes: ${title}`, (t) => {
    const offered = {...resourcesOf('cpus:1;disk:50'), special: assemble(MOUNTS).special};
    const disks = pickDisks(volumes, offered);
    t.deepEqual<unknown, unknown>(
      disks?.map(({path, amount}) => [path, amount / DISK]),
      expected,
    );
  });
}

// Constraints with regular expressions.

const PATTERNS: readonly [string, string][] = [
  ['(a)\\1', 'is not a regular expression: invalid escape sequence: \\1 (at 3)'],
  ['(?=a)b', 'is not a regular expression: invalid perl operator: (?= (at 0)'],
  ['[a-z&&[^b]]', "is not a regular expression: intersections in a set (&&) are Java's, not RE2's"],
  ['[a[bc]]', "is not a regular expression: sets in a set ([) are Java's, not RE2's"],
  ['a'.repeat(1 << 19), 'is not a regular expression: pattern too large'],
];

for (const [pattern, message] of PATTERNS) {
  test(`refused with its reason: LIKE ${pattern.slice(0, 20)}`, (t) => {
    t.is(constraintFault(['rack', 'LIKE', pattern]), message);
    t.is(constraintFault(['rack', 'UNLIKE', pattern]), message);
  });
}

test('a pattern that would stall a backtracking engine does not stall this one', (t) => {
  const agent = {id: agentIdOf('h'), hostname: 'a'.repeat(2000), attributes: {}};
  const constraints = [['hostname', 'LIKE', '(a|a)*(a|aa)+b']];
  const offer = offerOf(resourcesOf('cpus:4;mem:4096'), {agent});
  t.deepEqual(reasonNames(ask({spec: specOf({constraints}), offer}).refusal), [
    'UnfulfilledConstraint',
  ]);
});

test('sets that both syntaxes know are taken', (t) => {
  for (const pattern of [
    '[[:alpha:]]+',
    '[]a]',
    '[^]a]',
    '[a\\[]',
    'a|b',
    '(?i)rack',
    '\\[&&\\]',
  ]) {
    t.is(constraintFault(['rack', 'LIKE', pattern]), undefined, pattern);
  }
});

// What a task is told.

/** The details of the launch of an app's only task on h1, whose offer has ports from 31000 on. */
function detailsOf(definition: Partial<AppDefinition>, settings: object = {}): AppTaskDetails {
  const spec = specOf(definition);
  const offer = offerOf(resourcesOf('cpus:8;mem:8192;disk:100;ports:[31000-31000]'));
  const {hostPorts, taken = resourcesOf('')} = ask({spec, offer});
  const instance = {id: 'a.instance-1', spec, incarnation: 1, host: 'h1', hostPorts};
  const whole = {envVarsPrefix: undefined, ...settings};
  const launch = makeTaskLaunch(instance as unknown as Instance, taken, whole);
  return launch.details as AppTaskDetails;
}

const BASE_ENV = {
  HOST: 'h1',
  MESOS_TASK_ID: 'a.instance-1._app.1',
  MARATHON_APP_ID: '/a',
  MARATHON_APP_VERSION: '1970-01-01T00:00:00.001Z',
  MARATHON_APP_RESOURCE_CPUS: '1.0',
  MARATHON_APP_RESOURCE_MEM: '128.0',
  MARATHON_APP_RESOURCE_DISK: '0.0',
  MARATHON_APP_RESOURCE_GPUS: '0',
  MARATHON_APP_LABELS: '',
};

const IMAGE = {image: 'web:1', forcePullImage: false, privileged: false, parameters: []};
const BRIDGE: Partial<AppDefinition> = {
  networks: [{mode: 'container/bridge'}],
  portDefinitions: undefined,
  container: {
    type: 'DOCKER',
    docker: {...IMAGE, parameters: [{key: 'user', value: 'me'}]},
    volumes: [{containerPath: '/data', hostPath: '/srv', mode: 'RO'}],
    portMappings: [
      {containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp', labels: {}},
      {containerPort: 90, servicePort: 0, protocol: 'tcp', labels: {}, name: 'admin-ui'},
    ],
  },
};

const ENVS: readonly [string, Partial<AppDefinition>, object, Json][] = [
  ['of an app without ports', {}, {}, {}],
  [
    'a port by number, place and name',
    {portDefinitions: [{port: 10004, protocol: 'tcp', name: 'my-http'}]},
    {},
    {
      PORT: '31000',
      PORTS: '31000',
      PORT0: '31000',
      PORT_10004: '31000',
      PORT_MY_HTTP: '31000',
    },
  ],
  [
    'a prefix before ports and host alone',
    {portDefinitions: [{port: 0, protocol: 'tcp'}]},
    {envVarsPrefix: 'X_'},
    {HOST: undefined, X_HOST: 'h1', X_PORT: '31000', X_PORTS: '31000', X_PORT0: '31000'},
  ],
  [
    'mappings with and without a host port',
    BRIDGE,
    {},
    {
      MARATHON_APP_DOCKER_IMAGE: 'web:1',
      PORT: '31000',
      PORTS: '31000,90',
      PORT0: '31000',
      PORT1: '90',
      PORT_80: '31000',
      PORT_90: '90',
      PORT_ADMIN_UI: '90',
    },
  ],
  [
    'labels',
    {labels: {'tier.one': 'x', b: 'y'}},
    {},
    {
      MARATHON_APP_LABELS: 'TIER_ONE B',
      MARATHON_APP_LABEL_TIER_ONE: 'x',
      MARATHON_APP_LABEL_B: 'y',
    },
  ],
  [
    'what the app says wins, and secrets are not shown',
    {
      env: {HOST: 'mine', PASSWORD: {secret: 'pw'}, MARATHON_APP_ID: {secret: 'pw'}, N: '1'},
      secrets: {pw: {source: '/a/pw'}},
    },
    {},
    {HOST: 'mine', N: '1', MARATHON_APP_ID: undefined},
  ],
  [
    'the role of the group is enforced',
    {},
    {enforceGroupRole: true},
    {MARATHON_APP_ENFORCE_GROUP_ROLE: 'TRUE'},
  ],
  [
    'the role of the group is free',
    {},
    {enforceGroupRole: false},
    {MARATHON_APP_ENFORCE_GROUP_ROLE: 'FALSE'},
  ],
];

for (const [title, definition, settings, more] of ENVS) {
  test(`environment: ${title}`, (t) => {
    const expected: Json = JSON.parse(JSON.stringify({...BASE_ENV, ...more})) as Json;
    t.deepEqual<unknown, unknown>(detailsOf(definition, settings).env, expected);
  });
}

test('secrets are named apart from the environment', (t) => {
  const secrets = {pw: {source: '/a/pw'}};
  const details = detailsOf({env: {PASSWORD: {secret: 'pw'}}, secrets});
  t.deepEqual(details.secretEnv, {PASSWORD: 'pw'});
  t.deepEqual(details.secrets, secrets);
  t.is(detailsOf({env: {A: 'b'}}).secretEnv, undefined);
});

test('a container knows its task and its ports', (t) => {
  const {container} = detailsOf(BRIDGE);
  t.deepEqual(container?.docker?.parameters, [
    {key: 'user', value: 'me'},
    {key: 'label', value: 'MESOS_TASK_ID=a.instance-1._app.1'},
  ]);
  t.deepEqual(
    container?.portMappings?.map(({hostPort, containerPort}) => [hostPort, containerPort]),
    [
      [31000, 80],
      [undefined, 90],
    ],
  );
  t.deepEqual(container?.volumes, BRIDGE.container?.volumes);
  const any = {containerPort: 0, hostPort: 0, servicePort: 0, protocol: 'tcp', labels: {}} as const;
  const mesos = {type: 'MESOS', docker: IMAGE, volumes: [], portMappings: [any]} as const;
  const details = detailsOf({...BRIDGE, container: mesos});
  t.deepEqual(details.container?.docker?.parameters, []);
  t.is(details.container?.portMappings?.[0]?.containerPort, 31000);
});

test('an executor of its own needs more than the app', (t) => {
  const executorResources = {cpus: 0.5, mem: 32};
  t.deepEqual(specOf({executorResources}).needs.scalars, [1000, 128_000]);
  const {needs, quantities} = specOf({executorResources, executor: '/opt/run'});
  t.deepEqual(needs.scalars, [1500, 160_000]);
  t.deepEqual(quantities, {cpus: 1500, mem: 160_000});
});

// Properties.

const ascending = (ports: readonly (number | null)[]): readonly (number | null)[] =>
  ports.toSorted((left, right) => (left ?? 0) - (right ?? 0));

interface Part {
  readonly name: 'cpus' | 'mem' | 'ports';
  readonly role: string;
  readonly amount: number;
}

const parts = fc.array(
  fc.record({
    name: fc.constantFrom('cpus' as const, 'mem' as const, 'ports' as const),
    role: fc.constantFrom('*', 'web', 'db'),
    amount: fc.integer({min: 1, max: 6}),
  }),
  {maxLength: 8},
);

/** Ports lie apart, ten for each part. */
function offeredIn(list: readonly Part[]): Resources {
  return assemble(
    list.map(({name, role, amount}, at) =>
      entryOf(
        {name, reservations: role === '*' ? [] : [{type: 'STATIC', role}]},
        name === 'ports'
          ? {ranges: makeRanges([[10 * at + 10, 10 * at + 9 + amount]])}
          : {scalar: amount * 1000},
      ),
    ),
  );
}

/** What is taken: scalars by kind, ports, and the roles of both. */
function countsOf({scalars, ranges, special}: Resources): {
  readonly scalars: readonly number[];
  readonly ports: readonly number[];
  readonly roles: ReadonlySet<string>;
} {
  const sums = [0, 1].map((kind) => scalars[kind] ?? 0);
  const ports: number[] = [];
  const roles = new Set<string>();
  const addPorts = (flat: readonly number[]): void => {
    for (const [begin, end] of pairsOf(flat)) for (let n = begin; n <= end; n += 1) ports.push(n);
  };
  if (ranges.length > 0 || sums.some((fixed) => fixed > 0)) roles.add('*');
  for (const {ranges: flat} of ranges) addPorts(flat);
  for (const entry of special) {
    roles.add(entry.special.role ?? '*');
    addPorts(entry.ranges);
    if (entry.scalar > 0) sums[entry.special.kind] = (sums[entry.special.kind] ?? 0) + entry.scalar;
  }
  return {scalars: sums, ports, roles};
}

/**
 * An offer is used for one app until nothing fits, against sums over the list that it was made of.
 * Seeded mistakes that it finds: let `#takeAny` leave `#reserved` as it was (more is taken than was
 * offered), leave out its look at `roles` (foreign roles are used), or begin `portsFor` with the
 * plain ports whatever is accepted.
 */
test('what is taken was offered, in accepted roles, and nothing that fits is refused', (t) => {
  const wants = fc.record({
    cpus: fc.integer({min: 0, max: 4}),
    mem: fc.integer({min: 1, max: 4}),
    ports: fc.integer({min: 0, max: 3}),
    accepted: fc.subarray(['*', 'web', 'db'], {minLength: 1}),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(parts, wants, (list, {cpus, mem, ports, accepted, seed}) => {
      const definition = {
        cpus,
        mem,
        acceptedResourceRoles: accepted,
        portDefinitions: Array.from({length: ports}, () => ({port: 0, protocol: 'tcp'}) as const),
      };
      const spec = specOf(definition);
      const offered = offeredIn(list);
      const amountOf = (name: string): number =>
        list.reduce((sum, part) => {
          return part.name === name && accepted.includes(part.role) ? sum + part.amount : sum;
        }, 0);
      const isAny = list.some(({role}) => accepted.includes(role));
      const times = Math.min(
        isAny ? Infinity : 0,
        ...(
          [
            ['cpus', cpus],
            ['mem', mem],
            ['ports', ports],
          ] as const
        ).map(([name, wanted]) => (wanted === 0 ? Infinity : Math.floor(amountOf(name) / wanted))),
      );
      const terms = offerTerms(spec.app.definition, MARATHON_DEFAULTS);
      const left = new OfferLeft(offerOf(offered));
      const facts = {isInMaintenance: false, isRemote: false, hasOwnVolume: false};
      const claim = {spec, terms, placed: {placements: new Placements(), wanted: 1}};
      const random = makeRandom(seed, 'ports');
      const seen = new Set<number>();
      let rest = offered;
      for (let count = 0; ; count += 1) {
        const rules = {groupByRule: 'quota', random: () => random} as const;
        const {refusal, hostPorts} = judge(claim, left, facts, rules);
        strictEqual(refusal === 0, count < times, `${count} of ${times}`);
        if (refusal !== 0) return;
        const taken = left.take(spec.needs, portRanges(hostPorts), terms);
        ok(containsResources(rest, taken));
        rest = subtractResources(rest, taken);
        const counts = countsOf(taken);
        deepStrictEqual(counts.scalars, [cpus * 1000, mem * 1000]);
        deepStrictEqual(ascending(counts.ports), ascending(hostPorts));
        ok([...counts.roles].every((role) => accepted.includes(role)));
        for (const port of counts.ports) {
          ok(!seen.has(port));
          seen.add(port);
        }
        ok(equalResources(left.seen.resources, rest));
      }
    }),
  );
  t.pass();
});

/**
 * Every row of a funnel has got past the rows before, and nobody is lost. Seeded mistakes that it
 * finds: count the last reason of an offer instead of the first, or leave out what `#mark` takes
 * from the mark before.
 */
test('funnels are consistent: for the attempt, and for the last offer of each agent', (t) => {
  const seen = fc.array(fc.tuple(fc.nat(20), fc.nat(2 ** REASONS.length - 1)), {maxLength: 60});
  fc.assert(
    fc.property(seen, (list) => {
      const agents = new SeenAgents();
      const stats = new LaneStats(agents);
      const last = new Map<number, number>();
      const offer = offerOf(resourcesOf('cpus:1'));
      for (const [agent, refusal] of list) {
        const slot = agents.slotOf(agentIdOf(`a${agent}`));
        if (refusal === 0) stats.used(slot, 0);
        else stats.refused(slot, {offer, refusal, at: 0}, -1);
        last.set(agent, refusal);
      }
      const expected = (refusals: readonly number[]): unknown => {
        let left = refusals;
        return REASONS.flatMap((reason, at) => {
          const processed = left.length;
          left = left.filter((refusal) => (refusal & (1 << at)) === 0);
          const declined = processed - left.length;
          return at < 10 || declined > 0 ? [{reason, declined, processed}] : [];
        });
      };
      deepStrictEqual(
        funnelOf(stats.declined, stats.processed),
        expected(list.map(([, refusal]) => refusal)),
      );
      deepStrictEqual(funnelOf(stats.declinedLast, stats.agents), expected([...last.values()]));
    }),
  );
  t.pass();
});
