/**
 * A year of scheduled jobs against an oracle that knows no more than Temporal: every slot is run or
 * given up with a reason, none twice, whatever becomes of leaders, machines and clocks.
 */
import {join} from 'node:path';
import test from 'ava';
import type {Effect} from '../engine/index.ts';
import {jobNameOf} from './scenario/chronos.ts';
import type {Scenario, ScheduledJob} from './scenario/schema.ts';
import {prepare} from './run.io.ts';
import {Simulation} from './simulation.ts';
import {resultOf} from './testing/scenarios.ts';

type Span = readonly [fromMs: number, untilMs: number];

/** The slots of a job up to `untilMs`; those of a cron from `fromMs` on. */
function slotsOf(job: ScheduledJob, span: Span): readonly number[] {
  const {schedule, scheduleTimeZone: zone = 'UTC'} = job as {
    readonly schedule: string;
    readonly scheduleTimeZone?: string;
  };
  const slots = schedule.startsWith('cron:')
    ? cronSlots(schedule.slice('cron:'.length), zone, span)
    : intervalSlots(schedule, zone, span);
  return [...new Set(slots)].sort((left, right) => left - right);
}

function intervalSlots(schedule: string, zone: string, [, untilMs]: Span): readonly number[] {
  const [, start = '', period = ''] = schedule.split('/');
  const plain = Temporal.PlainDateTime.from(start.replace(/Z$/, ''));
  const anchor = plain.toZonedDateTime(start.endsWith('Z') ? 'UTC' : zone);
  const step = Temporal.Duration.from(period);
  const slots: number[] = [];
  for (let k = 0; ; k += 1) {
    const at = period.startsWith('PT') ? elapsed(anchor, step, k) : onTheWall(anchor, step, k);
    if (at > untilMs) return slots;
    slots.push(at);
  }
}

function elapsed(anchor: Temporal.ZonedDateTime, step: Temporal.Duration, k: number): number {
  return anchor.epochMilliseconds + k * step.total('milliseconds');
}

/** The same time by the clock; where that comes twice, the one with the offset of the anchor. */
function onTheWall(anchor: Temporal.ZonedDateTime, step: Temporal.Duration, k: number): number {
  const {months, weeks, days} = step;
  const added = {months: k * months, days: k * (7 * weeks + days)};
  const {year, month, day, hour, minute} = anchor.toPlainDateTime().add(added);
  const fields = {...{year, month, day, hour, minute}, timeZone: anchor.timeZoneId};
  const options = {offset: 'prefer', disambiguation: 'compatible'} as const;
  const wanted = {...fields, offset: anchor.offset};
  return Temporal.ZonedDateTime.from(wanted, options).epochMilliseconds;
}

/** Of the crons of the scenario: one minute each, and dates told by days of the week only. */
function cronSlots(cron: string, zone: string, [fromMs, untilMs]: Span): readonly number[] {
  const [minute = '', hour = '', , , weekdays = ''] = cron.split(' ');
  const isDay = (date: Temporal.PlainDate): boolean =>
    weekdays === '*' || weekdaysOf(weekdays).includes(date.dayOfWeek);
  const slots: number[] = [];
  if (hour === '*') {
    for (let at = fromMs; at <= untilMs; at += 60_000) {
      if (offsetMinutes(zone, at, Number(minute))) slots.push(at);
    }
    return slots;
  }
  const zoned = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  const last = zoned(untilMs).toPlainDate();
  for (let date = zoned(fromMs).toPlainDate(); Temporal.PlainDate.compare(date, last) <= 0;) {
    const time = {hour: Number(hour), minute: Number(minute)};
    const at = date.toPlainDateTime(time).toZonedDateTime(zone).epochMilliseconds;
    if (isDay(date) && at >= fromMs && at <= untilMs) slots.push(at);
    date = date.add({days: 1});
  }
  return slots;
}

/** Whether it is so many minutes past an hour there. Only whole hours of offset are asked for. */
function offsetMinutes(zone: string, ms: number, minute: number): boolean {
  if (Math.floor(ms / 60_000) % 60 !== minute) return false;
  const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  return there.minute === minute;
}

/** `1-5` or `6,7`: Monday is 1, as Temporal has it. */
function weekdaysOf(text: string): readonly number[] {
  const [first = '', last] = text.split('-');
  if (last === undefined) return text.split(',').map(Number);
  return [1, 2, 3, 4, 5, 6, 7].filter((day) => day >= Number(first) && day <= Number(last));
}

test('the oracle knows the nights in which clocks change', (t) => {
  const berlin = {scheduleTimeZone: 'Europe/Berlin'};
  const spring: Span = [Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 30, 12)];
  const text = (slots: readonly number[]): readonly string[] =>
    slots.map((at) => new Date(at).toISOString().slice(8, 16));
  const byCron = {...berlin, schedule: 'cron:30 2 * * *'};
  t.deepEqual(text(slotsOf(byCron, spring)), ['28T01:30', '29T01:30', '30T00:30']);
  const autumn: Span = [Date.UTC(2026, 9, 24), Date.UTC(2026, 9, 26, 12)];
  t.deepEqual(text(slotsOf(byCron, autumn)), ['24T00:30', '25T00:30', '26T01:30']);
  const fromWinter = {...berlin, schedule: 'R/2026-01-01T02:30:00/P1D'};
  t.deepEqual(text(slotsOf(fromWinter, autumn)).slice(-2), ['25T01:30', '26T01:30']);
  const months = {...berlin, schedule: 'R/2026-01-31T12:00:00/P1M'};
  t.deepEqual(text(slotsOf(months, [0, Date.UTC(2026, 3)])), ['31T11:00', '28T11:00', '31T10:00']);
});

/** What is told of the slots of a job. */
interface Account {
  readonly claimed: number[];
  readonly skipped: {readonly first: number; readonly last: number; readonly count: number}[];
}

function runYear(scenario: Scenario, supplies: Simulation['supplies']) {
  const accounts = new Map<string, Account>();
  const accountOf = (job: string): Account => {
    const account = accounts.get(job) ?? {claimed: [], skipped: []};
    accounts.set(job, account);
    return account;
  };
  const effect = (_: number, {kind, ...rest}: Effect): void => {
    if (kind !== 'publish' || !('event' in rest)) return;
    const {event} = rest;
    const job = String(event['job']);
    if (event.type === 'JobQueued' && event['slot'] !== undefined) {
      accountOf(job).claimed.push(Number(event['slot']));
    }
    if (event.type !== 'JobSkipped') return;
    const [first, last, count] = ['first', 'last', 'count'].map((name) => Number(event[name]));
    accountOf(job).skipped.push({first: first ?? 0, last: last ?? 0, count: count ?? 0});
  };
  const witness = {input: () => {}, effect};
  const simulation = new Simulation(scenario, supplies, {isChecking: true, witness});
  simulation.run();
  return {simulation, accountOf};
}

test('in a year of 502 jobs every slot is run or given up with a reason, none twice', (t) => {
  t.timeout(180_000);
  const file = join(import.meta.dirname, '..', 'scenarios', 'chronos-year.yaml');
  const prepared = prepare(file, {dataFolders: [], isLenient: false});
  if (!prepared.ok) return t.fail(JSON.stringify(prepared.problems));
  const {scenario, supplies} = prepared;
  const {simulation, accountOf} = runYear(scenario, supplies);
  const span: Span = [scenario.startMs, scenario.startMs + simulation.now];
  const jobs = scenario.workloads.flatMap((workload) =>
    workload.kind === 'job' ? workload.list : [],
  );
  t.is(jobs.length, 502);
  let waiting = 0;
  let total = 0;
  for (const job of jobs) {
    const name = jobNameOf(job);
    const slots = slotsOf(job, span);
    const {claimed, skipped} = accountOf(name);
    t.is(new Set(claimed).size, claimed.length, `${name} runs a slot twice`);
    const given = skipped.flatMap(({first, last, count}) => {
      const meant = slots.filter((slot) => slot >= first && slot <= last);
      t.is(meant.length, count, `${name} skips ${count} slots from ${first} to ${last}`);
      return meant;
    });
    const told = [...claimed, ...given].sort((left, right) => left - right);
    // The last one may wait for the end of the run before it.
    const left = slots.length - told.length;
    t.deepEqual(told, slots.slice(0, slots.length - left), name);
    t.true(left === 0 || left === 1, `${name}: ${left} slots are left`);
    waiting += left;
    total += slots.length;
  }
  t.true(waiting < 5 && total > 70_000, `${waiting} of ${total}`);
  const {schedules, expectations, agents} = resultOf(simulation);
  t.deepEqual(
    expectations.filter(({passed}) => !passed),
    [],
  );
  t.true(agents.lost > 50 && (schedules?.retries ?? 0) > 500);
  const {claimed, succeeded = 0, failed = 0, cancelled = 0, active = 0} = schedules ?? {};
  t.is(claimed?.slot, succeeded + failed + cancelled + active);
});
