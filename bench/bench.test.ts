import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import type {Bench, Reading, Suite} from './bench.ts';
import {WrongRunError} from './bench.ts';
import {topSelfTimes} from './profile.ts';
import type {CpuProfile} from './profile.ts';
import {measureSuite} from './session.ts';
import {markdownTable, putBetweenMarkers, showNumber, terminalTable} from './show.ts';
import {SIM_MICROS} from './sim/micros.ts';
import {figureOf, gather, medianOf, ratiosOf, verdictOf} from './statistics.ts';
import type {Figure} from './statistics.ts';
import {suiteNames, SUITES} from './suites.ts';
import {runWhole} from './whole-run.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], {encoding: 'utf8'});
}

const figure = (name: string, ...values: number[]): Figure => figureOf({name, unit: 's', values});

test('the median is the middle value, or the mean of the two in the middle', (t) => {
  const cases: readonly (readonly [values: readonly number[], median: number])[] = [
    [[7], 7],
    [[3, 1], 2],
    [[9, 1, 5], 5],
    [[10, 9, 100, 1], 9.5],
    [[2, 2, 2, 50], 2],
    [[], NaN],
  ];
  for (const [values, median] of cases) t.is(medianOf(values), median, values.join(' '));
});

test('a figure keeps its samples in the order in which they were taken', (t) => {
  t.deepEqual(figureOf({name: 'a/b', unit: 's', values: [3, 1, 2]}), {
    name: 'a/b',
    unit: 's',
    median: 2,
    min: 1,
    max: 3,
    samples: [3, 1, 2],
  });
});

test('the median decides whether a target is met', (t) => {
  const cases = [
    ['atMost', 5, [4, 5, 90], true, 1],
    ['atMost', 5, [5.5, 1, 6], false, 1.1],
    ['atLeast', 100, [50, 200, 300], true, 2],
    ['atLeast', 100, [99, 1, 300], false, 0.99],
  ] as const;
  for (const [bound, value, values, isMet, ratio] of cases) {
    t.deepEqual(verdictOf(figure('x', ...values), {name: 'x', bound, value}), {isMet, ratio});
  }
});

test('ratios are those of values of the same round', (t) => {
  t.deepEqual(ratiosOf([10, 30, 8], [5, 10]), [2, 3]);
});

test('readings of one name are gathered in the order of their rounds', (t) => {
  const reading = (name: string, value: number): Reading => ({name, unit: 's', values: [value]});
  t.deepEqual(gather([reading('b', 1), reading('a', 2), reading('b', 3)]), [
    {name: 'b', unit: 's', values: [1, 3]},
    {name: 'a', unit: 's', values: [2]},
  ]);
});

test('numbers are shown with three digits that count and grouped thousands', (t) => {
  const cases: readonly (readonly [value: number, text: string])[] = [
    [0, '0'],
    [0.0234, '0.023'],
    [1.5, '1.50'],
    [42.25, '42.3'],
    [999.6, '1,000'],
    [50_000, '50,000'],
    [1_234_567.8, '1,234,568'],
    [NaN, 'NaN'],
  ];
  for (const [value, text] of cases) t.is(showNumber(value), text);
});

test('tables say the target, whether it is met, and the ratio to it', (t) => {
  const targets = [
    {name: 'a/time', bound: 'atMost', value: 5},
    {name: 'a/rate', bound: 'atLeast', value: 100},
  ] as const;
  const figures = [figure('a/time', 2, 3), figure('a/rate', 50), figure('a/memory', 7)];
  t.is(
    markdownTable(figures, {targets}),
    `| figure | unit | median | min | max | samples | target | met | ratio |
| --- | --- | --: | --: | --: | --: | --: | --- | --: |
| a/time | s | 2.50 | 2.00 | 3.00 | 2 | ≤ 5.00 | yes | 0.50 |
| a/rate | s | 50.0 | 50.0 | 50.0 | 1 | ≥ 100 | NO | 0.50 |
| a/memory | s | 7.00 | 7.00 | 7.00 | 1 |  |  |  |`,
  );
  for (const part of ['a/memory', '≤ 5.00', 'NO']) {
    t.true(terminalTable(figures, {targets}).includes(part), part);
  }
});

test('tables say what another program takes, and how many times that is', (t) => {
  const comparison = {with: 'Mesos', figures: new Map([['a/time', 5]])};
  t.is(
    markdownTable([figure('a/time', 2), figure('a/rate', 50)], {targets: [], comparison}),
    `| figure | unit | median | min | max | samples | Mesos | gain | target | met | ratio |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- | --: |
| a/time | s | 2.00 | 2.00 | 2.00 | 1 | 5.00 | 2.50 × |  |  |  |
| a/rate | s | 50.0 | 50.0 | 50.0 | 1 |  |  |  |  |  |`,
  );
});

test('a block of the manual is replaced between its markers, and nothing else', (t) => {
  const page = 'x\n<!-- figures: a -->\nold\n<!-- end of figures: a -->\ny';
  const put = putBetweenMarkers(page, 'a', 'new');
  t.is(put, 'x\n<!-- figures: a -->\nnew\n<!-- end of figures: a -->\ny');
  t.is(putBetweenMarkers(put ?? '', 'a', 'new'), put);
  t.is(putBetweenMarkers(page, 'b', 'new'), undefined);
});

test('a profile counts the time from a sample to the next for the function on top', (t) => {
  const node = (id: number, functionName: string, url: string, lineNumber: number) => ({
    id,
    callFrame: {functionName, url, lineNumber},
  });
  const profile: CpuProfile = {
    nodes: [
      node(1, 'run', 'file:///house/engine/a.ts', 9),
      node(2, '', 'file:///house/sim/b.ts', 0),
      node(3, '(idle)', '', -1),
      // The same function, called from elsewhere.
      node(4, 'run', 'file:///house/engine/a.ts', 9),
      node(5, '(garbage collector)', '', -1),
    ],
    samples: [1, 2, 3, 4, 5, 1],
    timeDeltas: [100, 300_000, 100_000, 900_000, 200_000, 200_000],
  };
  t.deepEqual(topSelfTimes(profile, '/house', 2), [
    {place: 'run engine/a.ts:10', seconds: 0.5, ratio: 0.625},
    {place: '(garbage collector)', seconds: 0.2, ratio: 0.25},
  ]);
});

function suiteOf(...benches: readonly Partial<Bench>[]): Suite {
  return {
    name: 's',
    about: '',
    targets: [],
    benches: benches.map((one, index) => ({
      name: `s/${index}`,
      about: '',
      rounds: 2,
      isWholeRun: false,
      skipReason: () => undefined,
      measure: () => [],
      ...one,
    })),
    derive: (valuesOf) => [
      {name: 's/twice', unit: '', values: (valuesOf('s/0') ?? []).map((value) => 2 * value)},
    ],
  };
}

const context = {isQuick: false, dataFolder: undefined, profileFile: undefined};

test('benches take turns, those that cannot run are named with the reason', async (t) => {
  const lines: string[] = [];
  let next = 0;
  const measure = (name: string) => () => {
    next += 1;
    return [{name, unit: 's', values: [next]}];
  };
  const suite = suiteOf(
    {measure: measure('s/0')},
    {skipReason: () => 'no data'},
    {measure: measure('s/2'), rounds: 1},
  );
  const options = {context, filter: undefined, rounds: undefined};
  const progress = (line: string) => lines.push(line);
  const figures = await measureSuite(suite, {...options, progress});
  t.deepEqual(
    figures.map(({name, samples}) => [name, samples]),
    [
      ['s/0', [1, 3]],
      ['s/2', [2]],
      ['s/twice', [2, 6]],
    ],
  );
  t.deepEqual(lines, ['s/1 skipped: no data', 's/0 (1 of 2)', 's/2 (1 of 1)', 's/0 (2 of 2)']);
});

test('parts are what stands behind the name of the suite', async (t) => {
  const measured = async (...parts: string[]): Promise<readonly string[]> => {
    const benches = ['s/A/1', 's/A/2', 's/Add', 's/B'].map((name) => {
      return {name, rounds: 1, measure: () => [{name, unit: 's', values: [1]}]};
    });
    const options = {context, filter: undefined, parts, rounds: undefined};
    const figures = await measureSuite(suiteOf(...benches), {
      ...options,
      progress: () => undefined,
    });
    return figures.map(({name}) => name).filter((name) => name !== 's/twice');
  };
  t.deepEqual(await measured('A'), ['s/A/1', 's/A/2']);
  t.deepEqual(await measured('B', 'Add'), ['s/Add', 's/B']);
  t.is((await measured()).length, 4);
});

test('a wrong run ends the session instead of giving a figure', async (t) => {
  const suite = suiteOf({
    measure: () => {
      throw new WrongRunError('17 of 18 finished');
    },
  });
  const options = {context, filter: undefined, rounds: undefined, progress: () => undefined};
  await t.throwsAsync(measureSuite(suite, options), {instanceOf: WrongRunError});
});

test('names are unique, begin with their suite, and every target has its figure', (t) => {
  for (const [name, make] of SUITES) {
    const {benches, targets} = make();
    const names = benches.map((one) => one.name);
    t.is(new Set(names).size, names.length);
    for (const one of names) t.true(one.startsWith(`${name}/`), one);
    t.is(new Set(targets.map((target) => target.name)).size, targets.length);
    for (const target of targets) t.true(target.name.startsWith(`${name}/`), target.name);
  }
});

test('the manual has a place for the figures of every suite', (t) => {
  const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8');
  for (const name of SUITES.keys()) t.not(putBetweenMarkers(page, name, ''), undefined, name);
});

test('every micro-benchmark does what it measures', (t) => {
  for (const micro of SIM_MICROS) {
    const subject = micro.make();
    for (let call = 0; call < 3; call += 1) subject.run();
    t.notThrows(() => {
      subject.check();
    }, micro.name);
  }
});

test('a measured process says itself what it used', (t) => {
  const program = new URL('./testdata/says-hello.ts', import.meta.url);
  const run = runWhole({program, arguments: ['world']});
  t.is(run.stdout, 'hello world');
  for (const used of [run.wallSeconds, run.processSeconds, run.memoryPeakMiB]) t.true(used > 0);
  t.throws(() => runWhole({program, arguments: []}), {
    instanceOf: WrongRunError,
    message: /exit 3/,
  });
});

test('--json prints one array of figures and nothing else', (t) => {
  const {status, stdout, stderr} = bench('sim', '--quick', '--json', '--filter', 'ranges');
  t.is(status, 0, stderr);
  const figures = JSON.parse(stdout) as readonly Figure[];
  t.deepEqual(
    figures.map(({name, unit}) => [name, unit]),
    [['sim/ranges/take-and-give-back', 'ns']],
  );
  for (const one of figures) {
    t.deepEqual(Object.keys(one), ['name', 'unit', 'median', 'min', 'max', 'samples']);
    t.true(one.min <= one.median && one.median <= one.max && one.samples.length === 1, one.name);
  }
});

test('a profile of a whole run names functions, their files and their share', (t) => {
  const {status, stdout, stderr} = bench(
    ...['profile', 'sim/life-cycles/1000', '--quick', '--json', '--places', '5'],
  );
  t.is(status, 0, stderr);
  const top = JSON.parse(stdout) as readonly {readonly place: string; readonly ratio: number}[];
  t.is(top.length, 5);
  t.true(top.every(({ratio}, place) => ratio <= (top[place - 1]?.ratio ?? 1)));
});

test('what does not exist is answered with what does, and exit code 2', (t) => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['nonesuch'], new RegExp(`no suite 'nonesuch'; there are: ${suiteNames()}`)],
    [[], /missing required argument/],
    [['sim', '--filter', 'nonesuch'], /no bench of 'sim'/],
    [['sim', '--nonesuch'], /unknown option/],
    [['sim', '--rounds', '0'], /whole number from 1/],
    [['sim', '--quick', '--write'], /not to be written/],
    [['profile', 'nonesuch'], /no bench 'nonesuch' to profile; there are: sim\/lcg/],
  ];
  for (const [args, message] of cases) {
    const {status, stdout, stderr} = bench(...args);
    t.is(status, 2, args.join(' '));
    t.regex(stderr, message);
    t.is(stdout, '');
  }
});

test('a bench without its data is skipped with a hint', (t) => {
  const missing = fileURLToPath(new URL('./nonesuch', import.meta.url));
  t.false(existsSync(missing));
  const {status, stderr} = spawnSync(process.execPath, [MAIN, 'sim', '--filter', 'lcg'], {
    encoding: 'utf8',
    env: {...process.env, DRYDOCK_DATA: missing},
  });
  t.is(status, 2);
  t.regex(stderr, /sim\/lcg skipped: lcg_grid_2005.csv.gz is not at hand: set DRYDOCK_DATA/);
});
