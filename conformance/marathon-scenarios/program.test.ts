import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'yaml';
import {mismatchText} from '../marathon-suites/compare.ts';
import {runSuiteCase} from '../marathon-suites/run-suite-case.ts';
import {readSuiteFile, type SuiteCase} from '../marathon-suites/suite-file.ts';
import {play, type Expectation, type MakeProgram} from './program.ts';
import {PROGRAMS} from './scenarios.ts';
import {APP} from './stage.ts';

const SUITE = ['../../../shared/conformance/marathon/', '../marathon/']
  .map((path) => new URL(`${path}scenarios.yaml`, import.meta.url))
  .find((url) => existsSync(url));
const file = readSuiteFile(parse(readFileSync(SUITE as URL, 'utf8')));

test('there is a program for every case, and for nothing else', (t) => {
  const cases = file.cases.map(({id}) => id).sort();
  t.deepEqual([...PROGRAMS.keys()].map((name) => `scenarios/${name}`).sort(), cases);
});

function verdictOn(change: Partial<SuiteCase>): string {
  const one = file.cases.find(({id}) => id === 'scenarios/delete-an-app') as SuiteCase;
  const verdict = runSuiteCase({...one, ...change}, file, 1);
  return 'message' in verdict ? verdict.message : verdict.kind;
}

const otherWords: readonly (readonly [what: string, change: Partial<SuiteCase>, told: RegExp])[] = [
  ['another situation', {given: '/a runs with 3 instances'}, /^given: .*3 instances/m],
  ['another stimulus', {when: [{at: 0, do: 'DELETE /b'}]}, /^when\.0\.do: .*DELETE \/b/m],
  ['another instant', {when: [{at: 1, do: 'DELETE /a'}]}, /^when\.0\.at: expected 1, got 0/m],
  ['one expectation more', {expected: []}, /^then: expected \[\]/m],
];

for (const [what, change, told] of otherWords) {
  test(`a case with ${what} is not one for which its program was written`, (t) => {
    const message = verdictOn(change);
    t.regex(message, /^the program was written for other words:/);
    t.regex(message, told);
  });
}

test('a case without a program is not runnable', (t) => {
  t.is(verdictOn({id: 'scenarios/unheard-of'}), 'not runnable: no program plays this case');
});

function createWith(...expected: readonly Expectation[]): MakeProgram {
  return () => ({
    given: 'empty',
    when: [
      {
        at: 0,
        do: 'POST /a with 2 instances',
        act: (stage) => {
          stage.request('POST', '/v2/apps', {...APP, id: '/a', instances: 2});
        },
      },
    ],
    expected,
  });
}

test('what must hold always is looked at after every event, and told of once', (t) => {
  // Both begin to run at one instant, one after the other: before and after it, all is well.
  const make = createWith(
    {
      when: 'always',
      expect: 'never just one task RUNNING',
      check: ({seen}, find) => {
        const running = seen.tasks().filter(({state}) => state === 'TASK_RUNNING').length;
        find.holds('not one', running !== 1);
      },
    },
    {at: 5000, expect: 'all is over', check: () => {}},
  );
  t.deepEqual(play(make, 0).mismatches.map(mismatchText), [
    'then.0 at 500: not one: expected true, got false',
  ]);
});

test('what is to be seen is told of with its place, instant and name', (t) => {
  const make = createWith({
    at: 100,
    expect: 'no tasks',
    check: ({seen}, find) => find.is('tasks', seen.tasks('/a').length, 0),
  });
  t.deepEqual(play(make, 0).mismatches.map(mismatchText), [
    'then.0 at 100: tasks: expected 0, got 2',
  ]);
});
