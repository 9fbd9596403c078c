/** Suite `http`: sequences of requests to an empty server, with agents that run what they get. */
import {z} from 'zod';
import type {HttpAnswer} from '../../engine/index.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {valueAt, type Mismatch} from '../marathon-suites/compare.ts';
import {poll, type Polled} from '../marathon-suites/http-poll.ts';
import {expectation, judgeAnswer} from './http-expectation.ts';
import {Stage} from './stage.ts';

const agent = z.strictObject({
  cpus: z.number(),
  mem: z.number(),
  disk: z.number().default(0),
  taskRunMs: z.int(),
});

const request = z.strictObject({
  method: z.string(),
  path: z.string(),
  body: z.unknown().optional(),
  /** As it is sent. */
  rawBody: z.string().optional(),
});

/** The counter of a job's answer that is to reach `count`. */
const pollSchema = z.strictObject({
  kind: z.enum(['successCount', 'errorCount']),
  job: z.string(),
  count: z.int(),
  withinMs: z.int(),
});
type Poll = z.output<typeof pollSchema>;

const step = z.union([
  z.strictObject({request, expect: expectation}),
  z.strictObject({await: pollSchema}),
]);
type Step = z.output<typeof step>;

type Observed =
  | {readonly kind: 'answer'; readonly answer: HttpAnswer}
  | ({readonly kind: 'polled'} & Polled);

export const http = makeAdapter({
  given: z.strictObject({agents: z.array(agent)}),
  when: z.array(step),
  expected: z.strictObject({}),
  run: ({given: {agents}, when}, seed): readonly Observed[] => {
    const stage = new Stage({seed, startedAt: START_MS});
    for (const {cpus, mem, disk, taskRunMs} of agents) {
      stage.addAgent(`cpus:${cpus};mem:${mem};disk:${disk}`, taskRunMs);
    }
    stage.settle();
    return when.map((one) => play(stage, one));
  },
  judge: (_, result, {when}) => when.flatMap((one, at) => judge(one, result[at], `when.${at}`)),
});

/** Before all that is said to be far away, and after all that is said to be over. */
const START_MS = Date.UTC(2026, 0, 1);

/** Answers come at once, and time passes only when somebody waits. */
function play(stage: Stage, one: Step): Observed {
  if ('await' in one) return until(stage, one.await);
  const {method, path, body, rawBody} = one.request;
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const answer = stage.http(method, path, text);
  stage.settle();
  return {kind: 'answer', answer};
}

function until(stage: Stage, {kind, job, count, withinMs}: Poll): Observed {
  const polled = poll(stage, withinMs, () => {
    const {status, body} = stage.request('GET', `/job/${encodeURIComponent(job)}`);
    return {holds: status === 200 && valueAt(body, kind) === count, last: body};
  });
  return {kind: 'polled', ...polled};
}

function judge(one: Step, seen: Observed | undefined, path: string): readonly Mismatch[] {
  if ('request' in one && seen?.kind === 'answer') {
    return judgeAnswer(one.expect, seen.answer, `${path}.expect`);
  }
  if ('await' in one && seen?.kind === 'polled') {
    return seen.holds ? [] : [{path: `${path}.await`, expected: one.await, actual: seen.last}];
  }
  return [{path, expected: 'a result', actual: seen}];
}
