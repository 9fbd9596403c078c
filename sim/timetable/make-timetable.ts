/** From what is foreseen to a timetable. */
import {
  isoInstant,
  localText,
  parentsOf,
  type JobDefinition,
  type Zone,
} from '../../engine/index.ts';
import {formatDuration} from '../report/format.ts';
import type {Fire, Skip} from './fires.ts';
import type {Foresight, SeenJob} from './foresee.ts';
import {loadOf, seriesOf, type Needs} from './load.ts';
import {shortText} from './instants.ts';
import {ClockChanges, clockNote, notesOf, skipText} from './notes.ts';
import type {Plan, PlannedJob} from './plan.ts';
import type {
  Timetable,
  TimetableFire,
  TimetableJob,
  TimetableLoad,
  TimetableSkip,
} from './timetable.ts';

export interface TellOptions {
  /** Which jobs to tell; the others go on, and are not told. */
  readonly isTold: (job: string) => boolean;
  /** Tell local times of this zone, too. */
  readonly zone?: Zone | undefined;
}

/** Parts of the series of loads. */
const SERIES_COUNT = 240;
/** Jobs that stand alone in a series: one colour each. */
const SERIES_JOBS_MAX = 7;
/** Jobs that are named for a peak. */
const PEAK_JOBS_MAX = 10;
/** Jobs that an assumption names. */
const NAMES_MAX = 5;

export function makeTimetable(
  plan: Plan,
  foresight: Foresight,
  {isTold, zone}: TellOptions,
): Timetable {
  const {window, timeZones} = plan;
  const told = plan.jobs
    .filter(({definition}) => isTold(definition.name))
    .sort((one, two) => (one.definition.name < two.definition.name ? -1 : 1));
  const changes = new ClockChanges();
  const fires = foresight.fires
    .filter(({job}) => isTold(job))
    .map((fire) => fireForm(fire, {jobs: foresight.jobs, changes, zone}));
  const skips = foresight.skips.filter(({job}) => isTold(job));
  return {
    from: isoInstant(window.fromMs),
    until: isoInstant(window.untilMs),
    timeZones: timeZones.version,
    assumptions: assumptionsOf(told, plan),
    jobs: jobForms(told, {fires, skips, seen: foresight.jobs}),
    clockChanges: changes.list(),
    fires,
    skips: skips.map((skip) => skipForm(skip, foresight.jobs)),
    load: loads(told, foresight, plan),
  };
}

interface Telling {
  readonly jobs: Foresight['jobs'];
  readonly changes: ClockChanges;
  readonly zone: Zone | undefined;
}

function fireForm(fire: Fire, {jobs, changes, zone}: Telling): TimetableFire {
  const {job: name, kind, at, startAt, endAt, outcome, retries} = fire;
  const job = jobs.get(name);
  const trigger = job?.trigger;
  const own = trigger?.kind === 'schedule' ? trigger : undefined;
  const clock = own === undefined ? undefined : clockNote(at, own.zone, own.timetable);
  if (clock !== undefined && own !== undefined) changes.add(name, own.zone.id, clock);
  return {
    job: name,
    kind,
    at: isoInstant(at),
    ...placeOf(at, job),
    ...(zone === undefined ? {} : {inZone: localText(at + zone.offsetAt(at))}),
    after: job === undefined || kind === 'slot' ? [] : (parentsOf(job.definition) ?? []),
    start: startAt === undefined ? null : isoInstant(startAt),
    end: endAt === undefined ? null : isoInstant(endAt),
    ...{outcome, retries},
    notes: job === undefined ? [] : notesOf(fire, job, clock),
  };
}

function skipForm(skip: Skip, jobs: Foresight['jobs']): TimetableSkip {
  const {job, kind, first, last, count, reason} = skip;
  const place = placeOf(first, jobs.get(job));
  const [from, to] = [isoInstant(first), isoInstant(last)];
  return {job, kind, first: from, last: to, ...place, count, reason, text: skipText(skip)};
}

/** An instant as the clock of the job's zone shows it; without a schedule that is UTC. */
function placeOf(
  at: number,
  job: SeenJob | undefined,
): {readonly local: string; readonly zone: string} {
  const zone = job?.trigger.kind === 'schedule' ? job.trigger.zone : undefined;
  return {local: localText(at + (zone?.offsetAt(at) ?? 0)), zone: zone?.id ?? 'UTC'};
}

function jobForms(
  jobs: readonly PlannedJob[],
  {
    fires,
    skips,
    seen,
  }: {
    readonly fires: readonly TimetableFire[];
    readonly skips: readonly Skip[];
    readonly seen: Foresight['jobs'];
  },
): readonly TimetableJob[] {
  const byJob = Map.groupBy(fires, ({job}) => job);
  const skipped = new Map<string, number>();
  for (const {job, count} of skips) skipped.set(job, (skipped.get(job) ?? 0) + count);
  return jobs.map(({definition, durationMs, durationFrom}) => {
    const {name, form} = definition;
    const own = byJob.get(name) ?? [];
    return {
      job: name,
      form,
      ...scheduleForm(definition, seen.get(name)),
      parents: parentsOf(definition) ?? [],
      disabled: isDisabled(definition),
      ...{durationMs, durationFrom},
      fires: own.length,
      skipped: skipped.get(name) ?? 0,
      first: own[0]?.at ?? null,
      last: own.at(-1)?.at ?? null,
      needs: Object.fromEntries(amountsOf(definition)),
    };
  });
}

function scheduleForm(
  definition: JobDefinition,
  seen: SeenJob | undefined,
): Pick<TimetableJob, 'schedule' | 'zone'> {
  const written =
    definition.form === 'chronos' ? definition.schedule : definition.schedules[0]?.cron;
  const zone = seen?.trigger.kind === 'schedule' ? seen.trigger.zone.id : null;
  return {schedule: written ?? null, zone};
}

function isDisabled(definition: JobDefinition): boolean {
  if (definition.form === 'chronos') return definition.disabled;
  return definition.schedules[0]?.enabled === false;
}

/** What a run holds: cores, MB, pieces. */
function amountsOf(definition: JobDefinition): readonly (readonly [string, number])[] {
  const {cpus, mem, disk} = definition.form === 'chronos' ? definition : definition.run;
  const gpus = definition.form === 'chronos' ? 0 : definition.run.gpus;
  return Object.entries({cpus, mem, disk, gpus}).filter(([, amount]) => amount > 0);
}

const THOUSANDTHS = 1000;

function loads(
  jobs: readonly PlannedJob[],
  {spans}: Foresight,
  {window}: Plan,
): readonly TimetableLoad[] {
  const needs = new Map<string, Needs>(
    jobs.map(({definition}) => {
      const amounts = amountsOf(definition);
      const fixed = amounts.map(
        ([name, amount]) => [name, Math.round(amount * THOUSANDTHS)] as const,
      );
      return [definition.name, new Map(fixed)];
    }),
  );
  const none: Needs = new Map();
  const needsOf = (job: string): Needs => needs.get(job) ?? none;
  return loadOf(spans, needsOf, window).map(({resource, peak, peakAt, peakJobs, mean}) => {
    const options = {window, count: SERIES_COUNT, jobsMax: SERIES_JOBS_MAX};
    const series = seriesOf(resource, spans, needsOf, options);
    return {
      resource,
      mean: rounded(mean),
      peak: rounded(peak),
      peakAt: isoInstant(peakAt),
      peakJobs: peakJobs
        .slice(0, PEAK_JOBS_MAX)
        .map(({job, amount}) => ({job, amount: rounded(amount)})),
      peakJobsCount: peakJobs.length,
      series: {
        stepMs: series.stepMs,
        mean: series.mean.map(rounded),
        peak: series.peak.map(rounded),
        byJob: series.byJob.map(({job, mean: own}) => ({job, mean: own.map(rounded)})),
      },
    };
  });
}

/** From thousandths, to as many decimals as anybody reads. */
function rounded(thousandths: number): number {
  return Math.round(thousandths) / THOUSANDTHS;
}

function assumptionsOf(jobs: readonly PlannedJob[], {beginMs, window}: Plan): readonly string[] {
  const assumed = Map.groupBy(
    jobs.filter(({durationFrom}) => durationFrom === 'assumed'),
    ({durationMs}) => durationMs,
  );
  const durations = [...assumed].map(([durationMs, list]) => {
    const names = list.slice(0, NAMES_MAX).map(({definition}) => definition.name);
    const more = list.length > NAMES_MAX ? ` and ${list.length - NAMES_MAX} more` : '';
    return `a run takes ${formatDuration(durationMs)}: ${names.join(', ')}${more}`;
  });
  const before =
    beginMs < window.fromMs
      ? [`nothing was under way at ${shortText(beginMs)} UTC, from where on runs are foreseen`]
      : [];
  return [
    ...durations,
    'every run finds room at once, and succeeds unless its own time limit ends it',
    ...before,
  ];
}
