import {readFileSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import test from 'ava';
import * as fc from 'fast-check';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {chronosOptions, parseInstant, ZoneBook} from '../../engine/index.ts';
import type {ChronosOptions} from '../../engine/index.ts';
import {foresee} from './foresee.ts';
import {renderTimetablePage} from './html.ts';
import {readInstant, shortText} from './instants.ts';
import {readJob} from './job-files.ts';
import {makeTimetable} from './make-timetable.ts';
import type {Plan, PlannedJob} from './plan.ts';
import {renderPlot} from './plot.ts';
import {renderTimetable} from './table.ts';
import type {Timetable} from './timetable.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const at = (text: string): number => readInstant(text) ?? Number.NaN;

type Fields = Readonly<Record<string, unknown>>;

function planned(fields: Fields, durationMs = MINUTE): PlannedJob {
  const written = 'id' in fields ? fields : {command: 'true', ...fields};
  const read = readJob(written, chronosOptions());
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return {definition: read.definition, durationMs, durationFrom: 'assumed'};
}

interface Days {
  readonly from: string;
  readonly days: number;
  readonly options?: Partial<ChronosOptions>;
}

function planOf(jobs: readonly PlannedJob[], {from, days, options}: Days): Plan {
  const fromMs = at(from);
  return {
    jobs,
    window: {fromMs, untilMs: fromMs + days * DAY},
    beginMs: fromMs - DAY,
    options: {...chronosOptions(), ...options},
    timeZones: temporalZones,
  };
}

function timetableOf(
  jobs: readonly PlannedJob[],
  days: Days,
  isTold: (job: string) => boolean = () => true,
): Timetable {
  const plan = planOf(jobs, days);
  const result = foresee(plan);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return makeTimetable(plan, result.foresight, {isTold});
}

/** One line for each run: `2026-03-29 01:30 nightly` and its notes. */
function linesOf({fires, skips}: Timetable): readonly string[] {
  const lines = [
    ...fires.map((fire) => {
      const notes = fire.notes.map(({text}) => text).join('; ');
      return `${shortText(at(fire.at.slice(0, 16)))} ${fire.job}${notes && `: ${notes}`}`;
    }),
    ...skips.map(({first, job, text}) => `${shortText(at(first.slice(0, 16)))} ${job}: ${text}`),
  ];
  return lines.sort();
}

const NIGHTS: readonly (readonly [string, Fields, Days, readonly string[]])[] = [
  [
    'a daily job in the night that has no 02:30 runs at 03:30',
    {schedule: 'R/2026-01-01T02:30:00Z/P1D', scheduleTimeZone: 'Europe/Paris'},
    {from: '2026-03-28', days: 3},
    [
      '2026-03-28 01:30 job',
      '2026-03-29 01:30 job: 02:30 does not exist: runs at 03:30',
      '2026-03-30 00:30 job',
    ],
  ],
  [
    'a daily job runs once in the night that has 02:30 twice, at the one that its start is like',
    {schedule: 'R/2026-07-01T02:30:00Z/P1D', scheduleTimeZone: 'Europe/Paris'},
    {from: '2026-10-24', days: 3},
    [
      '2026-10-24 00:30 job',
      '2026-10-25 00:30 job: 02:30 comes twice: runs once, at the first',
      '2026-10-26 01:30 job',
    ],
  ],
  [
    'an hourly job runs in both of two equal hours',
    {schedule: 'R/2026-01-01T00:30:00Z/PT1H', scheduleTimeZone: 'America/New_York'},
    {from: '2026-11-01T05:00Z', days: 3 / 24},
    [
      '2026-11-01 05:30 job: 01:30 comes twice: runs each time, this is the first',
      '2026-11-01 06:30 job: 01:30 comes twice: runs each time, this is the second',
      '2026-11-01 07:30 job',
    ],
  ],
  [
    'a job that begins in the second of two equal hours has none in the first',
    {schedule: 'R/2026-11-01T01:30:00-05:00/PT1H', scheduleTimeZone: 'America/New_York'},
    {from: '2026-11-01T05:00Z', days: 2.5 / 24},
    ['2026-11-01 06:30 job: 01:30 comes twice: runs once, at the second'],
  ],
  [
    'a cron that names a skipped hour and the one after it runs once for both',
    {schedule: 'cron: 30 2,3 * * *', scheduleTimeZone: 'Europe/Berlin'},
    {from: '2026-03-29', days: 1},
    ['2026-03-29 01:30 job: 02:30 does not exist: one run for it and for 03:30'],
  ],
  [
    'half an hour is skipped on Lord Howe',
    {schedule: 'R/2026-01-01T02:15:00Z/P1D', scheduleTimeZone: 'Australia/Lord_Howe'},
    {from: '2026-10-03T12:00Z', days: 1},
    ['2026-10-03 15:45 job: 02:15 does not exist: runs at 02:45'],
  ],
];

for (const [title, fields, days, expected] of NIGHTS) {
  test(title, (t) => {
    t.deepEqual(linesOf(timetableOf([planned({name: 'job', ...fields})], days)), expected);
  });
}

const HOURLY = 'R/2026-01-01T00:00:00Z/PT1H';
const NOON: Days = {from: '2026-05-01T12:00Z', days: 4 / 24};

const OVERLAPS: readonly (readonly [string, Fields, number, readonly string[]])[] = [
  [
    'a run that takes as long as its period is in nobody’s way',
    {},
    HOUR,
    ['12:00 job', '13:00 job', '14:00 job', '15:00 job'],
  ],
  [
    'nor is it where slots are skipped during a run',
    {schedule: 'R/2026-05-01T13:00:00Z/PT1H', overlap: 'skip'},
    HOUR,
    ['13:00 job', '14:00 job', '15:00 job'],
  ],
  [
    'a slot waits for a run that takes longer',
    {schedule: 'R/2026-05-01T12:00:00Z/PT1H'},
    75 * MINUTE,
    [
      '12:00 job',
      '13:00 job: waits 15m for the run before',
      '14:00 job: waits 30m for the run before',
      '15:00 job: waits 45m for the run before',
    ],
  ],
  [
    'slots are skipped while a run goes on where their job says so',
    {schedule: 'R/2026-05-01T12:00:00Z/PT1H', overlap: 'skip'},
    90 * MINUTE,
    [
      '12:00 job',
      '13:00 job: skipped: the run before goes on',
      '14:00 job',
      '15:00 job: skipped: the run before goes on',
    ],
  ],
  [
    'concurrent runs go on beside each other',
    {schedule: 'R/2026-05-01T14:00:00Z/PT1H', concurrent: true},
    90 * MINUTE,
    ['14:00 job', '15:00 job: runs beside the run before'],
  ],
  [
    'a newer run takes the place of the one before where their job says so',
    {schedule: 'R/2026-05-01T14:00:00Z/PT1H', overlap: 'replace'},
    90 * MINUTE,
    ['14:00 job: killed for the next run', '15:00 job: replaces the run before'],
  ],
  [
    'a time limit below what is expected ends each attempt',
    {schedule: 'R1/2026-05-01T14:00:00Z/PT1H', maxCompletionTime: 600, retries: 1},
    30 * MINUTE,
    ['14:00 job: 1 retry; fails: killed after 10m'],
  ],
  [
    'a slot that still waits at the end is told',
    {schedule: 'R2/2026-05-01T14:00:00Z/PT1H'},
    5 * HOUR,
    ['14:00 job', '15:00 job: waits for the run before, beyond the end'],
  ],
  [
    'what began before goes on',
    {schedule: 'R2/2026-05-01T06:00:00Z/PT7H'},
    7.5 * HOUR,
    ['13:00 job: waits 30m for the run before'],
  ],
  [
    'repetitions of the past are over',
    {schedule: 'R50/2026-04-29T12:00:00Z/PT1H'},
    MINUTE,
    ['12:00 job', '13:00 job'],
  ],
  [
    'a schedule without a start begins with the timetable',
    {schedule: 'R2//PT2H'},
    MINUTE,
    ['12:00 job', '14:00 job'],
  ],
  ['a disabled job does not run', {disabled: true}, MINUTE, []],
];

for (const [title, fields, durationMs, expected] of OVERLAPS) {
  test(title, (t) => {
    const job = planned({name: 'job', schedule: HOURLY, ...fields}, durationMs);
    const day = '2026-05-01 ';
    t.deepEqual(
      linesOf(timetableOf([job], NOON)),
      expected.map((line) => day + line),
    );
  });
}

test('a child runs when the last of its parents is expected to end', (t) => {
  const jobs = [
    planned({name: 'extract', schedule: 'R/2026-01-01T01:00:00Z/P1D'}, 20 * MINUTE),
    planned({name: 'fetch', schedule: 'R/2026-01-01T02:00:00Z/P1D'}, 30 * MINUTE),
    planned({name: 'join', parents: ['extract', 'fetch']}, 10 * MINUTE),
    planned({name: 'mail', parents: ['join']}),
  ];
  const timetable = timetableOf(jobs, {from: '2026-05-01', days: 1});
  t.deepEqual(linesOf(timetable), [
    '2026-05-01 01:00 extract',
    '2026-05-01 02:00 fetch',
    '2026-05-01 02:30 join',
    '2026-05-01 02:40 mail',
  ]);
  t.deepEqual(
    timetable.fires.map(({after}) => after),
    [[], [], ['extract', 'fetch'], ['join']],
  );
});

test('jobs of Metronome run by their crons and after each other', (t) => {
  const run = {cpus: 1, mem: 64, cmd: 'true'};
  const schedule = {id: 'nightly', cron: '15 3 * * 1-5', timezone: 'Europe/Rome'};
  const jobs = [
    planned({id: 'clean', run, schedules: [schedule]}),
    planned({id: 'tell', run, dependencies: [{id: 'clean'}]}),
  ];
  t.deepEqual(linesOf(timetableOf(jobs, {from: '2026-05-01', days: 4})), [
    '2026-05-01 01:15 clean',
    '2026-05-01 01:16 tell',
    '2026-05-04 01:15 clean',
    '2026-05-04 01:16 tell',
  ]);
});

test('a new job of a scenario makes up for its past, one that was there does not', (t) => {
  const schedule = 'R/2020-01-01T18:00:00Z/P1D';
  const old = planned({name: 'old', schedule});
  const fresh = {...planned({name: 'fresh', schedule}), submittedAt: at('2026-05-01')};
  const plan = planOf([old, fresh], {from: '2026-05-01', days: 1});
  const result = foresee({...plan, beginMs: plan.window.fromMs});
  t.true(result.ok);
  if (!result.ok) return;
  t.deepEqual(
    result.foresight.fires.map(({job, startAt}) => [job, shortText(startAt ?? 0)]),
    [
      ['fresh', '2026-05-01 00:00'],
      ['fresh', '2026-05-01 18:00'],
      ['old', '2026-05-01 18:00'],
    ],
  );
  t.deepEqual(
    result.foresight.fires.map(({isLate}) => isLate),
    [true, false, false],
  );
});

const ZONES = [
  ...['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'],
  ...['America/St_Johns', 'Pacific/Auckland', 'Africa/Casablanca', 'Asia/Tehran'],
];

/** The daily instants of a local time, by Temporal alone; of two the one with `anchor`'s offset. */
function byTemporal(
  {zone, time, anchor}: {readonly zone: string; readonly time: string; readonly anchor: string},
  from: string,
  days: number,
): readonly number[] {
  const start = Temporal.Instant.from(`${from}T00:00:00Z`).epochMilliseconds;
  const first = Temporal.PlainDate.from(from).subtract({days: 2});
  const {offset} = Temporal.PlainDateTime.from(`${anchor}T${time}`).toZonedDateTime(zone);
  return Array.from({length: days + 4}, (_, day) => {
    const local = first.add({days: day}).toPlainDateTime(Temporal.PlainTime.from(time));
    const later = local.toZonedDateTime(zone, {disambiguation: 'later'});
    const isRepeated = later.toPlainDateTime().equals(local) && later.offset === offset;
    return isRepeated ? later : local.toZonedDateTime(zone, {disambiguation: 'compatible'});
  })
    .map(({epochMilliseconds}) => epochMilliseconds)
    .filter((instant) => instant >= start && instant < start + days * DAY);
}

test('fires are those that Temporal finds by itself, in any zone and over any change', (t) => {
  // Most changes of the clock come in the first hours of a day.
  const minutes = fc.oneof(fc.integer({min: 0, max: 239}), fc.integer({min: 0, max: 1439}));
  const day = fc.integer({min: 0, max: 700});
  const anchors = fc.constantFrom('2024-01-01', '2024-07-01');
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      minutes,
      day,
      anchors,
      (zone, minute, offset, anchor) => {
        const time = Temporal.PlainTime.from('00:00').add({minutes: minute}).toString();
        const from = Temporal.PlainDate.from('2025-01-01').add({days: offset}).toString();
        const schedule = `R/${anchor}T${time}Z/P1D`;
        const job = planned({name: 'job', schedule, scheduleTimeZone: zone});
        const {fires} = timetableOf([job], {from, days: 60});
        t.deepEqual(
          fires.map((fire) => parseInstant(fire.at)),
          byTemporal({zone, time, anchor}, from, 60),
        );
        for (const fire of fires) {
          const local = Temporal.Instant.from(fire.at).toZonedDateTimeISO(zone).toPlainDateTime();
          t.is(fire.local, local.toString({smallestUnit: 'millisecond'}));
        }
      },
    ),
    {numRuns: 100},
  );
});

function example(): Timetable {
  const paris = {scheduleTimeZone: 'Europe/Paris'};
  const jobs = [
    planned(
      {name: 'backup', cpus: 2, mem: 4096, schedule: 'R/2026-01-01T02:30:00Z/P1D', ...paris},
      HOUR,
    ),
    planned(
      {name: 'crawl', cpus: 0.5, mem: 512, schedule: 'R/2026-01-01T00:00:00Z/PT6H'},
      7 * HOUR,
    ),
    planned({name: 'poll', cpus: 0.1, mem: 64, schedule: 'R/2026-03-29T00:40:00Z/PT20M', ...paris}),
    planned({name: 'report', cpus: 1, mem: 1024, parents: ['backup', 'load']}),
    {
      ...planned({name: 'load', cpus: 4, mem: 8192, schedule: 'cron: 0 1 * * *'}, 2 * HOUR),
      durationFrom: 'history' as const,
    },
    planned({name: 'off', disabled: true, schedule: HOURLY}),
  ];
  return timetableOf(jobs, {from: '2026-03-28T18:00Z', days: 0.5});
}

test('the table and the plot read as in testdata/timetable.txt', async (t) => {
  const file = new URL('testdata/timetable.txt', import.meta.url);
  const timetable = {...example(), timeZones: '2026a'};
  const zone = 'Asia/Tokyo';
  const told = new ZoneBook(temporalZones).find(zone);
  const fires = timetable.fires.map((fire) => ({
    ...fire,
    inZone: new Date((parseInstant(fire.at) ?? 0) + (told?.offsetAt(0) ?? 0)).toISOString(),
  }));
  const found = [
    renderTimetable(timetable, {limit: 0, color: false}),
    renderTimetable({...timetable, fires}, {limit: 3, zone, color: false}),
    renderTimetable({...timetable, fires: [], skips: [], load: []}, {limit: 3, color: false}),
    renderPlot(timetable, {width: 80, color: false}),
  ].join(`${'='.repeat(80)}\n`);
  if (process.env['REWRITE'] === '1') await writeFile(file, found);
  t.is(found, await readFile(file, 'utf8'));
});

test('only the jobs that are asked for are told, and others go on', (t) => {
  const jobs = [
    planned({name: 'first', schedule: 'R/2026-05-01T12:00:00Z/P1D', cpus: 3}, HOUR),
    planned({name: 'then', parents: ['first'], cpus: 1}),
  ];
  const timetable = timetableOf(jobs, {from: '2026-05-01', days: 1}, (job) => job === 'then');
  t.deepEqual(linesOf(timetable), ['2026-05-01 13:00 then']);
  t.deepEqual(timetable.load.map(({resource, peak}) => [resource, peak])[0], ['cpus', 1]);
});

test('JSON has the fields that docs/timetable.md names, and every instant with its zone', (t) => {
  const timetable = example();
  const docs = readFileSync(new URL('../../docs/timetable.md', import.meta.url), 'utf8');
  const fields = new Set<string>();
  const collect = (value: unknown, isNamed: boolean): void => {
    if (Array.isArray(value)) for (const item of value) collect(item, isNamed);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (isNamed) fields.add(name);
        collect(inner, name !== 'needs');
      }
    }
  };
  collect(JSON.parse(JSON.stringify(timetable)), true);
  for (const field of fields) t.true(docs.includes(`\`${field}\``), `${field} is documented`);
  for (const {at: instant, start} of timetable.fires) {
    t.is(new Date(instant).toISOString(), instant);
    if (start !== null) t.is(new Date(start).toISOString(), start);
  }
});

const ODD: readonly (readonly [string, readonly Fields[], RegExp])[] = [
  ['a parent that is not there', [{name: 'a', parents: ['b']}], /^\/parents.*none named b/],
  [
    'a circle',
    [
      {name: 'a', parents: ['b']},
      {name: 'b', parents: ['a']},
    ],
    /^\/parents.*wait for one another: a → b → a/,
  ],
  ['two jobs of one name', [{name: 'a'}, {name: 'a'}], /^\/name.*two jobs of this name: a/],
  ['a zone that nobody knows', [{name: 'a', schedule: HOURLY, scheduleTimeZone: 'Mars/X'}], /zone/],
  ['a schedule that nobody can read', [{name: 'a', schedule: 'daily'}], /^\/schedule.*daily/],
];

for (const [title, jobs, expected] of ODD) {
  test(`${title} is refused`, (t) => {
    const list = jobs.map((fields) => planned(fields));
    const result = foresee(planOf(list, {from: '2026-05-01', days: 1}));
    t.false(result.ok);
    if (!result.ok)
      t.regex(result.faults.map((fault) => fault.path + fault.message)[0] ?? '', expected);
  });
}

test('the page holds no text of the jobs as markup, and loads nothing', (t) => {
  const name = 'x';
  const schedule = 'R/2026-05-01T12:00:00Z/P1D';
  const timetable = timetableOf([planned({name, schedule})], {from: '2026-05-01', days: 1});
  const nasty = '</script><script>alert(1)</script>';
  const jobs = timetable.jobs.map((job) => ({...job, job: nasty}));
  const fires = timetable.fires.map((fire) => ({...fire, job: nasty}));
  const page = renderTimetablePage({...timetable, jobs, fires}, 'window.echarts = {};');
  t.false(page.includes(nasty));
  t.notRegex(page, /(src|href)="(?!data:)/);
  t.is(page.split('<script').length, 4);
});
