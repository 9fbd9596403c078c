/** Ids of jobs in paths and in words. */
import {Failure} from '../../failure.ts';

/** @throws Failure */
export function jobPath(id: string): string {
  if (id === '' || id === '.' || id === '..' || id.includes('/')) {
    throw new Failure(`'${id}' is no id of a job`, {
      hints: ['Ids are words with dots and dashes between: nightly.clean-up'],
    });
  }
  return `/v1/jobs/${encodeURIComponent(id)}`;
}

export function unknownJob(id: string): string {
  return `job "${id}" does not exist`;
}
