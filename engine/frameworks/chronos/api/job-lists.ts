/** All jobs of Chronos's API: whole, in short, or those that are searched (reference part 5). */
import {ok, type HttpAnswer} from '../../http/answers.ts';
import type {Call} from '../../http/call.ts';
import {valueOf, type Query} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';
import type {ChronosParts} from '../parts.ts';
import {badRequest} from './answer-form.ts';
import {chronosJobs, jobForm, listedJobForm, summaryForm, type ChronosJob} from './job-form.ts';
import {countOf} from './numbers.ts';

export function jobListRoutes(prefix: string, {book}: ChronosParts): readonly Route[] {
  return [
    ['GET', `${prefix}/jobs`, () => ok(chronosJobs(book).map(listedJobForm))],
    ['GET', `${prefix}/jobs/summary`, () => ok({jobs: chronosJobs(book).map(summaryForm)})],
    ['GET', `${prefix}/jobs/search`, (call) => search(call, chronosJobs(book))],
  ];
}

const SHOWN = {absent: 10, min: 0, max: Number.MAX_SAFE_INTEGER};

function search({query}: Call, jobs: readonly ChronosJob[]): HttpAnswer {
  const limit = countOf(query, 'limit', SHOWN);
  const offset = countOf(query, 'offset', {...SHOWN, absent: 0});
  if (!limit.ok) return badRequest(limit.message);
  if (!offset.ok) return badRequest(offset.message);
  const found = jobs.filter(matcherOf(query));
  return ok(found.slice(offset.value, offset.value + limit.value).map(jobForm));
}

/**
 * `name` and `command` must both be contained; `any`, in either of them, finds more jobs beside
 * those. Unlike in Chronos, `any` on its own does not find everything.
 */
function matcherOf(query: Query): (job: ChronosJob) => boolean {
  const name = wantedOf(query, 'name');
  const command = wantedOf(query, 'command');
  const any = wantedOf(query, 'any');
  const isNarrowed = name !== '' || command !== '' || any === '';
  return (job) => {
    const [jobName, jobCommand] = [job.name.toLowerCase(), job.definition.command.toLowerCase()];
    const isBoth = isNarrowed && jobName.includes(name) && jobCommand.includes(command);
    return isBoth || (any !== '' && (jobName.includes(any) || jobCommand.includes(any)));
  };
}

/** Empty: everything. */
function wantedOf(query: Query, field: string): string {
  return (valueOf(query, field) ?? '').toLowerCase();
}
