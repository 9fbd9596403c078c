/**
 * Random jobs, and what can happen to a cluster that runs them: drawn as data, so that a failing
 * history shrinks. Not part of the engine.
 */
import fc from 'fast-check';
import {isoInstant} from '../../../kernel/instants.ts';
import type {ChronosOptions, ChronosPreset} from '../../../options.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Drawn<T> = T extends fc.Arbitrary<infer V> ? V : never;

/** Nights in which clocks change, and the end of a month: the world begins a while before. */
const EPOCHS = [
  '2016-03-13T09:20:00.000Z', // Los Angeles, to 03:00
  '2016-11-06T07:50:00.000Z', // Los Angeles, back to 01:00
  '2016-10-30T00:10:00.000Z', // Paris, back to 02:00
  '2016-03-27T00:20:00.000Z', // Paris, to 03:00
  '2016-04-02T14:10:00.000Z', // Lord Howe, back by half an hour
  '2016-10-16T02:10:00.000Z', // Sao Paulo, midnight is skipped
  '2011-12-30T09:10:00.000Z', // Apia, a day is skipped
  '2016-01-31T23:10:00.000Z', // the end of January
] as const;

const ZONES = [
  '',
  'America/Los_Angeles',
  'Europe/Paris',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
] as const;

const interval = fc.record({
  kind: fc.constant('interval'),
  repetitions: fc.constantFrom('', '', '', '1', '2', '7'),
  startMs: fc.constantFrom(-26 * HOUR_MS, -90_000, -10_000, 0, 30_000, 5 * MINUTE_MS, HOUR_MS),
  /** By how much what is written is off from UTC: that of the zone, or anything. */
  localMs: fc.constantFrom(0, 0, -8 * HOUR_MS, -7 * HOUR_MS, 2 * HOUR_MS, 10.5 * HOUR_MS),
  zone: fc.constantFrom(...ZONES),
  period: fc.constantFrom('PT1M', 'PT5M', 'PT45S', 'PT7M', 'PT1H', 'P1D', 'PT24H', 'P1M', 'P1DT1H'),
});

const cron = fc.record({
  kind: fc.constant('cron'),
  text: fc.constantFrom(
    '*/5 * * * *',
    '30 * * * *',
    '30 2 * * *',
    '15 1 * * *',
    '*/20 2 * * *',
    '0 0 * * *',
    '30 3 * * 0',
    '*/7 */2 * * *',
  ),
  zone: fc.constantFrom(...ZONES),
});

/** A job of Metronome's form; without a cron it waits for others. */
const metronome = fc.record({
  kind: fc.constant('metronome'),
  cron: fc.constantFrom('*/5 * * * *', '*/2 * * * *', '30 * * * *', '30 2 * * *', ''),
  timezone: fc.constantFrom('UTC', 'America/Los_Angeles', 'Europe/Paris', 'Pacific/Apia'),
  parents: fc.subarray([0, 1, 2, 3], {minLength: 1, maxLength: 2}),
  concurrencyPolicy: fc.constantFrom('ALLOW', 'FORBID'),
  startingDeadlineSeconds: fc.constantFrom(60, 900),
  // It starts again at once: a longer deadline is thousands of attempts.
  restart: fc.constantFrom(
    {policy: 'NEVER'},
    {policy: 'ON_FAILURE', activeDeadlineSeconds: 2},
    {policy: 'ON_FAILURE', activeDeadlineSeconds: 10},
  ),
});

const trigger = fc.oneof(
  {weight: 4, arbitrary: interval},
  {weight: 2, arbitrary: cron},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('empty'), period: fc.constant('PT3M')})},
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('child'),
      parents: fc.subarray([0, 1, 2, 3], {minLength: 1, maxLength: 3}),
      barrier: fc.constantFrom(undefined, undefined, 'cycle'),
    }),
  },
  {weight: 2, arbitrary: metronome},
);

const terms = fc.record({
  concurrent: fc.constantFrom(false, false, false, true),
  overlap: fc.constantFrom(undefined, undefined, 'buffer-one', 'skip', 'replace', 'allow'),
  catchup: fc.constantFrom(undefined, undefined, 'latest', 'all', 'none'),
  catchupLimit: fc.constantFrom(undefined, undefined, 1, 3),
  epsilon: fc.constantFrom(undefined, undefined, 'PT30S', 'PT10M'),
  launch: fc.constantFrom(undefined, 'again', 'strict'),
  retries: fc.constantFrom(0, 1, 2),
  retryDelay: fc.constantFrom(undefined, 0, 5, 20),
  retryBackoff: fc.constantFrom(undefined, 2),
  maxCompletionTime: fc.constantFrom(0, 0, 0, 30),
  unreachableTimeout: fc.constantFrom(undefined, 60, 300),
  softError: fc.constantFrom(false, false, true),
  disabled: fc.constantFrom(false, false, false, false, false, true),
  highPriority: fc.boolean(),
  cpus: fc.constantFrom(0.1, 0.1, 1),
});

export type DrawnJob = {readonly trigger: Drawn<typeof trigger>; readonly terms: object};

const job: fc.Arbitrary<DrawnJob> = fc.record({trigger, terms});

/**
 * Where it is submitted, and its JSON. `nameOf` says what the jobs of these numbers are called at
 * present.
 */
export function submissionOf(
  name: string,
  {trigger: how, terms: rest}: DrawnJob,
  world: {
    readonly epochMs: number;
    readonly nameOf: (index: number) => string;
    readonly command: string;
  },
): {readonly path: string; readonly body: object} {
  if (how.kind === 'metronome') return metronomeJob(name, how, world);
  return {path: '/iso8601', body: chronosBody(name, {trigger: how, terms: rest}, world)};
}

type Naming = {readonly nameOf: (index: number) => string; readonly command: string};

function metronomeJob(
  id: string,
  {cron, timezone, parents, restart, ...rest}: Drawn<typeof metronome>,
  {nameOf, command}: Naming,
): {readonly path: string; readonly body: object} {
  const run = {cpus: 0.1, mem: 32, disk: 0, cmd: command, restart};
  const dependencies = parents.map((parent) => ({id: nameOf(parent)}));
  if (cron === '') return {path: '/v1/jobs', body: {id, run, dependencies}};
  const schedules = [{id: 'often', cron, timezone, ...rest}];
  return {path: '/v0/scheduled-jobs', body: {id, run, schedules}};
}

type ChronosTrigger = Exclude<Drawn<typeof trigger>, {readonly kind: 'metronome'}>;

function chronosBody(
  name: string,
  {trigger: how, terms: rest}: {readonly trigger: ChronosTrigger; readonly terms: object},
  world: Naming & {readonly epochMs: number},
): object {
  const common = {name, command: world.command, ...rest};
  switch (how.kind) {
    case 'interval': {
      const {repetitions, startMs, localMs, zone, period} = how;
      const written = isoInstant(world.epochMs + startMs + (zone === '' ? 0 : localMs));
      const start = zone === '' ? written : written.slice(0, -1);
      const schedule = `R${repetitions}/${start}/${period}`;
      return {...common, schedule, scheduleTimeZone: zone};
    }
    case 'empty':
      return {...common, schedule: `R4//${how.period}`};
    case 'cron':
      return {...common, schedule: `cron: ${how.text}`, scheduleTimeZone: how.zone};
    case 'child': {
      const {parents, barrier} = how;
      return {...common, parents: parents.map(world.nameOf), barrier};
    }
  }
}

const index = fc.nat(4);
const pick = fc.nat(99);

const requests = [
  fc.record({act: fc.constant('submit'), index, job}),
  fc.record({act: fc.constant('again'), index, isPrinted: fc.boolean()}),
  fc.record({act: fc.constant('toggle'), index}),
  fc.record({
    act: fc.constant('remove'),
    index,
    cascade: fc.constantFrom('', '?cascade=reparent', '?cascade=orphan'),
  }),
  fc.record({
    act: fc.constant('run'),
    index,
    query: fc.constantFrom('', '', '?arguments=a%20b', '?strict=true'),
  }),
  fc.record({act: fc.constant('mark'), index}),
  fc.record({act: fc.constant('kill'), index}),
] as const;

const STATES = ['TASK_FAILED', 'TASK_KILLED', 'TASK_FINISHED', 'TASK_ERROR'] as const;

const faults = [
  fc.record({act: fc.constant('end'), pick, state: fc.constantFrom(...STATES)}),
  fc.record({act: fc.constant('cut'), pick}),
  fc.record({act: fc.constant('back'), pick}),
  fc.record({act: fc.constant('destroy'), pick}),
  fc.record({act: fc.constant('loseKill'), pick}),
  fc.record({
    act: fc.constant('failOver'),
    isProcess: fc.boolean(),
    written: fc.nat(4),
    skewMs: fc.constantFrom(0, 0, 0, 0, -HOUR_MS, HOUR_MS),
    late: fc.constantFrom(0, 0, 1, 6, 255),
  }),
  fc.record({act: fc.constant('handOver')}),
  fc.record({act: fc.constant('restore')}),
  fc.record({
    act: fc.constant('jump'),
    ms: fc.constantFrom(1500, 61_000, 10 * MINUTE_MS, HOUR_MS, 24 * HOUR_MS),
  }),
] as const;

const course = [
  fc.record({act: fc.constant('confirm'), count: fc.integer({min: 1, max: 3})}),
  fc.record({act: fc.constant('deliver'), pick}),
  fc.record({act: fc.constant('tell'), pick}),
  fc.record({act: fc.constant('wait'), ms: fc.constantFrom(1, 1000, 5000, 20_000, 61_000)}),
  fc.record({act: fc.constant('settle')}),
  fc.record({
    act: fc.constant('go'),
    ms: fc.constantFrom(1000, 5000, MINUTE_MS, 10 * MINUTE_MS, 40 * MINUTE_MS),
  }),
] as const;

const acts = fc.oneof(
  ...requests.map((arbitrary) => ({weight: 2, arbitrary})),
  ...faults.map((arbitrary) => ({weight: 2, arbitrary})),
  ...course.map((arbitrary) => ({weight: 4, arbitrary})),
);

export type Act = Drawn<typeof acts>;

const fate = fc.record({
  startMs: fc.constantFrom(200, 3000),
  runMs: fc.constantFrom(0, 900, 900, 20_000, 130_000, 900_000),
  end: fc.constantFrom(
    ...(['TASK_FINISHED', 'TASK_FINISHED', 'TASK_FINISHED'] as const),
    ...(['TASK_FAILED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR'] as const),
  ),
  deafTo: fc.constantFrom(0, 0, 0, 1, 2),
});

const options = fc.record(
  {
    preset: fc.constantFrom<ChronosPreset>('drydock', 'drydock', 'drydock', 'chronos3', 'chronos2'),
    historyMax: fc.constantFrom(0, 2, 25),
    disableAfterFailures: fc.constantFrom(0, 0, 0, 2),
    unreachableTimeoutMs: fc.constantFrom(60_000, 600_000),
    retryDelayMs: fc.constantFrom(1000, 60_000),
  },
  {requiredKeys: []},
);

export interface History {
  readonly epoch: string;
  readonly options: Partial<ChronosOptions> & {readonly preset?: ChronosPreset};
  readonly fates: readonly Drawn<typeof fate>[];
  readonly jobs: readonly DrawnJob[];
  readonly acts: readonly Act[];
}

export const histories: fc.Arbitrary<History> = fc.record({
  epoch: fc.constantFrom(...EPOCHS),
  options,
  fates: fc.array(fate, {minLength: 1, maxLength: 5, size: 'max'}),
  jobs: fc.array(job, {minLength: 2, maxLength: 5, size: 'max'}),
  acts: fc.array(acts, {maxLength: 50, size: 'max'}),
});
