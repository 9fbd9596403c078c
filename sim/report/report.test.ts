import {readFile, writeFile} from 'node:fs/promises';
import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import * as fc from 'fast-check';
import type {SimResult} from '../result.ts';
import {
  formatAmount,
  formatClock,
  formatCompact,
  formatCount,
  formatDuration,
  formatInstant,
  formatInstantBriefly,
  formatMemory,
  formatRatio,
  formatResource,
} from './format.ts';
import {headlineOf} from './headline.ts';
import {scriptJson, scriptSource} from './html-parts.ts';
import {renderReport} from './html.ts';
import {renderSummary} from './table.ts';
import {KEY_METRICS, metricsOf} from './testdata/metrics.ts';
import {EMPTY_RESULT, makeLargeResult, NASTY_NAME, SMALL_RESULT} from './testdata/results.ts';
import {renderTimeSeries} from './timeseries.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FORMATS: readonly (readonly [string, string, string])[] = [
  ['zero', formatCount(0), '0'],
  ['thousands', formatCount(1_234_567), '1,234,567'],
  ['three digits stay together', formatCount(999), '999'],
  ['decimals', formatCount(1234.5678, 2), '1,234.57'],
  ['no negative zero', formatCount(-0.4), '0'],
  ['negative', formatCount(-1234), '-1,234'],
  ['not a number', formatCount(Number.NaN), '–'],
  ['compact below a million is whole', formatCompact(999_999), '999,999'],
  ['compact million', formatCompact(1_234_567), '1.23M'],
  ['compact, round', formatCompact(12_000_000), '12M'],
  ['compact carries to the next unit', formatCompact(999_999_999), '1G'],
  ['compact, largest unit', formatCompact(5e15), '5,000T'],
  ['amount without decimals', formatAmount(4278), '4,278'],
  ['amount with decimals', formatAmount(0.125), '0.125'],
  ['amount drops zeros', formatAmount(2.5), '2.5'],
  ['amount keeps zeros before the point', formatAmount(100), '100'],
  ['memory of agents is in MB', formatResource('mem', 8192), '8,192 MB'],
  ['cpus are counted', formatResource('cpus', 632_636), '632,636'],
  ['ratio', formatRatio(0.6124), '61.2%'],
  ['nothing', formatRatio(0), '0.0%'],
  ['next to nothing is not nothing', formatRatio(0.0001), '<0.1%'],
  ['all', formatRatio(1), '100.0%'],
  ['nearly all is not all', formatRatio(0.99999), '>99.9%'],
  ['no time', formatDuration(0), '0 s'],
  ['part of a millisecond', formatDuration(0.44), '0.4 ms'],
  ['milliseconds', formatDuration(250), '250 ms'],
  ['rounds up to a second', formatDuration(999.9), '1 s'],
  ['seconds', formatDuration(1500), '1.5 s'],
  ['rounds up to a minute', formatDuration(59_960), '1m'],
  ['minutes', formatDuration(4 * MINUTE + 5 * SECOND), '4m 05s'],
  ['rounds up to an hour', formatDuration(HOUR - 1), '1h'],
  ['hours', formatDuration(64 * MINUTE), '1h 04m'],
  ['rounds up to a day', formatDuration(DAY - 1), '1d'],
  ['days', formatDuration(26 * HOUR), '1d 02h'],
  ['a round number of days', formatDuration(31 * DAY), '31d'],
  ['years are days', formatDuration(1234 * DAY), '1,234d'],
  ['negative duration', formatDuration(-1500), '-1.5 s'],
  ['clock', formatClock(4 * HOUR), '04:00'],
  ['clock to the millisecond', formatClock(DAY + 7250), '00:00:07.250'],
  ['the start', formatInstant(0), 'day 0 00:00'],
  ['an instant', formatInstant(76 * HOUR), 'day 3 04:00'],
  ['an instant, exactly', formatInstant(76 * HOUR + 1), 'day 3 04:00:00.001'],
  ['an instant, briefly', formatInstantBriefly(76 * HOUR + 59_999), 'day 3 04:00'],
  ['an early instant, briefly', formatInstantBriefly(7250), 'day 0 00:00:07'],
  ['MiB', formatMemory(512), '512 MiB'],
  ['GiB', formatMemory(1945.6), '1.9 GiB'],
];

test('figures are written for people, and alike everywhere', (t) => {
  for (const [title, found, expected] of FORMATS) t.is(found, expected, title);
});

test('a duration never shows 60 seconds, 60 minutes or 24 hours', (t) => {
  fc.assert(
    fc.property(fc.double({min: 0, max: 1e11, noNaN: true}), (ms) => {
      const text = formatDuration(ms);
      return !/\b60(s|m| s)|\b24h|1000 ms/.test(text) && /^[\d,.]+( ms| s|m|h|d)/.test(text);
    }),
  );
  t.pass();
});

test('a count read without its commas is the count', (t) => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      (count) => Number(formatCount(count).replaceAll(',', '')) === count,
    ),
  );
  t.pass();
});

test('JSON in a script element cannot end it and reads back equal', (t) => {
  fc.assert(
    fc.property(fc.json({stringUnit: 'binary'}), fc.string(), (json, text) => {
      const value: unknown = {[`${text}</script>\u2028<!--`]: JSON.parse(json)};
      const {markup} = scriptJson(value);
      t.notRegex(markup, /[<\u2028\u2029]/);
      t.deepEqual(JSON.parse(markup), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('source in a script element cannot end it', (t) => {
  const {markup} = scriptSource('a = "</script>"; b = /<\\/SCRIPT/; c = "<!--";');
  t.is(markup, 'a = "<\\/script>"; b = /<\\/SCRIPT/; c = "<\\!--";');
});

const HEADLINES: readonly (readonly [string, Partial<SimResult>, string])[] = [
  ['nothing happened', {}, 'In 0 s of virtual time, 0 agents were given 0 tasks and started none.'],
  [
    'nobody waited',
    {
      agents: {count: 1, lost: 0, returned: 0, upAtEnd: 1},
      tasks: {...EMPTY_RESULT.tasks, submitted: 1, placed: 1, finished: 1},
      waiting: {...EMPTY_RESULT.waiting, count: 1},
    },
    'In 0 s of virtual time, 1 agent were given 1 task and started all of them. No task waited.',
  ],
];

test('the headline says what happened', (t) => {
  for (const [title, changes, expected] of HEADLINES) {
    t.is(headlineOf({...EMPTY_RESULT, ...changes}), expected, title);
  }
  t.is(
    headlineOf(SMALL_RESULT),
    'In 2d of virtual time, 40 agents were given 1,200 tasks and started 99.2% of them. 84.0% ' +
      'started without waiting, 95% within 1h 04m; the longest wait was 1d 02h. The busiest ' +
      'resource was cpus: 61.2% in use on average, 93.4% at the peak.',
  );
});

test('the summary reads as in testdata/summary.txt', async (t) => {
  const file = new URL('testdata/summary.txt', import.meta.url);
  const text = [SMALL_RESULT, makeLargeResult(), EMPTY_RESULT].map((result) =>
    renderSummary(result),
  );
  const found = text.join(`${'='.repeat(80)}\n`);
  if (process.env['REWRITE'] === '1') await writeFile(file, found);
  t.is(found, await readFile(file, 'utf8'));
});

test('the summary keeps within the terminal, in colour only when asked', (t) => {
  for (const result of [SMALL_RESULT, makeLargeResult(), EMPTY_RESULT]) {
    for (const width of [80, 100, 140]) {
      const plain = renderSummary(result, {width});
      const colored = renderSummary(result, {width, color: true});
      for (const line of plain.split('\n')) t.true(line.length <= width, `${width}: ${line}`);
      t.notRegex(plain, /\p{Cc}(?<!\n)/u);
      t.is(stripVTControlCharacters(colored), plain);
      t.not(colored, plain);
    }
  }
});

test('the summary of a run without machine figures differs in nothing between machines', (t) => {
  const {machine, ...deterministic} = SMALL_RESULT;
  t.truthy(machine);
  t.notRegex(renderSummary(deterministic), /Machine|real time/);
});

test('the summary tells the first ten reasons for waiting and counts the rest', (t) => {
  const waitingReasons = Array.from({length: 13}, (_, index) => ({
    framework: 'batch',
    reason: `reason ${index}`,
    tasks: 20 - index,
    example: 'job 1',
  }));
  const text = renderSummary({...SMALL_RESULT, waitingReasons});
  t.regex(text, /reason 9 .*\n {2}and 27 tasks for 3 other reasons\n/);
});

test('timeseries.csv has a row a sample and the units in the names', (t) => {
  const lines = renderTimeSeries(SMALL_RESULT).split('\n');
  t.is(
    lines[0],
    'atMs,runningTasks,waitingTasks,agentsUp,usedRatio.cpus,usedRatio.mem,shareRatio.batch,' +
      `"shareRatio.${NASTY_NAME.replaceAll('"', '""')}"`,
  );
  t.deepEqual(lines.slice(1), [
    '0,0,0,40,0,0,0,0',
    '86400000,80,20,38,0.93,0.5,0.8,0.25',
    '172800000,74,10,39,0.5,0.25,0.1,0.2',
    '',
  ]);
  t.is(renderTimeSeries(EMPTY_RESULT), 'atMs,runningTasks,waitingTasks,agentsUp\n');
});

function metricsShown(page: string): Map<string, string> {
  const unescaped = (text: string): string =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
  const shown = page.matchAll(/<data data-metric="([^"]*)" data-value="([^"]*)">/g);
  return new Map(
    [...shown].map(([, name = '', value = '']) => [unescaped(name), unescaped(value)]),
  );
}

test('every figure marked in the report is the one in the result', (t) => {
  const expected = metricsOf(SMALL_RESULT);
  const shown = metricsShown(renderReport(SMALL_RESULT, ''));
  for (const [name, value] of shown) t.is(expected.get(name), value, name);
  for (const name of KEY_METRICS) t.true(shown.has(name), name);
});

test('names of the scenario cannot become markup, and the report names no other place', (t) => {
  const page = renderReport(SMALL_RESULT, 'window.library = "</script>";');
  t.is(page.match(/<script/g)?.length, 3);
  t.is(page.match(/<\/script>/g)?.length, 3);
  t.true(page.includes('<h1>small &amp; &lt;odd&gt;</h1>'));
  t.notRegex(page, /https?:|\bsrc=|url\(/);
});

test('the report is the same for the same result', (t) => {
  t.is(renderReport(makeLargeResult(), ''), renderReport(makeLargeResult(), ''));
});

test('waits by job stand beside those by task, but only where jobs have several tasks', (t) => {
  const waiting = {...SMALL_RESULT.waiting, count: 3, countWaited: 1, maxMs: 77 * MINUTE};
  const figures = {submitted: 3, finished: 3, failed: 0, running: 0, queued: 0};
  const jobs = {...figures, waiting, makespanMs: 100 * HOUR};
  const wide: SimResult = {...SMALL_RESULT, jobs};
  t.regex(renderSummary(wide), /^by job +1 .* 1h 17m$/m);
  t.true(renderReport(wide, '').includes('data-metric="jobs.waiting.maxMs"'));
  const [batch] = SMALL_RESULT.frameworks;
  const narrow: SimResult = {
    ...wide,
    jobs: {...jobs, waiting: {...waiting, count: batch?.waiting.count ?? 0}},
  };
  t.notRegex(renderSummary(narrow), /by job/);
  t.false(renderReport(narrow, '').includes('data-metric="jobs.'));
});

test('scheduled jobs stand in both reports, of many jobs those with trouble', (t) => {
  const counts = {claimed: 3, succeeded: 3, failed: 0, cancelled: 0, retries: 1, active: 0};
  const list = Array.from({length: 150}, (_, index) => ({
    ...{job: `job-${index}`, framework: 'chronos', ...counts},
    skipped: index === 140 ? 7 : 0,
  }));
  const schedules = {
    ...{jobs: 150, claimed: {slot: 440, manual: 4, child: 6}, skipped: {late: 7}, list},
    ...{succeeded: 450, failed: 0, cancelled: 0, retries: 150, active: 0},
    lateness: {...SMALL_RESULT.waiting, count: 440, maxMs: 77 * MINUTE},
  };
  const start = '2026-03-27T06:00:00.000Z';
  const result: SimResult = {...SMALL_RESULT, start, timeZones: '2026a', schedules};
  const expected = metricsOf(result);
  const page = renderReport(result, '');
  const shown = metricsShown(page);
  for (const [name, value] of shown) t.is(expected.get(name), value, name);
  for (const name of [
    'start',
    'timeZones',
    'schedules.claimed.child',
    'schedules.lateness.maxMs',
  ]) {
    t.true(shown.has(name), name);
  }
  t.true(page.includes('job-140') && page.includes('job-98') && !page.includes('job-99'));
  const summary = renderSummary(result);
  t.regex(summary, /^job-140 +3 +3 +0 +0 +1 +7 +0$/m);
  t.regex(summary, /from slot to launch: .*max 1h 17m/);
  t.notRegex(summary, /^job-9 /m);
  t.notRegex(renderSummary(SMALL_RESULT), /slot|tz database/);
  t.false(renderReport(SMALL_RESULT, '').includes('schedules.'));
});
