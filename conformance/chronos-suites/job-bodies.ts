/** Jobs as the suites submit them, and what they are run on. */
import {parsePeriod, printPeriod} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import type {HttpAnswer} from '../../engine/index.ts';
import type {Stage} from './stage.ts';

/** More than all tasks of a case need, and less than what is said to fit nowhere. */
export const AMPLE = 'cpus:64;mem:262144;disk:1000000';

export interface JobBody {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Creates or updates a job. */
export function submit(stage: Stage, body: JobBody): HttpAnswer {
  const path = body['parents'] === undefined ? '/iso8601' : '/dependency';
  return stage.request('POST', path, {command: 'true', ...body});
}

/** The same where a refusal means that the case cannot be played. */
export function mustSubmit(stage: Stage, body: JobBody): void {
  const answer = submit(stage, body);
  if (answer.status === 204) return;
  throw new UnknownInCase(`given: job ${body.name} is refused: ${JSON.stringify(answer.body)}`);
}

/** Seconds, or a period as it stands; null: none. */
export function epsilonText(epsilon: number | string | null | undefined): string | undefined {
  if (epsilon === null || epsilon === undefined) return undefined;
  const text = typeof epsilon === 'number' ? `PT${epsilon}S` : epsilon;
  const parsed = parsePeriod(text);
  if (!parsed.ok) throw new UnknownInCase(`given.epsilon: ${parsed.message}`);
  return printPeriod(parsed.period);
}
