/** What a change of the root is answered with. */
import {isoInstant} from '../../../kernel/instants.ts';
import {wireSteps} from '../deploy/deployment.ts';
import type {Call} from '../../http/call.ts';
import {readHow} from './change-query.ts';
import {deployed, invalid} from './http-form.ts';
import {ok, parseBody, type HttpAnswer} from '../../http/answers.ts';
import type {ChangeTerms, Outcome} from './make-change.ts';
import {refused} from './refusals.ts';

export type Made = Extract<Outcome, {readonly deployment: unknown}>;

/** Runs `change` with what the query says of how; `force` is the default. */
export function changing(
  {query}: Call,
  change: (how: ChangeTerms) => HttpAnswer,
  force = false,
): HttpAnswer {
  const read = readHow(query, force);
  return read.ok ? change(read.how) : invalid(read.faults);
}

/** Runs `change` with the body, too. */
export function changingBy(
  call: Call,
  change: (body: unknown, how: ChangeTerms) => HttpAnswer,
): HttpAnswer {
  const body = parseBody(call.body);
  return body.ok ? changing(call, (how) => change(body.value, how)) : body.answer;
}

/** `answer` is for what was made; by default 200 with the version and the deployment. */
export function answerOutcome(
  outcome: Outcome,
  answer: (made: Made) => HttpAnswer = (made) => deployed(resultOf(made)),
): HttpAnswer {
  if (!outcome.ok) return refused(outcome.refusal);
  if ('deployment' in outcome) return answer(outcome);
  return ok(previewForm(outcome));
}

/** What every change is answered with. */
export function resultOf({deployment}: Made): {
  readonly version: string;
  readonly deploymentId: string;
} {
  return {version: isoInstant(deployment.version), deploymentId: deployment.id};
}

/** Unlike Marathon's, which shows the steps alone. */
function previewForm({
  steps,
}: Extract<Outcome, {readonly steps: unknown}>): Readonly<Record<string, unknown>> {
  const ids = new Set(steps.flatMap((step) => step.map(({app}) => app)));
  return {steps: wireSteps(steps), affectedApps: [...ids].sort()};
}

/** Whether the change made an app or a group that was not there. */
export function isCreated({change}: Made, of: 'apps' | 'groups', id: string): boolean {
  return change[of].some((one) => one.id === id && one.from === undefined);
}
