import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import * as fc from 'fast-check';
import {chronosOptions} from '../../engine/index.ts';
import type {Span} from './fires.ts';
import {readHistory} from './history.ts';
import {readEnd, readInstant, shortText} from './instants.ts';
import {isScenario, readJobs} from './job-files.ts';
import {loadOf, seriesOf, type Needs} from './load.ts';
import {loadPlan} from './load-plan.io.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Fields = Readonly<Record<string, unknown>>;

const at = (text: string): number => readInstant(text) ?? Number.NaN;

test('what is no job is refused by its field', (t) => {
  const options = chronosOptions();
  const problems = (value: unknown): readonly string[] =>
    readJobs(value, options).problems.map(({path, message}) => `${path.join('.')}: ${message}`);
  t.regex(problems([{name: 'a', command: 'x', cpus: -1}])[0] ?? '', /^0\.cpus: must be at least 0/);
  t.regex(problems({command: 'x'})[0] ?? '', /^: expected a job .* found a map of command/);
  t.regex(problems('x')[0] ?? '', /found "x"/);
  t.regex(problems([])[0] ?? '', /a job at least/);
  t.regex(problems({id: 'a', run: {cpus: 1, mem: 1, cmd: 'x'}})[0] ?? '', /^run\.mem: /);
  t.true(isScenario({workloads: []}));
  t.false(isScenario({name: 'a'}));
});

const INSTANTS: readonly (readonly [string, string | undefined])[] = [
  ['2026-03-28', '2026-03-28T00:00:00.000Z'],
  ['2026-03-28T18:00', '2026-03-28T18:00:00.000Z'],
  ['2026-03-28 18:00Z', '2026-03-28T18:00:00.000Z'],
  ['2026-03-28T18:00:07.5+02:00', '2026-03-28T16:00:07.500Z'],
  ['2026-02-30', undefined],
  ['tomorrow', undefined],
];

test('instants are read as people write them', (t) => {
  for (const [text, expected] of INSTANTS) {
    const ms = readInstant(text);
    t.is(ms === undefined ? undefined : new Date(ms).toISOString(), expected, text);
  }
  t.is(readEnd('36h', 0), 36 * HOUR);
  t.is(readEnd('1970-01-02', 5), DAY);
  t.is(shortText(at('2026-03-28T18:00:07.25Z')), '2026-03-28 18:00:07.250');
});

test('a history gives the median of what successful runs took', (t) => {
  const run = (minutes: number, outcome = 'success'): Fields => ({
    start: '2026-03-01T00:00:00.000Z',
    end: new Date(at('2026-03-01') + minutes * MINUTE).toISOString(),
    outcome,
  });
  const retried = {
    ...run(30),
    tasks: [{start: '2026-03-01T00:00:00Z'}, {start: '2026-03-01T00:20:00Z'}],
  };
  const metronome = {
    id: 'm',
    history: {
      successfulFinishedRuns: [
        {createdAt: '2026-03-01T00:00:00.000+0000', finishedAt: '2026-03-01T00:04:00.000+0000'},
      ],
    },
  };
  const answer = {
    job: 'a',
    active: [],
    ended: [run(1), run(9), run(3), run(2), run(8), run(99, 'failure')],
  };
  const durations = (value: unknown): readonly (readonly [string, number])[] => {
    const result = readHistory(value);
    return result.ok ? [...result.durations] : [];
  };
  t.deepEqual(durations(answer), [['a', 3 * MINUTE]]);
  t.deepEqual(durations([answer, metronome]), [
    ['a', 3 * MINUTE],
    ['m', 4 * MINUTE],
  ]);
  t.deepEqual(durations({b: [retried], c: answer}), [
    ['b', 10 * MINUTE],
    ['c', 3 * MINUTE],
  ]);
  const bad = readHistory({b: [{start: 'soon', end: 'later', outcome: 'success'}]});
  t.like(bad, {ok: false, problems: [{path: ['b', 0, 'start']}]});
});

const spans = fc.array(
  fc.record({
    job: fc.constantFrom('a', 'b', 'c', 'd'),
    startAt: fc.integer({min: -20, max: 120}),
    length: fc.integer({min: 0, max: 50}),
  }),
  {maxLength: 30},
);

test('loads are those that counting at every instant finds', (t) => {
  const amounts: Readonly<Record<string, number>> = {a: 100, b: 250, c: 1000, d: 70};
  const needsOf = (job: string): Needs => new Map([['cpus', amounts[job] ?? 0]]);
  const window = {fromMs: 0, untilMs: 100};
  fc.assert(
    fc.property(spans, fc.constantFrom(4, 7, 10, 100), (list, count) => {
      const pieces: readonly Span[] = list
        .map(({job, startAt, length}) => ({job, startAt, endAt: startAt + length}))
        .sort((one, two) => one.startAt - two.startAt);
      const loadAt = (ms: number, of?: string): number =>
        pieces
          .filter(({job, startAt, endAt}) => startAt <= ms && ms < endAt && (of ?? job) === job)
          .reduce((sum, {job}) => sum + (amounts[job] ?? 0), 0);
      const each = Array.from({length: 100}, (_, ms) => loadAt(ms));
      const load = loadOf(pieces, needsOf, window)[0];
      const peak = Math.max(...each);
      t.is(load?.peak ?? 0, peak);
      if (peak > 0) {
        t.is(load?.peakAt, each.indexOf(peak));
        t.is(
          load?.peakJobs.reduce((sum, {amount}) => sum + amount, 0),
          peak,
        );
      }
      const mean = each.reduce((sum, value) => sum + value, 0) / 100;
      t.true(Math.abs((load?.mean ?? 0) - mean) < 1e-6);
      const series = seriesOf('cpus', pieces, needsOf, {window, count, jobsMax: 2});
      const whole = series.mean.reduce((sum, value) => sum + value, 0) / count;
      t.true(Math.abs(whole - mean) < 1e-6);
      t.is(Math.max(0, ...series.peak), peak);
      for (const part of series.mean.keys()) {
        const stacked = series.byJob.reduce((sum, {mean: own}) => sum + (own[part] ?? 0), 0);
        t.true(Math.abs(stacked - (series.mean[part] ?? 0)) < 1e-6);
        const inside = each.filter((_, ms) => Math.floor(ms / series.stepMs) === part);
        if (100 % count === 0) t.is(series.peak[part], Math.max(...inside));
      }
    }),
  );
});

test('files of jobs are read with the place of what is wrong', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-timetable-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const load = (...files: string[]): ReturnType<typeof loadPlan> =>
    loadPlan(files, {
      dataFolders: [],
      preset: 'drydock',
      fromMs: undefined,
      nowMs: at('2026-05-01'),
      until: undefined,
      durationMs: MINUTE,
      historyFile: undefined,
    });
  try {
    const good = write('good.yaml', 'name: a\ncommand: x\nschedule: R/2026-05-01T12:00:00Z/P1D\n');
    const loaded = load(good);
    t.true(loaded.ok);
    if (loaded.ok) {
      t.is(loaded.plan.window.untilMs - loaded.plan.window.fromMs, 7 * DAY);
      const wrong = loaded.place({job: 'a', path: '/schedule', message: 'no'});
      t.like(wrong, {path: 'schedule', message: 'no', file: good, line: 3, column: 11});
    }
    const bad = write(
      'bad.json',
      '[\n {"name": "a", "command": "x"},\n {"name": "b", "cpus": -1}]',
    );
    const refused = load(bad);
    t.like(refused, {ok: false, problems: [{path: '[1].cpus', file: bad, line: 3, column: 24}]});
    t.like(load(join(folder, 'none.json')), {ok: false, problems: [{message: 'file not found'}]});
    t.like(load(write('broken.json', '[{"name": "a"}')), {ok: false, problems: [{line: 1}]});
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});
