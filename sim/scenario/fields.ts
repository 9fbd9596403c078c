/**
 * The kinds of values that fields of a scenario file hold; each says in its error what it expected.
 */
import {z} from 'zod';
import {parseInstant, validRole} from '../../engine/index.ts';
import type {Distribution} from '../random/distributions.ts';
import {
  readAgentResources,
  readLimits,
  readQuantities,
  readResources,
  type Read,
} from './amounts.ts';
import {DURATION_PATTERN, parseDuration} from './durations.ts';
import type {AgentSelection} from './schema.ts';

/** How a value looks in a message: texts quoted, long ones cut, lists and maps by their kind. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Marks what is said of a single value, which a map or a list cannot be. */
export const LEAF = {isLeaf: true} as const;

/** One value turned into another by `parse`, which answers with what it expected when it cannot. */
function parsed<T>(
  expected: string,
  jsonSchema: Readonly<Record<string, unknown>>,
  parse: (value: unknown) => T | undefined,
) {
  return z
    .unknown()
    .transform((value, context): T => {
      const result = parse(value);
      if (result !== undefined) return result;
      const message =
        value === undefined
          ? `missing: expected ${expected}`
          : `expected ${expected}, found ${foundText(value)}`;
      context.addIssue({code: 'custom', message, params: LEAF});
      return z.NEVER;
    })
    .meta(jsonSchema);
}

const DURATION_EXPECTED = 'a duration such as 250ms, 5s, 1h30m or 31d';

function durationOf(value: unknown): number | undefined {
  if (value === 0) return 0;
  return typeof value === 'string' ? parseDuration(value) : undefined;
}

const DURATION_JSON_SCHEMA = {
  id: 'duration',
  anyOf: [{type: 'string', pattern: DURATION_PATTERN}, {const: 0}],
};

/** Text such as `1h30m`, or a bare 0; becomes virtual milliseconds. */
export const duration = parsed(DURATION_EXPECTED, DURATION_JSON_SCHEMA, durationOf);

const INSTANT_EXPECTED = 'an instant such as 2026-03-29T01:00:00Z';

/** Text such as `2026-03-29T01:00:00Z`; becomes ms since 1970. */
export const instant = parsed(
  INSTANT_EXPECTED,
  {id: 'instant', type: 'string', format: 'date-time'},
  (value) => (typeof value === 'string' ? parseInstant(value) : undefined),
);

/**
 * A time of the run: a duration from its start, or an instant that is none before it. Instants
 * have become durations by then (see `moments.ts`), but for those that are before the start.
 */
const MOMENT_EXPECTED = `${DURATION_EXPECTED}, or an instant from the start on`;

const MOMENT_JSON_SCHEMA = [...DURATION_JSON_SCHEMA.anyOf, {type: 'string', format: 'date-time'}];

export const moment = parsed(
  MOMENT_EXPECTED,
  {id: 'moment', anyOf: MOMENT_JSON_SCHEMA},
  durationOf,
);

/** A time of the run or one of some words, which stay as they are. */
export const momentOr = <Word extends string>(...words: readonly Word[]) =>
  parsed(
    `${words.join(', ')} or ${MOMENT_EXPECTED}`,
    {anyOf: [{enum: [...words]}, ...MOMENT_JSON_SCHEMA]},
    (value): Word | number | undefined => words.find((word) => word === value) ?? durationOf(value),
  );

/** A duration above 0, for what is repeated. */
export const period = parsed(
  `${DURATION_EXPECTED} above 0`,
  {id: 'period', type: 'string', pattern: DURATION_PATTERN},
  (value) => {
    const ms = durationOf(value);
    return ms === 0 ? undefined : ms;
  },
);

/** Whole seconds above 0; become seconds. */
export const seconds = parsed(
  'whole seconds above 0, such as 90s or 10m',
  {id: 'seconds', type: 'string', pattern: DURATION_PATTERN},
  (value) => {
    const ms = durationOf(value);
    return ms === undefined || ms === 0 || ms % 1000 !== 0 ? undefined : ms / 1000;
  },
);

/** A duration or one of some words, which stay as they are. */
export const durationOr = <Word extends string>(...words: readonly Word[]) =>
  parsed(
    `${words.join(', ')} or ${DURATION_EXPECTED}`,
    {anyOf: [{enum: [...words]}, ...DURATION_JSON_SCHEMA.anyOf]},
    (value): Word | number | undefined => words.find((word) => word === value) ?? durationOf(value),
  );

/** A text that `read` takes or refuses; what it says goes behind what was expected. */
function readText<T>(
  expected: string,
  jsonSchema: Readonly<Record<string, unknown>>,
  read: (text: string) => Read<T>,
) {
  return z
    .unknown()
    .transform((value, context): T => {
      const result = typeof value === 'string' ? read(value) : undefined;
      if (result?.ok === true) return result.value;
      const found = value === undefined ? '' : `, found ${foundText(value)}`;
      const start = value === undefined ? 'missing: ' : '';
      const why = result === undefined ? '' : `: ${result.message}`;
      context.addIssue({code: 'custom', message: `${start}expected ${expected}${found}${why}`});
      return z.NEVER;
    })
    .meta({type: 'string', ...jsonSchema});
}

const RESOURCES_EXPECTED = 'resources such as cpus:4;mem:1024;ports:[31000-32000]';

/** `cpus:4;mem:1024;ports:[31000-32000]`, at least one resource. */
export const resources = readText(
  RESOURCES_EXPECTED,
  {id: 'resources', examples: ['cpus:4;mem:1024', 'gpus:1;ports:[31000-32000]']},
  readResources,
);

/** The same, of which some may be reserved to roles: `cpus:4;cpus(db):8`. */
export const agentResources = readText(
  RESOURCES_EXPECTED,
  {id: 'agentResources', examples: ['cpus:4;mem:1024', 'cpus:4;cpus(db):8;ports:[31000-32000]']},
  readAgentResources,
);

const QUANTITIES_EXPECTED = 'amounts such as cpus:40;mem:65536';

/** `cpus:40;mem:65536`: numbers alone, neither ranges nor sets. */
export const quantities = readText(
  QUANTITIES_EXPECTED,
  {id: 'quantities', examples: ['cpus:40;mem:65536']},
  readQuantities,
);

/** The same, where 0 allows nothing, and what is not named is unlimited. */
export const limits = readText(
  QUANTITIES_EXPECTED,
  {id: 'limits', examples: ['cpus:60;mem:98304;gpus:0']},
  readLimits,
);

/** Whole number from `min`. */
export const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  z.int().min(min).max(max);

/** Number from 0 to 1. */
export const ratio = () => z.number().min(0).max(1);

/** What becomes part of a hostname or a metric's name. */
export const identifier = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, {
  error: (issue) =>
    `expected a name of letters, digits, ".", "_" and "-", found ${foundText(issue.input)}`,
});

/** A path like `eng/web`, or `*`. */
export const roleName = z.string().refine(validRole, {
  error: (issue) =>
    `expected the name of a role, such as eng or eng/web, found ${foundText(issue.input)}`,
});

/**
 * A strict map of fields: others are errors, with the nearest known name (one line of message
 * each).
 */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownFieldText(key, known)).join('\n')
        : undefined,
  });
}

export function unknownFieldText(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near !== undefined) return `unknown field; did you mean "${near}"?`;
  return `unknown field; known here: ${known.join(', ')}`;
}

/** The name with the fewest edits, when they are few enough to be a slip. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance, one row at a time; names are short. */
function editDistance(left: string, right: string): number {
  let row = Array.from({length: right.length + 1}, (_, index) => index);
  for (let at = 1; at <= left.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= right.length; to += 1) {
      const replaced = (row[to - 1] ?? 0) + (left[at - 1] === right[to - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Says no unless exactly one of the fields is there. */
export function exactlyOne(names: readonly string[]) {
  return (value: object, context: z.RefinementCtx): void => {
    const given = names.filter((name) => Object.hasOwn(value, name));
    if (given.length === 1) return;
    const found = given.length === 0 ? 'none' : given.join(' and ');
    context.addIssue({
      code: 'custom',
      message: `expected exactly one of ${names.join(', ')}, found ${found}`,
    });
  };
}

/** The number that a distribution of times or of counts is made of. */
const amountOf = {
  duration: () => duration,
  number: () => z.number().min(0),
} as const;

const positive = () => z.number().gt(0);

/**
 * A distribution of durations (`{exponential: {mean: 10s}}`) or of numbers; a bare value is
 * constant. The resolved one is in milliseconds or plain numbers.
 */
function makeDistribution(of: 'duration' | 'number') {
  const amount = of === 'duration' ? amountOf.duration : amountOf.number;
  const shape = {
    constant: amount().optional(),
    uniform: fields({min: amount(), max: amount()}).optional(),
    exponential: fields({mean: amount()}).optional(),
    normal: fields({mean: amount(), deviation: amount()}).optional(),
    lognormal: fields({
      median: amount().optional(),
      mean: amount().optional(),
      sigma: z.number().min(0),
    })
      .superRefine(exactlyOne(['median', 'mean']))
      .optional(),
    pareto: fields({min: amount(), shape: positive(), max: amount().optional()}).optional(),
    weibull: fields({scale: amount(), shape: positive()}).optional(),
    gamma: fields({mean: amount(), shape: positive()}).optional(),
    choice: fields({
      values: z.array(amount()).min(1),
      weights: z.array(positive()).optional(),
    }).optional(),
    quantiles: z
      .array(z.tuple([ratio(), amount()]))
      .min(1)
      .optional(),
    ...(of === 'number' && {
      poisson: fields({mean: z.number().min(0)}).optional(),
      geometric: fields({probability: positive().max(1)}).optional(),
    }),
  };
  const named = fields(shape)
    .superRefine(exactlyOne(Object.keys(shape)))
    .meta({minProperties: 1, maxProperties: 1})
    .transform((value, context): Distribution => {
      const result = toDistribution(value as NamedDistribution);
      if (typeof result !== 'string') return result;
      context.addIssue({code: 'custom', message: result});
      return z.NEVER;
    });
  const bare = amount().transform((value): Distribution => ({kind: 'constant', value}));
  return z.union([named, bare]).meta({id: `${of}Distribution`});
}

/** A distribution of times: resolved, its draws are milliseconds. */
export const durationDistribution = makeDistribution('duration');
export const numberDistribution = makeDistribution('number');

/** A distribution of times, or never. */
export const durationDistributionOrNever = z.union([z.literal('never'), durationDistribution], {
  error: (issue) =>
    `expected never, ${DURATION_EXPECTED}, or a distribution, found ${foundText(issue.input)}`,
});

interface NamedDistribution {
  readonly constant?: number;
  readonly uniform?: {readonly min: number; readonly max: number};
  readonly exponential?: {readonly mean: number};
  readonly normal?: {readonly mean: number; readonly deviation: number};
  readonly lognormal?: {readonly median?: number; readonly mean?: number; readonly sigma: number};
  readonly pareto?: {readonly min: number; readonly shape: number; readonly max?: number};
  readonly weibull?: {readonly scale: number; readonly shape: number};
  readonly gamma?: {readonly mean: number; readonly shape: number};
  readonly poisson?: {readonly mean: number};
  readonly geometric?: {readonly probability: number};
  readonly choice?: {readonly values: readonly number[]; readonly weights?: readonly number[]};
  readonly quantiles?: readonly (readonly [number, number])[];
}

/** The resolved distribution, or what its parameters contradict. */
function toDistribution(named: NamedDistribution): Distribution | string {
  const {uniform, lognormal, pareto, choice, quantiles} = named;
  if (named.constant !== undefined) return {kind: 'constant', value: named.constant};
  if (uniform !== undefined) {
    if (uniform.min > uniform.max) return 'expected uniform.min to be at most uniform.max';
    return {kind: 'uniform', ...uniform};
  }
  if (named.exponential !== undefined) return {kind: 'exponential', ...named.exponential};
  if (named.normal !== undefined) return {kind: 'normal', ...named.normal};
  if (lognormal !== undefined) {
    const {sigma, mean = 0} = lognormal;
    return {kind: 'lognormal', median: lognormal.median ?? mean / Math.exp(sigma ** 2 / 2), sigma};
  }
  if (pareto !== undefined) {
    if (pareto.min <= 0) return 'expected pareto.min to be above 0';
    if (pareto.max !== undefined && pareto.max < pareto.min) {
      return 'expected pareto.min to be at most pareto.max';
    }
    return {kind: 'pareto', ...pareto};
  }
  if (named.weibull !== undefined) return {kind: 'weibull', ...named.weibull};
  if (named.gamma !== undefined) return {kind: 'gamma', ...named.gamma};
  if (named.poisson !== undefined) return {kind: 'poisson', ...named.poisson};
  if (named.geometric !== undefined) return {kind: 'geometric', ...named.geometric};
  if (choice !== undefined) return toChoice(choice.values, choice.weights);
  return toQuantiles(quantiles ?? []);
}

function toChoice(
  values: readonly number[],
  weights: readonly number[] = values.map(() => 1),
): Distribution | string {
  if (weights.length === values.length) return {kind: 'choice', values, weights};
  const expected = `as many choice.weights as choice.values (${values.length})`;
  return `expected ${expected}, found ${weights.length}`;
}

function toQuantiles(points: readonly (readonly [number, number])[]): Distribution | string {
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && (before[0] > point[0] || before[1] > point[1])) {
      return 'expected the points of quantiles to rise';
    }
  }
  return {kind: 'quantiles', points};
}

/** `all`, or filters and a number; see {@link AgentSelection}. */
export const selection = z
  .union(
    [
      z.literal('all').transform((): AgentSelection => ({})),
      fields({
        names: z.array(z.string().min(1)).min(1).optional(),
        group: z.string().min(1).optional(),
        zone: z.string().min(1).optional(),
        rack: z.string().min(1).optional(),
        count: whole(1).optional(),
        fraction: ratio().optional(),
      })
        .superRefine((value, context) => {
          if (value.count !== undefined && value.fraction !== undefined) {
            context.addIssue({
              code: 'custom',
              message: 'expected at most one of count, fraction, found both',
            });
          }
          if (Object.keys(value).length === 0) {
            context.addIssue({
              code: 'custom',
              message:
                'expected "all" or at least one of names, group, zone, rack, count, fraction',
            });
          }
        })
        // Zod leaves absent fields absent, which its types cannot say.
        .transform((value) => value as AgentSelection),
    ],
    {error: 'expected all or a map of fields'},
  )
  .meta({id: 'agents'});

/** A list of hostnames, which may be empty, or a selection. */
export const hostnames = z
  .union([z.array(z.string().min(1)), selection], {
    error: 'expected all, a list of hostnames or a map of fields',
  })
  .meta({id: 'hostnames'});
