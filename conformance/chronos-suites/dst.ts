/** Suite `dst`: slots over changes of the clock and the ends of months. */
import {z} from 'zod';
import {intervalTimetable, isoInstant, slotAt, type Interval} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter, type Adapter} from '../marathon-suites/adapter.ts';
import {exact, isFields} from '../marathon-suites/compare.ts';
import {instant} from './instants.ts';
import {readSchedule} from './schedules.ts';

const anchor = z.strictObject({
  start: z.string(),
  /** By number, as text. */
  slots: z.record(z.string().regex(/^\d+$/), instant),
});

const given = z.strictObject({
  scheduleTimeZone: z.string(),
  period: z.string(),
  /** Of a case that counts slots. */
  start: z.string().optional(),
});

/** What is asked: the first slots of `given.start`, or some slots by number of several starts. */
const when = z.union([
  z.strictObject({count: z.int()}),
  z.strictObject({
    anchors: z.array(z.strictObject({start: z.string(), numbers: z.array(z.string())})),
  }),
]);

const inner = makeAdapter({
  given,
  when,
  expected: z.union([
    z.strictObject({anchors: z.array(anchor)}),
    z.strictObject({slots: z.array(instant)}),
  ]),
  run: ({given: terms, when: asked}) => {
    if ('count' in asked) {
      return {slots: firstSlots(scheduleFrom(terms.start, terms), asked.count)};
    }
    return {
      anchors: asked.anchors.map(({start, numbers}) => {
        const interval = scheduleFrom(start, terms);
        const slots = numbers.map((k) => [k, isoInstant(slotAt(interval, Number(k)))] as const);
        return {start, slots: Object.fromEntries(slots)};
      }),
    };
  },
  judge: (then, result) => exact(then, result),
});

/** Which slots are asked for stands in the expectation, and is the stimulus nonetheless. */
export const dst: Adapter = {
  prepare(one, defaults) {
    const {expected} = one;
    if (!isFields(expected) || !('anchors' in expected)) return inner.prepare(one, defaults);
    const anchors = z.array(anchor).safeParse(expected['anchors']);
    if (!anchors.success) throw new UnknownInCase(`then.anchors: ${anchors.error.message}`);
    const asked = anchors.data.map(({start, slots}) => ({start, numbers: Object.keys(slots)}));
    return inner.prepare({...one, when: {anchors: asked}}, defaults);
  },
};

function scheduleFrom(
  start: string | undefined,
  {scheduleTimeZone, period}: Pick<z.output<typeof given>, 'scheduleTimeZone' | 'period'>,
): Interval {
  if (start === undefined) throw new UnknownInCase('given.start is missing');
  const text = `R/${start}/${period}`;
  const interval = readSchedule(text, {scheduleTimeZone, names: 'iana', now: 0});
  if (interval === undefined)
    throw new UnknownInCase(`given: cannot read ${text} in '${scheduleTimeZone}'`);
  return interval;
}

function firstSlots(interval: Interval, count: number): readonly string[] {
  const timetable = intervalTimetable(interval);
  const slots: string[] = [];
  let slot = timetable.first;
  while (slot !== undefined && slots.length < count) {
    slots.push(isoInstant(slot));
    slot = timetable.nextAfter(slot);
  }
  return slots;
}
