/** Suite `ports`: host ports taken from an offer. */
import {z} from 'zod';
import {
  makeRandom,
  makeRanges,
  pairsOf,
  pickPorts,
  portRanges,
  wantedPorts,
  type AppDefinition,
  type WantedPort,
} from '../../engine/index.ts';
import {makeAdapter} from './adapter.ts';
import {exact, oneOf, subset, type Mismatch} from './compare.ts';

type Pair = readonly [begin: number, end: number];
type Mappings = NonNullable<AppDefinition['container']>['portMappings'];

interface PortsResult {
  readonly match: boolean;
  readonly ports?: readonly WantedPort[] | undefined;
  readonly roles?: readonly (string | null)[] | undefined;
  readonly resources?: readonly {role: string; ranges: readonly Pair[]}[] | undefined;
  /** What other draws give: the repetitions of a case, or its seeds. */
  readonly others: readonly (readonly WantedPort[] | null)[];
}

const given = z.strictObject({
  app: z.strictObject({
    portDefinitions: z.array(z.strictObject({port: z.int()})).optional(),
    portMappings: z
      .array(z.strictObject({containerPort: z.int(), hostPort: z.int().optional()}))
      .optional(),
    requirePorts: z.boolean().optional(),
    seed: z.int().optional(),
  }),
  offerPorts: z.array(z.strictObject({role: z.string(), begin: z.int(), end: z.int()})),
  acceptedRoles: z.array(z.string()),
  requirePorts: z.boolean(),
  seed: z.int().optional(),
  /** A template for `offerPorts`, all of which name their role. */
  range: z.strictObject({role: z.string()}),
});

const pair = z.tuple([z.int(), z.int()]);

const expected = z.strictObject({
  match: z.boolean(),
  ports: z.array(z.int().nullable()).optional(),
  portsOneOf: z.array(z.array(z.int().nullable())).optional(),
  count: z.int().optional(),
  distinct: z.literal(true).optional(),
  inRanges: z.array(pair).optional(),
  roles: z.array(z.string()).optional(),
  resources: z.array(z.strictObject({role: z.string(), ranges: z.array(pair)})).optional(),
  allEqual: z.literal(true).optional(),
  atLeastDistinct: z.int().optional(),
});

/** Of a case that says nothing else. */
const seedOf = (value: z.output<typeof given>, seed: number): number =>
  value.app.seed ?? value.seed ?? seed;

export const ports = makeAdapter({
  given,
  when: z.strictObject({repeat: z.int().optional(), seeds: z.int().optional()}).optional(),
  expected,
  run: ({given: value, when}, seed): PortsResult => {
    const first = seedOf(value, seed);
    const picked = draw(value, first);
    const others = [
      ...Array.from({length: when?.repeat ?? 0}, () => draw(value, first) ?? null),
      ...Array.from({length: when?.seeds ?? 0}, (_, at) => draw(value, first + at) ?? null),
    ];
    if (picked === undefined) return {match: false, others};
    const accepted = value.offerPorts.filter(({role}) => value.acceptedRoles.includes(role));
    const roles = picked.map(
      (port) =>
        accepted.find(({begin, end}) => port !== null && port >= begin && port <= end)?.role ??
        null,
    );
    const resources = [...new Set(roles)]
      .filter((role) => role !== null)
      .map((role) => {
        const own = picked.filter((_, at) => roles[at] === role);
        return {role, ranges: pairsOf(portRanges(own))};
      });
    return {match: true, ports: picked, roles, resources, others};
  },
  judge: (expected, result) => {
    const {portsOneOf, count, distinct, inRanges, allEqual, atLeastDistinct, ...equal} = expected;
    const found = result.ports ?? [];
    const draws = new Set([found, ...result.others].map((one) => JSON.stringify(one))).size;
    const out = inRanges === undefined ? [] : found.filter((port) => !isIn(inRanges, port));
    return [
      ...subset(equal, result),
      ...(portsOneOf === undefined ? [] : oneOf(portsOneOf, result.ports, 'ports')),
      ...(count === undefined ? [] : exact(count, found.length, 'count')),
      ...(distinct === undefined ? [] : exact(found.length, new Set(found).size, 'distinct')),
      ...(out.length === 0 ? [] : [{path: 'inRanges', expected: inRanges, actual: out}]),
      ...(allEqual === undefined ? [] : exact(1, draws, 'allEqual')),
      ...tooFew(atLeastDistinct, draws),
    ];
  },
});

function draw(value: z.output<typeof given>, seed: number): readonly WantedPort[] | undefined {
  const {app} = value;
  const wanted = wantedPorts({
    networks: [{mode: app.portMappings === undefined ? 'host' : 'container'}],
    requirePorts: app.requirePorts ?? value.requirePorts,
    portDefinitions: app.portDefinitions as AppDefinition['portDefinitions'],
    container: {type: 'MESOS', volumes: [], portMappings: app.portMappings as Mappings},
  });
  const accepted = value.offerPorts.filter(({role}) => value.acceptedRoles.includes(role));
  const offered = makeRanges(accepted.map(({begin, end}) => [begin, end] as const));
  return pickPorts(wanted, offered, () => makeRandom(seed, 'ports'));
}

function isIn(ranges: readonly Pair[], port: WantedPort): boolean {
  return port !== null && ranges.some(([begin, end]) => port >= begin && port <= end);
}

function tooFew(least: number | undefined, draws: number): readonly Mismatch[] {
  if (least === undefined || draws >= least) return [];
  return [{path: 'atLeastDistinct', expected: least, actual: draws}];
}
