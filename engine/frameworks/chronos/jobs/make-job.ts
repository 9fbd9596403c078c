/** Makes jobs ready for use: new ones, and those that a store has kept. */
import type {ScalarKinds} from '../../../resources/kinds.ts';
import type {ZoneBook} from '../../../kernel/time-zones.ts';
import type {ChronosOptions} from '../../../options.ts';
import {parentsOf, type JobDefinition} from '../definition/job-definition.ts';
import {rulesOf, type JobRules} from '../definition/rules.ts';
import {
  printSchedule,
  readTrigger,
  type ScheduleTrigger,
  type Trigger,
} from '../definition/trigger.ts';
import {makeLaunchSpec, type LaunchSpec} from '../launch/launch-spec.ts';
import type {LatenessRule} from '../schedule/lateness.ts';
import {Edges} from './edges.ts';
import {RunList} from './run-list.ts';
import {jobPath} from './job-book.ts';
import {NO_COUNTS, type Job, type JobDocument, type ScheduleState} from './job.ts';

export interface JobContext {
  readonly options: ChronosOptions;
  readonly zones: ZoneBook;
  readonly kinds: ScalarKinds;
}

/** What follows from a definition alone. */
export interface Readied {
  readonly definition: JobDefinition;
  readonly trigger: Trigger;
  readonly rules: JobRules;
  readonly spec: LaunchSpec;
}

export function ready(
  definition: JobDefinition,
  trigger: Trigger,
  {options, kinds}: JobContext,
): Readied {
  const rules = rulesOf(definition, options);
  return {definition, trigger, rules, spec: makeLaunchSpec(definition, kinds)};
}

/** Whether its schedule is switched off by its definition. */
export function isSwitchedOff(definition: JobDefinition): boolean {
  if (definition.form === 'chronos') return definition.disabled;
  return definition.schedules[0]?.enabled === false;
}

export function newJob(readied: Readied, row: number, now: number): Job {
  const {definition, trigger, rules} = readied;
  const {name} = definition;
  return {
    name,
    row,
    path: jobPath(name),
    ...readied,
    version: 1,
    fault: undefined,
    disabled: isSwitchedOff(definition),
    schedule: newSchedule(definition, trigger, rules, now),
    counters: NO_COUNTS,
    edges: edgesOf(definition, rules),
    fire: undefined,
    lastDue: 0,
    lastSlot: 0,
    runs: new RunList(),
    history: [],
    ended: 0,
    wakeAt: Infinity,
    news: {isTouched: false, isChanged: false, runs: []},
  };
}

export function edgesOf(definition: JobDefinition, {barrier}: JobRules): Edges | undefined {
  const parents = parentsOf(definition);
  return parents === undefined ? undefined : new Edges(parents, barrier);
}

/** How its schedule is written, and the zone beside it; undefined: it has none. */
export function writtenSchedule(
  definition: JobDefinition,
): {readonly text: string; readonly zone: string} | undefined {
  if (definition.form === 'metronome') {
    const [schedule] = definition.schedules;
    return schedule && {text: schedule.cron, zone: schedule.timezone};
  }
  const {schedule: text, scheduleTimeZone: zone} = definition;
  return text === undefined ? undefined : {text, zone};
}

/**
 * A schedule that begins now. One whose start is past is made up for by one run, or not at all
 * where it is older than epsilon; a cron begins with the next match.
 */
export function newSchedule(
  definition: JobDefinition,
  trigger: Trigger,
  {lateness}: JobRules,
  now: number,
): ScheduleState | undefined {
  const written = writtenSchedule(definition);
  if (written === undefined || trigger.kind !== 'schedule') return undefined;
  const {repetitions, anchored} = trigger;
  return {
    submitted: written.text,
    zone: written.zone,
    anchored,
    left: repetitions,
    next: firstSlot(trigger, lateness, now) ?? null,
    pending: [],
  };
}

function firstSlot(
  {timetable, interval}: ScheduleTrigger,
  {epsilonMs}: LatenessRule,
  now: number,
): number | undefined {
  if (interval === undefined) return timetable.nextAfter(now - 1);
  const {first} = timetable;
  if (first === undefined || epsilonMs === undefined || first > now - epsilonMs) return first;
  return timetable.nextAfter(now - epsilonMs);
}

/** The schedule of a new definition: what was claimed under the one before is not claimed again. */
export function changedSchedule(
  {definition, trigger, rules, lastSlot}: Job,
  now: number,
): ScheduleState | undefined {
  const schedule = newSchedule(definition, trigger, rules, now);
  if (schedule === undefined || trigger.kind !== 'schedule') return schedule;
  if (schedule.next === null || schedule.next > lastSlot) return schedule;
  return {...schedule, next: trigger.timetable.nextAfter(lastSlot) ?? null};
}

/** The schedule as answers show it: from its next slot on. */
export function printedSchedule(job: Job): string | undefined {
  const {schedule, trigger} = job;
  if (schedule === undefined) return undefined;
  if (trigger.kind !== 'schedule') return schedule.submitted;
  const {left, pending, next} = schedule;
  const slot = pending[0] ?? next ?? trigger.interval?.anchor ?? 0;
  return printSchedule(trigger, {left, next: slot});
}

/** The job of a record. What cannot be scheduled any more is kept, and says why. */
export function storedJob(document: JobDocument, row: number, context: JobContext): Job {
  const {definition, schedule, edges} = document;
  const anchored = schedule === undefined ? definition : withSchedule(definition, schedule);
  const {zones, options} = context;
  const read = readTrigger(anchored, {zones, options, now: 0, origin: 'storage'});
  const trigger: Trigger = read.ok ? read.trigger : {kind: 'hand'};
  const readied = ready(definition, trigger, context);
  const parents = parentsOf(definition);
  return {
    ...newJob(readied, row, 0),
    ...document,
    row,
    fault: read.ok ? undefined : read.faults.map(({message}) => message).join('; '),
    schedule: schedule === undefined ? undefined : {...schedule},
    edges: parents && new Edges(parents, readied.rules.barrier, edges),
    fire: document.fire,
  };
}

/** The definition with its start written out. */
function withSchedule(definition: JobDefinition, {anchored}: ScheduleState): JobDefinition {
  return definition.form === 'chronos' ? {...definition, schedule: anchored} : definition;
}
