/** Suite `fire`: whether a job that was just submitted is due, for which slot, and what follows. */
import {z} from 'zod';
import {isoInstant} from '../../engine/index.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {subset} from '../marathon-suites/compare.ts';
import {instant, instantMs} from './instants.ts';
import {AMPLE, epsilonText, submit} from './job-bodies.ts';
import {Stage, type StageChronos} from './stage.ts';

/** So many slots after `now` are told. */
const NEXT_SLOTS_MAX = 5;

type StageJob = ReturnType<StageChronos['jobs']>[number];

interface FireResult {
  readonly due: boolean;
  readonly slot?: string | undefined;
  /** Null: endless. */
  readonly repetitionsLeft?: number | null | undefined;
  readonly nextSlots?: readonly string[] | undefined;
  /** The schedule as an answer shows it. */
  readonly storedAfterRun?: unknown;
  /** Why the job was not accepted. */
  readonly refused?: unknown;
}

export const fire = makeAdapter({
  given: z.strictObject({
    now: instantMs,
    scheduleTimeZone: z.string(),
    legacyZoneAliases: z.boolean().default(false),
    catchup: z.enum(['all', 'latest', 'none']),
    catchupLimit: z.int().optional(),
    epsilon: z.union([z.number(), z.string()]).nullable(),
  }),
  when: z.strictObject({schedule: z.string()}),
  expected: z.strictObject({
    due: z.boolean(),
    slot: instant.nullable().optional(),
    repetitionsLeft: z.int().nullable().optional(),
    nextSlots: z.array(instant).optional(),
    storedAfterRun: z.string().nullable().optional(),
  }),
  run: ({given, when: {schedule}}, seed): FireResult => {
    const {now, scheduleTimeZone, legacyZoneAliases, catchup, catchupLimit, epsilon} = given;
    const chronos = {legacyZoneNames: legacyZoneAliases};
    const stage = new Stage({seed, startedAt: now, chronos});
    stage.addAgent(AMPLE);
    const rules = {catchup, catchupLimit, epsilon: epsilonText(epsilon)};
    const answer = submit(stage, {name: 'job', schedule, scheduleTimeZone, ...rules});
    if (answer.status !== 204) return {due: false, refused: answer.body};
    stage.settle();
    const [launch] = stage.launches;
    const job = stage.chronos.job('job');
    return {
      due: launch !== undefined,
      slot: launch && isoInstant(launch.due),
      repetitionsLeft: job?.schedule?.left,
      nextSlots: job && slotsAfter(job, now),
      storedAfterRun: stored(stage),
    };
  },
  judge: (then, result) => subset(then, result),
});

/** As many as there may be runs, up to five. */
function slotsAfter({trigger, schedule}: StageJob, now: number): readonly string[] {
  if (trigger.kind !== 'schedule') return [];
  const most = Math.min(schedule?.left ?? Infinity, NEXT_SLOTS_MAX);
  const slots: string[] = [];
  let slot = trigger.timetable.nextAfter(now);
  while (slot !== undefined && slots.length < most) {
    slots.push(isoInstant(slot));
    slot = trigger.timetable.nextAfter(slot);
  }
  return slots;
}

function stored(stage: Stage): unknown {
  const {body} = stage.request('GET', '/job/job');
  return typeof body === 'object' && body !== null ? Reflect.get(body, 'schedule') : undefined;
}
