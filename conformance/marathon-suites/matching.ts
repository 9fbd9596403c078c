/** Suite `matching`: one app and one offer, with all reasons against it; and the funnel. */
import {z} from 'zod';
import {anyFields, makeAdapter, nothing} from './adapter.ts';
import {exact, includes, sameSet, subset, type Mismatch} from './compare.ts';
import {matchOffer, type MatchGiven, type MatchResult} from './match-offer.ts';
import {playFunnel, type FunnelResult} from './match-funnel.ts';

const pair = z.tuple([z.int(), z.int()]);
const source = z.enum(['root', 'path', 'mount', 'raw']);

const app = z.strictObject({
  cpus: z.number(),
  mem: z.number(),
  disk: z.number(),
  gpus: z.number(),
  /** How many. */
  ports: z.int(),
  instances: z.int().default(1),
  constraints: z.array(z.array(z.string())).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  lastConfigChangeAt: z.int().default(0),
  resident: z.boolean().default(false),
  volumes: z
    .array(
      z.strictObject({
        type: z.enum(['root', 'path', 'mount']),
        size: z.number(),
        maxSize: z.number().optional(),
      }),
    )
    .default([]),
});

const reservation = z.strictObject({
  principal: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});

const offer = z.strictObject({
  host: z.string(),
  region: z.string().optional(),
  zone: z.string().optional(),
  cpus: z.number(),
  mem: z.number(),
  disk: z.number(),
  gpus: z.number(),
  ports: z.array(pair),
  role: z.string(),
  /** In place of the short form. */
  resources: z
    .array(
      z.strictObject({
        name: z.string(),
        scalar: z.number().optional(),
        ranges: z.array(pair).optional(),
        role: z.string().default('*'),
        reservation: reservation.optional(),
      }),
    )
    .optional(),
  disks: z
    .array(z.strictObject({type: source, path: z.string().optional(), size: z.number()}))
    .default([]),
  unavailability: z.strictObject({start: z.int(), duration: z.int().optional()}).optional(),
  /** It holds a volume that the app waits for. */
  waitingVolume: z.boolean().default(false),
});

const given = z.strictObject({
  app,
  offer,
  acceptedRoles: z.array(z.string()),
  config: z.strictObject({
    gpuBehaviour: z.enum(['restricted', 'unrestricted']),
    maintenanceMode: z.boolean(),
    drainingSeconds: z.number(),
    localRegion: z.string().nullable(),
  }),
  placed: z
    .array(
      z.strictObject({
        host: z.string(),
        region: z.string().optional(),
        zone: z.string().optional(),
        runSpecVersion: z.int(),
      }),
    )
    .default([]),
  now: z.int(),
  offersSeen: z.array(z.strictObject({agent: z.string(), reasons: z.array(z.string())})).optional(),
});

const row = z.strictObject({reason: z.string(), declined: z.int(), processed: z.int()});

const expected = z.strictObject({
  match: z.boolean().optional(),
  reasons: z.array(z.string()).optional(),
  first: z.string().nullable().optional(),
  reasonsInclude: z.array(z.string()).default([]),
  consumed: anyFields.optional(),
  consumedDisk: z.array(z.strictObject({path: z.string(), size: z.number()})).optional(),
  processedOffersCount: z.int().optional(),
  unusedOffersCount: z.int().optional(),
  rejectSummaryLaunchAttempt: z.array(row).optional(),
});

interface Result {
  readonly offer?: MatchResult;
  readonly funnel?: FunnelResult;
}

export const matching = makeAdapter({
  given,
  when: nothing,
  expected,
  run: ({given: value}, seed): Result =>
    value.offersSeen === undefined
      ? {offer: matchOffer(value satisfies MatchGiven, seed)}
      : {funnel: playFunnel(value.offersSeen)},
  judge: (expected, {offer: seen, funnel}): readonly Mismatch[] => {
    const {reasons, reasonsInclude, processedOffersCount, ...others} = expected;
    const {unusedOffersCount, rejectSummaryLaunchAttempt, ...equal} = others;
    return [
      ...subset(equal, seen ?? {}),
      ...(reasons === undefined ? [] : sameSet(reasons, seen?.reasons, 'reasons')),
      ...includes(reasonsInclude, seen?.reasons, 'reasons'),
      ...wanted(processedOffersCount, funnel?.processedOffersCount, 'processedOffersCount'),
      ...wanted(unusedOffersCount, funnel?.unusedOffersCount, 'unusedOffersCount'),
      ...wanted(
        rejectSummaryLaunchAttempt,
        funnel?.rejectSummaryLaunchAttempt,
        'rejectSummaryLaunchAttempt',
      ),
    ];
  },
});

function wanted(expected: unknown, actual: unknown, path: string): readonly Mismatch[] {
  return expected === undefined ? [] : exact(expected, actual, path);
}
