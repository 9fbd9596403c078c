/** What of jobs cases look at, and more than one suite asks for. */
import {isExhausted} from '../../engine/index.ts';
import {isFields} from '../marathon-suites/compare.ts';
import type {Stage} from './stage.ts';

/** As the summary of jobs shows it, or that it will not run by itself any more. */
export function stateSeen(stage: Stage, name: string): unknown {
  const job = stage.chronos.job(name);
  if (job !== undefined && isExhausted(job)) return 'exhausted';
  const {body} = stage.request('GET', '/jobs/summary');
  const jobs: unknown = isFields(body) ? body['jobs'] : undefined;
  const found: unknown = Array.isArray(jobs)
    ? jobs.find((one) => isFields(one) && one['name'] === name)
    : undefined;
  return isFields(found) ? found['state'] : undefined;
}

/**
 * Jobs whose parents have let them run at this instant, be they claimed or waiting for a run of
 * theirs to end; by name. `told`: how many events there were before.
 */
export function firedNow({now, events, chronos}: Stage, told: number): readonly string[] {
  const claimed = events
    .slice(told)
    .flatMap((event) =>
      event.type === 'JobQueued' && event.kind === 'child' && event.due >= now ? [event.job] : [],
    );
  const waiting = chronos.jobs().filter(({fire}) => fire?.at === now);
  return [...new Set([...claimed, ...waiting.map(({name}) => name)])].sort();
}
