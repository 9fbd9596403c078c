/**
 * Workloads of the size and shape of the public traces, for those who do not have the traces.
 * Made from `published-statistics.ts` with a seeded source: equal draws give equal workloads.
 * Only +, −, × and ÷ are used, so every machine gets the same ones.
 */
import {dlrm, lcg, outages, spotMachines} from './published-statistics.ts';
import type {QuantileTable, RoleStatistics, ShapeFrequency} from './published-statistics.ts';
import {ServiceGroups} from './service-csv.ts';
import type {
  JobTrace,
  NodeList,
  OutageTrace,
  ServiceTrace,
  SkippedRows,
  TraceNode,
} from './trace.ts';

/** The part of the engine's `Random` that is needed here. */
export interface RandomSource {
  uint32(): number;
  /** An integer from 0 to `bound` − 1. */
  below(bound: number): number;
  /** A number from 0 to below 1. */
  float(): number;
}

const nothingSkipped: SkippedRows = {rows: 0, first: []};
const hourS = 3600;
const dayS = 24 * hourS;

/** Grid jobs of one cpu in the manner of LCG-2005. */
export function synthesiseJobs(random: RandomSource, count: number = lcg.jobs): JobTrace {
  const submitMs = new Float64Array(count);
  const pickDay = makePicker(lcg.dayWeights);
  const pickHour = makePicker(lcg.hourWeights);
  for (let job = 0; job < count; job += 1) {
    const second = pickDay(random) * dayS + pickHour(random) * hourS + random.below(hourS);
    submitMs[job] = second * 1000;
  }
  submitMs.sort();
  const weights = Array.from({length: lcg.users}, (_, rank) => lineAt(lcg.jobsByUserRank, rank));
  const pickUser = makePicker(weights);
  return {
    kind: 'jobs',
    name: 'synthetic-grid',
    count,
    submitMs,
    durationMs: spreadOver(random, lcg.runTimeS, count).map((value) => Math.round(value) * 1000),
    tasks: new Int32Array(count).fill(1),
    cpusMilli: new Float64Array(count).fill(1000),
    memMilli: undefined,
    diskMilli: undefined,
    gpusMilli: undefined,
    userOf: new Int32Array(count).map(() => pickUser(random)),
    users: Array.from({length: lcg.users}, (_, rank) => String(rank + 1)),
    ids: undefined,
    rowOf: new Int32Array(count).map((_, job) => job + 1),
    omitted: 0,
    machineProcessors: undefined,
    skipped: nothingSkipped,
  };
}

/** Services in the manner of the DLRM table: as many applications, instances, starts and ends. */
export function synthesiseServices(random: RandomSource): ServiceTrace {
  const services = new ServiceGroups();
  for (const role of dlrm.roles) addRole(services, random, role);
  return {
    kind: 'services',
    name: 'synthetic-services',
    services: services.finish(),
    instances: services.instances,
    endMs: dlrm.endS * 1000,
    waits: undefined,
    skipped: nothingSkipped,
  };
}

interface Group {
  readonly app: number;
  readonly instances: number;
  readonly shape: ShapeFrequency;
}

function addRole(services: ServiceGroups, random: RandomSource, role: RoleStatistics): void {
  const lives = instanceLives(random, role);
  let next = 0;
  for (const {app, instances, shape} of makeGroups(random, role, lives.length)) {
    const request = {
      app: `app_${app}`,
      role: role.role,
      cpusMilli: shape.cpus * 1000,
      memMilli: shape.memGiB * 1024 * 1000,
      diskMilli: shape.diskGiB * 1024 * 1000,
      gpusMilli: role.gpus * 1000,
      rdmaMilli: shape.rdma * 1000,
      maxPerNode: shape.maxPerNode === 0 ? undefined : shape.maxPerNode,
    };
    for (const life of lives.slice(next, next + instances)) services.add(request, life);
    next += instances;
  }
}

/**
 * Every application has one group in each role; the groups beyond go to any. Sizes follow their
 * quantiles. Shapes are dealt out from the largest group down, each taking the shape of which
 * most is left: drawn freely, the largest few groups alone would decide what the whole asks for.
 */
function makeGroups(random: RandomSource, role: RoleStatistics, instances: number): Group[] {
  const apps = Array.from({length: role.groups}, (_, index) =>
    index < dlrm.applications ? index : random.below(dlrm.applications),
  );
  const sizes = apportion([...spreadOver(random, role.instancesPerGroup, role.groups)], instances);
  const order = sizes.map((size, index) => ({size, app: apps[index] ?? 0, index}));
  order.sort((left, right) => right.size - left.size || left.index - right.index);
  const left = role.shapes.map((shape) => shape.instances);
  const taken = new Set<string>();
  return order.map(({size, app}) => {
    let best = -1;
    for (let at = 0; at < left.length; at += 1) {
      if (taken.has(`${app} ${at}`)) continue;
      if (best === -1 || (left[at] ?? 0) > (left[best] ?? 0)) best = at;
    }
    // More groups of one application than there are shapes: then two of them are one service.
    if (best === -1) best = 0;
    taken.add(`${app} ${best}`);
    left[best] = (left[best] ?? 0) - size;
    const shape = role.shapes[best];
    if (shape === undefined) throw new RangeError(`role ${role.role} has no shapes`);
    return {app, instances: size, shape};
  });
}

interface Life {
  readonly createdAtMs: number;
  readonly deletedAtMs: number;
}

/** When each instance of a role comes and goes, in random order. */
function instanceLives(random: RandomSource, role: RoleStatistics): Life[] {
  const pickHour = makePicker(dlrm.hourWeights);
  const instant = (day: number): number => {
    const second = Math.floor(day) * dayS + pickHour(random) * hourS + random.below(hourS);
    return Math.min(second, dlrm.endS) * 1000;
  };
  const lives: Life[] = [];
  for (const day of spreadOver(random, dlrm.initialDeletionDay, role.initialThatEnd)) {
    lives.push({createdAtMs: 0, deletedAtMs: instant(day)});
  }
  for (let index = 0; index < role.initialThatStay; index += 1) {
    lives.push({createdAtMs: 0, deletedAtMs: Infinity});
  }
  for (const day of spreadOver(random, dlrm.stayingCreationDay, role.createdThatStay)) {
    lives.push({createdAtMs: instant(day), deletedAtMs: Infinity});
  }
  const lifeS = spreadOver(random, dlrm.lifeS, role.createdThatEnd);
  const creationDay = spreadOver(random, dlrm.endingCreationDay, role.createdThatEnd);
  for (const [index, day] of creationDay.entries()) {
    const createdAtMs = instant(day);
    const restS = dlrm.endS - createdAtMs / 1000;
    const drawnS = Math.round(lifeS[index] ?? 0);
    // A life that would outlast the trace ends anywhere in what is left of it.
    const livedS = drawnS <= restS ? drawnS : random.below(restS + 1);
    lives.push({createdAtMs, deletedAtMs: createdAtMs + livedS * 1000});
  }
  shuffle(random, lives);
  return lives;
}

/** The machines of the spot cluster: exactly as many of each kind, in random order. */
export function synthesiseNodes(random: RandomSource): NodeList {
  const machines = spotMachines.flatMap((machine) =>
    Array.from({length: machine.count}, () => machine),
  );
  shuffle(random, machines);
  const nodes = machines.map(({model, gpus, cpus}, index): TraceNode => ({
    name: String(index),
    scalars: new Map([
      ['cpus', cpus * 1000],
      ['gpus', gpus * 1000],
    ]),
    attributes: new Map([['gpu_model', model]]),
  }));
  return {kind: 'nodes', name: 'synthetic-spot-nodes', nodes, skipped: nothingSkipped};
}

/** Outages in the manner of those reported by Facebook's users. */
export function synthesiseOutages(random: RandomSource): OutageTrace {
  const {count, stepMs} = outages;
  const intervals = spreadOver(random, outages.intervalSteps, count);
  const pickTwelfths = makePicker(outages.twelfthWeights);
  let atMs = 0;
  return {
    kind: 'outages',
    name: 'synthetic-outages',
    count,
    startMs: intervals.map((steps, index) => {
      if (index > 0) atMs += Math.round(steps) * stepMs;
      return atMs;
    }),
    durationMs: spreadOver(random, outages.durationSteps, count).map(
      (steps) => Math.round(steps) * stepMs,
    ),
    intensity: new Float64Array(count).map(
      () => (outages.twelfthsFrom + pickTwelfths(random)) / 12,
    ),
    skipped: nothingSkipped,
  };
}

/**
 * `count` values with the given quantiles in random order. One value is drawn from each of
 * `count` equal parts of the distribution: whatever the seed, sums and tails come out as
 * published.
 */
function spreadOver(random: RandomSource, table: QuantileTable, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let part = 0; part < count; part += 1) {
    values[part] = lineAt(table, (part + random.float()) / count);
  }
  shuffle(random, values);
  return values;
}

/** The height at `x` of straight lines through points in order of x. */
function lineAt(points: QuantileTable, x: number): number {
  let [fromX, fromY] = points[0] ?? [0, 0];
  for (const [toX, toY] of points) {
    if (x <= toX)
      return toX === fromX ? toY : fromY + ((toY - fromY) * (x - fromX)) / (toX - fromX);
    [fromX, fromY] = [toX, toY];
  }
  return fromY;
}

/** Draws indices with the given weights. */
function makePicker(weights: readonly number[]): (random: RandomSource) => number {
  let sum = 0;
  const upTo = weights.map((weight) => (sum += weight));
  return (random) => {
    const drawn = random.float() * sum;
    // Halving: the first index whose running sum is above what was drawn.
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] ?? sum) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/**
 * Whole numbers of at least 1 in the proportion of `weights` that add up to `total` (largest
 * remainders).
 */
function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const shared = total - weights.length;
  const exact = weights.map((weight) => (weight * shared) / sum);
  const shares = exact.map((share) => Math.floor(share) + 1);
  const given = shares.reduce((all, share) => all + share, 0);
  const byRemainder = exact
    .map((share, index) => ({index, remainder: share - Math.floor(share)}))
    .sort((left, right) => right.remainder - left.remainder || left.index - right.index);
  for (const {index} of byRemainder.slice(0, total - given)) {
    shares[index] = (shares[index] ?? 0) + 1;
  }
  return shares;
}

/** Fisher and Yates, in place. */
function shuffle(random: RandomSource, items: unknown[] | Float64Array): void {
  const slots: {[index: number]: unknown} = items;
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const kept = slots[last];
    slots[last] = slots[other];
    slots[other] = kept;
  }
}
