import test from 'ava';
import {expectation, judgeAnswer} from './http-expectation.ts';
import {pollSchema, pollServer, type PolledServer} from './http-poll.ts';
import type {Answer} from './http-server.ts';

const answer: Answer = {
  status: 200,
  headers: {'Content-Type': 'application/json', Location: '/a'},
  body: {apps: [{id: '/a', cpus: 1}], details: [{path: '/x', errors: []}, {path: '/y'}], '*': []},
};

/** Each with the paths that must be reported; none where the expectation holds. */
const expectations: readonly (readonly [title: string, expect: object, differs: string[]])[] = [
  ['the status', {}, []],
  ['another status', {status: 201}, ['.status', '.body']],
  ['headers in any case', {headers: {location: '/a'}}, []],
  ['another header', {headers: {Location: '/b'}}, ['.headers.Location', '.body']],
  ['a header that is missing', {headers: {Allow: 'GET'}}, ['.headers.Allow', '.body']],
  ['a part of the body', {body: {apps: [{id: '/a'}]}}, []],
  ['another part of the body', {body: {apps: [{id: '/b'}]}}, ['.body.apps.0.id']],
  ['one of the details', {body: {details: [{path: '/y'}]}}, []],
  ['none of the details', {body: {details: [{path: '/z'}]}}, ['.body.details']],
  ['the whole body', {bodyEquals: answer.body}, []],
  [
    'less than the whole body',
    {bodyEquals: {apps: []}},
    ['.body.apps', '.body.details', '.body.*'],
  ],
  ['what is absent', {bodyAbsent: ['apps.0.mem', 'tasks']}, []],
  ['what is not absent', {bodyAbsent: ['apps.0.cpus']}, ['.body.apps.0.cpus']],
  ['a count', {count: {apps: 1, '*': 0}}, []],
  ['another count', {count: {apps: 2}}, ['.body.apps.length']],
  ['a count of nothing', {count: {tasks: 0}}, ['.body.tasks.length']],
  ['a list that it is not', {bodyListOf: '<timestamp>'}, ['.body']],
];

for (const [title, expect, differs] of expectations) {
  test(`an answer and ${title}`, (t) => {
    const expected = expectation.parse({status: 200, ...expect});
    t.deepEqual(
      judgeAnswer(expected, answer, '').map(({path}) => path),
      differs,
    );
  });
}

test('a list has one element at least, each of its kind', (t) => {
  const expected = expectation.parse({status: 200, bodyListOf: '<timestamp>'});
  const differs = (body: unknown): number =>
    judgeAnswer(expected, {status: 200, headers: {}, body}, '').length;
  t.is(differs(['2020-01-01T00:00:00.000Z']), 0);
  t.is(differs([]), 1);
  t.is(differs(['2020-01-01T00:00:00.000Z', 'today']), 1);
});

const item = {
  app: {id: '/a'},
  delay: {overdue: false},
  processedOffersSummary: {processedOffersCount: 2},
};

const polls: readonly (readonly [terms: object, right: unknown, wrong: unknown])[] = [
  [{kind: 'noDeployments'}, [], [{id: 'x'}]],
  [{kind: 'running', app: '/a', count: 1}, {app: {tasksRunning: 1}}, {app: {tasksRunning: 0}}],
  [{kind: 'queueLength', count: 1}, {queue: [item]}, {queue: []}],
  [{kind: 'queueDelayed', app: '/a'}, {queue: [item]}, {queue: [{...item, app: {id: '/b'}}]}],
  [{kind: 'offersProcessed', app: '/a', atLeast: 2}, {queue: [item]}, {queue: []}],
  [{kind: 'deploymentStep', step: 2}, [{currentStep: 2}], [{currentStep: 1}]],
];

for (const [terms, right, wrong] of polls) {
  const {kind} = pollSchema.parse({...terms, withinMs: 1000});

  test(`await ${kind} ends when it holds, and gives up in time`, (t) => {
    const server = (rightFrom: number): PolledServer => ({
      now: 0,
      wait(ms) {
        Object.assign(this, {now: this.now + ms});
      },
      get() {
        return {status: 200, headers: {}, body: this.now < rightFrom ? wrong : right};
      },
    });
    const polled = (rightFrom: number) => {
      const one = server(rightFrom);
      const {holds} = pollServer(one, pollSchema.parse({...terms, withinMs: 1000}));
      return [holds, one.now];
    };
    t.deepEqual(polled(0), [true, 0]);
    t.deepEqual(polled(950), [true, 1000]);
    t.deepEqual(polled(1001), [false, 1000]);
  });
}
