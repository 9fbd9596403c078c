/**
 * Foresees what jobs will do: by the Chronos that will do it, in a calm world. So dependents,
 * overlaps and changes of the clock come out as they will come about, and not as a second opinion
 * has it.
 */
import {
  admitJob,
  parentsOf,
  standingJob,
  ZoneBook,
  ScalarKinds,
  type ChronosEvent,
  type JobDefinition,
} from '../../engine/index.ts';
import {CalmWorld} from './calm-world.ts';
import {FireRecorder, FIRES_MAX, type Fire, type Skip, type Span} from './fires.ts';
import type {Plan, PlannedJob} from './plan.ts';

/** It is run in such parts, to see early that there is too much of it. */
const PART_MS = 86_400_000;

export interface Foresight {
  /** Those that are due in the window or start in it, by instant and then by job. */
  readonly fires: readonly Fire[];
  /** By their first slot. */
  readonly skips: readonly Skip[];
  /** All that touch the window, in the order of their starts. */
  readonly spans: readonly Span[];
  /** How the Chronos sees the jobs at the end, by name. */
  readonly jobs: ReadonlyMap<string, SeenJob>;
}

export type SeenJob = ReturnType<CalmWorld['chronos']['jobs']>[number];

export type ForesightResult =
  | {readonly ok: true; readonly foresight: Foresight}
  | {readonly ok: false; readonly faults: readonly JobFault[]};

/** What is wrong with a job; `path` is that of a field, `/parents(0)`. */
export interface JobFault {
  /** Undefined: it is about all of them. */
  readonly job: string | undefined;
  readonly path: string;
  readonly message: string;
}

export function foresee(plan: Plan): ForesightResult {
  const {jobs, window, beginMs, options, timeZones} = plan;
  const context = {options, zones: new ZoneBook(timeZones), kinds: new ScalarKinds()};
  const faults = faultsOfAll(jobs);
  const records = jobs.flatMap(({definition, submittedAt}) => {
    const since = sinceOf(submittedAt, plan);
    const standing = standingJob(placeable(definition), context, since);
    if (standing.ok) return [standing.record];
    for (const fault of standing.faults) faults.push({job: definition.name, ...fault});
    return [];
  });
  if (faults.length > 0) return {ok: false, faults};
  const durations = new Map(jobs.map(({definition, durationMs}) => [definition.name, durationMs]));
  const durationMsOf = (name: string): number => durations.get(name) ?? 0;
  const recorder = new FireRecorder(durationMsOf, beginMs);
  const world = new CalmWorld({
    ...{options, timeZones, records, durationMsOf},
    onEvent: (event, now) => recorder.take(event as unknown as ChronosEvent, now),
    startAt: beginMs,
  });
  for (let at = beginMs; at < window.untilMs && !recorder.isFull; at += PART_MS) {
    world.runUntil(Math.min(at + PART_MS, window.untilMs));
  }
  if (recorder.isFull) {
    const message = `more than ${FIRES_MAX} runs: choose a shorter time, or fewer jobs`;
    return {ok: false, faults: [{job: undefined, path: '', message}]};
  }
  return {ok: true, foresight: gathered(world, recorder, plan)};
}

/** A schedule without a start begins this long before its submission; here with the window. */
const EMPTY_START_MS = 1000;

function sinceOf(
  submittedAt: number | undefined,
  {window, beginMs}: Plan,
): Parameters<typeof standingJob>[2] {
  if (submittedAt === undefined) return {at: beginMs, submittedAt: window.fromMs + EMPTY_START_MS};
  return {at: submittedAt > beginMs ? submittedAt : undefined, submittedAt};
}

/** Where its runs may be placed and what they do there is no matter on the one machine there is. */
function placeable(definition: JobDefinition): JobDefinition {
  if (definition.form === 'chronos') {
    const {container: _, ...rest} = definition;
    return {...rest, constraints: [], arguments: [], environmentVariables: [], uris: [], fetch: []};
  }
  return {...definition, run: {...definition.run, placement: {constraints: []}}};
}

/** Parents that are not there, circles, names that are given twice. */
function faultsOfAll(jobs: readonly PlannedJob[]): JobFault[] {
  const known = new Map<string, JobDefinition>();
  const waitedFor = new Set<string>();
  const faults: JobFault[] = [];
  for (const {definition} of jobs) {
    const {name} = definition;
    if (known.has(name)) {
      const path = definition.form === 'chronos' ? '/name' : '/id';
      faults.push({job: name, path, message: `there are two jobs of this name: ${name}`});
    }
    known.set(name, definition);
    for (const parent of parentsOf(definition) ?? []) waitedFor.add(parent);
  }
  const all = {
    find: (name: string) => known.get(name),
    hasChildren: (name: string) => waitedFor.has(name),
  };
  for (const {definition} of jobs) {
    // A job without parents that waits for some cannot be submitted, but may have become so.
    if (parentsOf(definition)?.length === 0) continue;
    for (const fault of admitJob(definition, all)) faults.push({job: definition.name, ...fault});
  }
  return faults;
}

function gathered(world: CalmWorld, recorder: FireRecorder, {window}: Plan): Foresight {
  const jobs = new Map(world.chronos.jobs().map((job) => [job.name, job]));
  for (const {name, schedule, fire} of jobs.values()) {
    for (const slot of schedule?.pending ?? []) recorder.waits(name, slot, 'slot');
    if (fire !== undefined) recorder.waits(name, fire.at, 'child');
  }
  const {fromMs, untilMs} = window;
  return {
    jobs,
    fires: recorder.fires
      .filter(({at, startAt = at}) => Math.max(at, startAt) >= fromMs && at < untilMs)
      .sort((one, two) => one.at - two.at || (one.job < two.job ? -1 : 1)),
    skips: recorder.skips
      .filter(({last}) => last >= fromMs)
      .sort((one, two) => one.first - two.first || (one.job < two.job ? -1 : 1)),
    spans: recorder.spans.filter(({endAt}) => endAt > fromMs),
  };
}
