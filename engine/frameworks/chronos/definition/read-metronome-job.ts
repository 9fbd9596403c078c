/**
 * Metronome jobs as their users send them (reference part 8.2): what its JSON schema lets through,
 * and what it checks after that.
 */
import {
  defaulted,
  flag,
  integer,
  listOf,
  mapOf,
  object,
  refuse,
  required,
  text,
  type Fault,
  type Shape,
} from '../../json/json-shape.ts';
import {closedObject, exactly} from './strict-shape.ts';
import type {MetronomeDefinition, MetronomeSchedule} from './job-definition.ts';
import {metronomeRun} from './metronome-run.ts';
import type {Reading} from './reading.ts';

/**
 * `id` is that of the path of the request, which goes before the one in the document. Whether the
 * cron can be read is for `readTrigger` to say, and whether dependencies are there for `admit`.
 */
export function readMetronomeJob(
  value: unknown,
  {id}: {readonly id?: string | undefined} = {},
): Reading<MetronomeDefinition> {
  const faults: Fault[] = [];
  const body = jobFields(id === undefined ? value : withId(value, id), '', faults);
  if (body === undefined) return {ok: false, faults};
  const {id: name, dependencies, ...rest} = body;
  const names = dependencies.map((dependency) => dependency.id);
  const parents = [...new Set(names)].sort();
  if (parents.length < names.length) refuse(faults, '/dependencies', 'has double entries');
  if (rest.schedules.length > 1) {
    refuse(faults, '/schedules', 'Only one schedule supported at the moment');
  }
  faults.push(...doubleTriggerFaults({parents, schedules: rest.schedules}));
  if (faults.length > 0) return {ok: false, faults};
  return {ok: true, value: {form: 'metronome', name, parents, ...rest}};
}

/** A job runs by a schedule, or after others. */
export function doubleTriggerFaults({
  parents,
  schedules,
}: Pick<MetronomeDefinition, 'parents' | 'schedules'>): readonly Fault[] {
  if (schedules.length === 0 || parents.length === 0) return [];
  const message = 'Jobs may not have both dependencies and schedules specified';
  return [{path: '/', message}];
}

/** A schedule on its own, as the endpoint for schedules takes it. */
export function readMetronomeSchedule(
  value: unknown,
  {id}: {readonly id?: string | undefined} = {},
): Reading<MetronomeSchedule> {
  const faults: Fault[] = [];
  const schedule = scheduleFields(id === undefined ? value : withId(value, id), '', faults);
  return schedule === undefined ? {ok: false, faults} : {ok: true, value: schedule};
}

/** What is no object stays what it is, and is refused as such. */
function withId(value: unknown, id: string): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? {...value, id} : value;
}

/** Parts between dots; hyphens within parts. */
const JOB_ID = /^([a-z0-9]+(-+[a-z0-9]+)*)(\.([a-z0-9]+(-+[a-z0-9]+)*))*$/;
const SCHEDULE_ID = /^[a-z0-9][a-z0-9-]*[a-z0-9]$/;

const jobId: Shape<string> = text({min: 1, pattern: JOB_ID});

/** Answers have `nextRunAt` besides, and clients send back what they read. */
const scheduleFields: Shape<MetronomeSchedule> = object(
  {
    id: required(text({min: 1, pattern: SCHEDULE_ID})),
    cron: required(text({min: 1})),
    timezone: defaulted(text(), 'UTC'),
    startingDeadlineSeconds: defaulted(integer(60), 900),
    concurrencyPolicy: defaulted(exactly('ALLOW', 'FORBID'), 'ALLOW'),
    enabled: defaulted(flag, true),
  },
  {},
);

/** What answers add to a job. */
const EMBEDDED = ['activeRuns', 'error', 'history', 'historySummary'];

const jobFields = closedObject(
  {
    id: required(jobId),
    labels: defaulted(mapOf(text()), {}),
    dependencies: defaulted(listOf(closedObject({id: required(jobId)}, {})), []),
    schedules: defaulted(listOf(scheduleFields), []),
    run: required(metronomeRun),
  },
  {description: text()},
  EMBEDDED,
);
