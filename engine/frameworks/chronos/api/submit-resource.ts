/** Where jobs of Chronos are submitted (reference part 5). */
import {noContent, type HttpAnswer} from '../../http/answers.ts';
import type {Call} from '../../http/call.ts';
import type {Route} from '../../http/routes.ts';
import type {Commands} from '../commands.ts';
import {readChronosJob} from '../definition/read-chronos-job.ts';
import {readCounters} from '../definition/read-counters.ts';
import type {ChronosParts} from '../parts.ts';
import {refusal, refusedFields} from './answer-form.ts';
import {jsonOf} from './json-body.ts';

/** Either path takes either kind of job: its fields say which it is. */
export function submitRoutes(
  prefix: string,
  {
    methods,
    commands,
    parts,
  }: {
    readonly methods: readonly ('POST' | 'PUT')[];
    readonly commands: Commands;
    readonly parts: ChronosParts;
  },
): readonly Route[] {
  const answer = (call: Call) => submit(call, commands, parts);
  return methods.flatMap((method): readonly Route[] => [
    [method, `${prefix}/iso8601`, answer],
    [method, `${prefix}/dependency`, answer],
  ]);
}

function submit(call: Call, commands: Commands, {options}: ChronosParts): HttpAnswer {
  const body = jsonOf(call);
  if (!body.ok) return body.answer;
  const job = readChronosJob(body.value, options);
  if (!job.ok) return refusedFields(job.faults);
  if (!options.countersFromRequests) return answerTo(commands.submit(job.value));
  const counters = readCounters(body.value);
  if (!counters.ok) return refusedFields(counters.faults);
  return answerTo(commands.submit(job.value, counters.value));
}

function answerTo(result: ReturnType<Commands['submit']>): HttpAnswer {
  return result.ok ? noContent : refusal(result.refusal);
}
