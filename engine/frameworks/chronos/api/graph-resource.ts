/** Who waits for whom, for people and for tools that draw it (reference part 3.3). */
import {textAnswer} from '../../http/answers.ts';
import type {Route} from '../../http/routes.ts';
import type {ChronosParts} from '../parts.ts';
import {isChronosJob, stateOf, statusOf, type ChronosJob} from './job-form.ts';

export function graphRoutes(prefix: string, {book}: ChronosParts): readonly Route[] {
  const jobs = () => [...book.values()].filter(isChronosJob);
  return [
    ['GET', `${prefix}/graph/dot`, () => textAnswer(200, dotText(jobs()))],
    ['GET', `${prefix}/graph/csv`, () => textAnswer(200, csvText(jobs()))],
  ];
}

/** In the form of JGraphT: jobs are numbered from 1 in the order in which they came. */
function dotText(jobs: readonly ChronosJob[]): string {
  const numbers = new Map(jobs.map(({name}, index) => [name, index + 1]));
  const nodes = jobs.map(({name}, index) => `  ${index + 1} [ label=${JSON.stringify(name)} ];`);
  const links = edgesOf(jobs).map(
    ([parent, child]) => `  ${numbers.get(parent)} -> ${numbers.get(child)};`,
  );
  return lines(['digraph G {', ...nodes, ...links, '}']);
}

function csvText(jobs: readonly ChronosJob[]): string {
  const nodes = jobs.map((job) => `node,${job.name},${statusOf(job)},${stateOf(job)}`);
  return lines([...nodes, ...edgesOf(jobs).map((edge) => `link,${edge.join(',')}`)]);
}

/** Between the jobs that are shown. */
function edgesOf(jobs: readonly ChronosJob[]): readonly (readonly [string, string])[] {
  const shown = new Set(jobs.map(({name}) => name));
  return jobs.flatMap(({name, definition: {parents = []}}) =>
    parents.flatMap((parent) => (shown.has(parent) ? [[parent, name] as const] : [])),
  );
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
