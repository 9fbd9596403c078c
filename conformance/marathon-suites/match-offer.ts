/** One app and one offer, in the words of the suite `matching`, before the engine's judge. */
import {
  agentIdOf,
  frameworkIdOf,
  judgeOffer,
  makeRandom,
  makeRunSpec,
  MARATHON_DEFAULTS,
  MARATHON_REASONS,
  offerFacts,
  offerIdOf,
  OfferLeft,
  offerTerms,
  parseAmounts,
  pickDisks,
  portRanges,
  Placements,
  fieldOf,
  readResource,
  reasonNames,
  REASONS,
  ScalarKinds,
  type AgentInfo,
  type App,
  type MarathonOptions,
  type Offer,
  type Resources,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {requiredApp} from './definitions.ts';

type Pair = readonly [begin: number, end: number];

interface GivenResource {
  readonly name: string;
  readonly scalar?: number | undefined;
  readonly ranges?: readonly Pair[] | undefined;
  readonly role: string;
  readonly reservation?:
    | {readonly principal?: string | undefined; readonly labels: Readonly<Record<string, string>>}
    | undefined;
}

interface GivenDisk {
  readonly type: 'root' | 'path' | 'mount' | 'raw';
  readonly path?: string | undefined;
  readonly size: number;
}

interface GivenOffer {
  readonly host: string;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  readonly ports: readonly Pair[];
  readonly role: string;
  readonly resources?: readonly GivenResource[] | undefined;
  readonly disks: readonly GivenDisk[];
  readonly unavailability?:
    | {readonly start: number; readonly duration?: number | undefined}
    | undefined;
  readonly waitingVolume: boolean;
}

export interface MatchGiven {
  readonly app: {
    readonly cpus: number;
    readonly mem: number;
    readonly disk: number;
    readonly gpus: number;
    readonly ports: number;
    readonly instances: number;
    readonly constraints: readonly (readonly string[])[];
    readonly labels: Readonly<Record<string, string>>;
    readonly lastConfigChangeAt: number;
    readonly resident: boolean;
    readonly volumes: readonly {
      readonly type: 'root' | 'path' | 'mount';
      readonly size: number;
      readonly maxSize?: number | undefined;
    }[];
  };
  readonly offer: GivenOffer;
  readonly acceptedRoles: readonly string[];
  readonly config: {
    readonly gpuBehaviour: 'restricted' | 'unrestricted';
    readonly maintenanceMode: boolean;
    readonly drainingSeconds: number;
    readonly localRegion: string | null;
  };
  readonly placed: readonly {
    readonly host: string;
    readonly region?: string | undefined;
    readonly zone?: string | undefined;
    readonly runSpecVersion: number;
  }[];
  readonly now: number;
}

export interface MatchResult {
  readonly match: boolean;
  readonly reasons: readonly string[];
  readonly first: string | null;
  readonly consumed: Readonly<Record<string, number>>;
  readonly consumedDisk: readonly {readonly path: string | null; readonly size: number}[];
}

const NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
const INSUFFICIENT_DISK = 'InsufficientDisk';

export function matchOffer(given: MatchGiven, seed: number): MatchResult {
  const kinds = new ScalarKinds();
  const options = optionsOf(given);
  const app = appOf(given);
  const spec = makeRunSpec(app, kinds);
  const terms = offerTerms(app.definition, options);
  const offer = offerOf(given, kinds);
  const placements = new Placements();
  for (const {runSpecVersion, ...place} of given.placed) {
    const values = spec.countedFields.map((field) => fieldOf(agentOf(place), field));
    placements.add(runSpecVersion, spec.countedFields, values);
  }
  const claim = {spec, terms, placed: {placements, wanted: given.app.instances}};
  const left = new OfferLeft(offer);
  const facts = offerFacts(offer, options, given.now);
  const {refusal, hostPorts} = judgeOffer(
    claim,
    left,
    {...facts, hasOwnVolume: facts.hasOwnVolume || given.offer.waitingVolume},
    {groupByRule: options.groupByRule, random: () => makeRandom(seed, 'match')},
  );
  const disks = pickDisks(
    given.app.volumes.map((volume) => ({...volume})),
    offer.resources,
  );
  const own: readonly string[] = reasonNames(refusal);
  const all = disks === undefined ? [...new Set([...own, INSUFFICIENT_DISK])] : own;
  const order: readonly string[] = REASONS;
  // Where Marathon gives no reason there is one of ours, which the suite leaves free.
  const known = order.slice(0, MARATHON_REASONS).filter((reason) => all.includes(reason));
  const isMatch = all.length === 0;
  if (isMatch) left.take(spec.needs, portRanges(hostPorts), terms);
  return {
    match: isMatch,
    reasons: known,
    first: known[0] ?? null,
    consumed: isMatch ? Object.fromEntries(NAMES.map((name) => [name, given.app[name]])) : {},
    consumedDisk: (isMatch ? (disks ?? []) : []).map(({path, amount}) => ({
      path: path ?? null,
      size: amount / 1000,
    })),
  };
}

function optionsOf({config}: MatchGiven): MarathonOptions {
  return {
    ...MARATHON_DEFAULTS,
    gpuScheduling: config.gpuBehaviour,
    maintenanceMode: config.maintenanceMode,
    drainingSeconds: config.drainingSeconds,
    localRegion: config.localRegion ?? undefined,
  };
}

function appOf({app, acceptedRoles}: MatchGiven): App {
  const {ports, resident: _resident, volumes: _volumes, lastConfigChangeAt, ...fields} = app;
  const stored = requiredApp('/a', {
    ...fields,
    portDefinitions: Array.from({length: ports}, () => ({port: 0})),
  });
  const definition = {...stored.definition, acceptedResourceRoles: acceptedRoles};
  return {...stored, definition, lastConfigChangeAt};
}

function agentOf({host, region, zone}: Pick<GivenOffer, 'host' | 'region' | 'zone'>): AgentInfo {
  return {id: agentIdOf(host), hostname: host, attributes: {}, region, zone};
}

function offerOf({offer}: MatchGiven, kinds: ScalarKinds): Offer {
  const {unavailability} = offer;
  return {
    id: offerIdOf(1),
    frameworkId: frameworkIdOf('marathon'),
    role: '*',
    agent: agentOf(offer),
    resources: resourcesOf(offer, kinds),
    ...(unavailability !== undefined && {
      unavailability: {startMs: unavailability.start, durationMs: unavailability.duration},
    }),
  };
}

function resourcesOf(offer: GivenOffer, kinds: ScalarKinds): Resources {
  const {resources, disks, role, ports} = offer;
  const ranges = ports.map(([begin, end]) => `${begin}-${end}`).join(',');
  const plain = [
    ...NAMES.filter((name) => offer[name] > 0).map((name) => `${name}:${offer[name]}`),
    ...(ranges === '' ? [] : [`ports:[${ranges}]`]),
  ];
  const parsed = parseAmounts(resources === undefined ? plain.join(';') : '', role);
  if (!parsed.ok) throw new UnknownInCase(`offer: ${parsed.message}`);
  const {amounts} = parsed;
  const wires = [...(resources ?? []).map(wireOf), ...disks.map(wireOfDisk)];
  const special = wires.map((wire) => {
    const read = readResource(wire);
    if (!read.ok) throw new UnknownInCase(`offer: ${read.message}`);
    return read.resource;
  });
  return kinds.compile({...amounts, special: [...(amounts.special ?? []), ...special]});
}

function wireOf({name, scalar, ranges, role, reservation}: GivenResource): unknown {
  const labels = Object.entries(reservation?.labels ?? {}).map(([key, value]) => ({key, value}));
  return {
    name,
    ...(scalar === undefined
      ? {type: 'RANGES', ranges: {range: (ranges ?? []).map(([begin, end]) => ({begin, end}))}}
      : {type: 'SCALAR', scalar: {value: scalar}}),
    ...(reservation !== undefined && {
      reservations: [
        {
          type: 'DYNAMIC',
          role,
          ...(reservation.principal !== undefined && {principal: reservation.principal}),
          ...(labels.length > 0 && {labels: {labels}}),
        },
      ],
    }),
    ...(reservation === undefined && role !== '*' && {reservations: [{type: 'STATIC', role}]}),
  };
}

function wireOfDisk({type, path, size}: GivenDisk): unknown {
  const root = path === undefined ? {} : {root: path};
  const source =
    type === 'path'
      ? {type: 'PATH', path: root}
      : type === 'mount'
        ? {type: 'MOUNT', mount: root}
        : {type: 'RAW'};
  const resource = {name: 'disk', type: 'SCALAR', scalar: {value: size}};
  return type === 'root' ? resource : {...resource, disk: {source}};
}
