/** Ids of apps and groups: paths, which become a part of the path of a request. */
import {Failure} from '../../failure.ts';

/**
 * `/a/b`, with the slash that may be left out and without one too many.
 *
 * @throws Failure
 */
export function canonicalId(text: string, what: 'app' | 'group' = 'app'): string {
  const segments = text.split('/').filter((segment) => segment !== '');
  // What a URL would take for another place is no id.
  const isPath = segments.every((segment) => segment !== '.' && segment !== '..');
  if (!isPath || (segments.length === 0 && (what === 'app' || text === ''))) {
    throw new Failure(`'${text}' is no id of ${what === 'app' ? 'an app' : 'a group'}`, {
      hints: [`Ids look like /hello_world; see \`dcos marathon ${what} list\`.`],
    });
  }
  return `/${segments.join('/')}`;
}

/** An id as a part of a URL's path; nothing for the root. */
export function pathOf(id: string): string {
  return id === '/' ? '' : id.split('/').map(encodeURIComponent).join('/');
}
