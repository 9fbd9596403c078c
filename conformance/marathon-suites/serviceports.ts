/** Suite `serviceports`: assignment of service ports when the root definition changes. */
import {z} from 'zod';
import {
  assignServicePorts,
  servicePortsOf,
  withServicePorts,
  type AppDefinition,
} from '../../engine/index.ts';
import {anyFields, makeAdapter, nothing} from './adapter.ts';
import {exact, subset, type Mismatch} from './compare.ts';

const app = z.strictObject({
  servicePorts: z.array(z.int()).optional(),
  networks: z.array(z.string()).optional(),
  portMappings: z.array(anyFields).optional(),
});
type AppPorts = z.output<typeof app>;
const apps = z.record(z.string(), app);

interface AssignedPorts {
  readonly error?: {
    readonly kind: string;
    readonly status: number;
    readonly range: readonly number[];
  };
  readonly servicePorts: Readonly<Record<string, readonly number[]>>;
  readonly portMappings: Readonly<Record<string, unknown>>;
}

const given = z.strictObject({range: z.tuple([z.int(), z.int()]), from: apps, to: apps});

const expected = z.strictObject({
  servicePorts: z.record(z.string(), z.array(z.int())).optional(),
  portMappings: z.record(z.string(), z.array(anyFields)).optional(),
  error: z
    .strictObject({
      kind: z.string(),
      status: z.int(),
      range: z.tuple([z.int(), z.int()]),
    })
    .optional(),
  noZero: z.literal(true).optional(),
  fixedKept: z.literal(true).optional(),
  distinct: z.literal(true).optional(),
  inRange: z.literal(true).optional(),
  /** The numbers that may be used. */
  assignedFrom: z.array(z.int()).optional(),
});

/** What the HTTP face answers when there is no number left. */
const EXHAUSTED = {kind: 'PortRangeExhausted', status: 500};

export const serviceports = makeAdapter({
  given,
  when: nothing,
  expected,
  run: ({given: {range, from, to}}): AssignedPorts => {
    const [first, last] = range;
    const taken = new Set(
      [from, to].flatMap((root) => Object.values(root).flatMap((one) => portsOf(one))),
    );
    const servicePorts: Record<string, readonly number[]> = {};
    const portMappings: Record<string, unknown> = {};
    for (const [id, wanted] of Object.entries(to)) {
      const old = from[id];
      const numbers = assignServicePorts(
        portsOf(wanted),
        old === undefined ? [] : portsOf(old),
        (port) => taken.has(port),
        {first, last},
      );
      if (numbers === undefined) {
        return {error: {...EXHAUSTED, range}, servicePorts: {}, portMappings: {}};
      }
      for (const port of numbers) taken.add(port);
      const assigned = withServicePorts(definitionOf(wanted), numbers);
      servicePorts[id] = servicePortsOf(assigned);
      portMappings[id] = assigned.container?.portMappings;
    }
    return {servicePorts, portMappings};
  },
  judge: (expected, result, {given: {range, to}}) => {
    const {noZero, fixedKept, distinct, inRange, assignedFrom, error, ...equal} = expected;
    if (error !== undefined) return subset(error, result.error, 'error');
    const all = Object.values(result.servicePorts).flat();
    const [first, last] = range;
    const fresh = Object.entries(to).flatMap(([id, wanted]) =>
      (result.servicePorts[id] ?? []).filter((_, at) => portsOf(wanted)[at] === 0),
    );
    return [
      ...subset(null, result.error, 'error'),
      ...subset(equal, result),
      ...violating(noZero, 'noZero', all, (port) => port !== 0),
      ...(fixedKept === undefined ? [] : moved(to, result)),
      ...(distinct === undefined ? [] : exact(all.length, new Set(all).size, 'distinct')),
      ...violating(inRange, 'inRange', fresh, (port) => port >= first && port <= last),
      ...violating(
        assignedFrom,
        'assignedFrom',
        fresh,
        (port) => assignedFrom?.includes(port) === true,
      ),
    ];
  },
});

function violating(
  rule: unknown,
  path: string,
  numbers: readonly number[],
  isRight: (port: number) => boolean,
): readonly Mismatch[] {
  const wrong = numbers.filter((port) => !isRight(port));
  return rule === undefined || wrong.length === 0 ? [] : [{path, expected: rule, actual: wrong}];
}

/** Fixed numbers that did not stay. */
function moved(
  to: Readonly<Record<string, AppPorts>>,
  {servicePorts}: AssignedPorts,
): readonly Mismatch[] {
  return Object.entries(to).flatMap(([id, wanted]) =>
    portsOf(wanted).flatMap((port, at) =>
      port === 0 ? [] : exact(port, servicePorts[id]?.[at], `servicePorts.${id}.${at}`),
    ),
  );
}

function portsOf(one: AppPorts): readonly number[] {
  return servicePortsOf(definitionOf(one));
}

/** As much of an app as this is about. */
function definitionOf({servicePorts, portMappings}: AppPorts): AppDefinition {
  const container = {type: 'MESOS', volumes: [], portMappings};
  return {
    ...(portMappings !== undefined && {container}),
    ...(servicePorts !== undefined && {
      portDefinitions: servicePorts.map((port) => ({port, protocol: 'tcp'})),
    }),
  } as unknown as AppDefinition;
}
