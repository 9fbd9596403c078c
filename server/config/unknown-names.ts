/** Names in the environment that look like settings and are none: a slip of the pen is told. */
import {nearest} from '../../sim/scenario/fields.ts';
import {envName} from './setting.ts';
import {AGENT_SETTINGS, MASTER_SETTINGS, UP_SETTINGS} from './tables.ts';

/** The last two are no settings of a process, but read by the command line and the simulator. */
const KNOWN: ReadonlySet<string> = new Set(
  [...[MASTER_SETTINGS, AGENT_SETTINGS, UP_SETTINGS].flatMap(Object.keys), 'config', 'data'].map(
    envName,
  ),
);

const PREFIX = envName('');
const BARE = [...KNOWN].map((name) => name.slice(PREFIX.length));

/**
 * A line for each. They are no errors, as in a file: the environment is shared with others, and
 * may have what other commands read, or what Kubernetes calls a service of our name
 * (`DRYDOCK_PORT`).
 */
export function unknownNames(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => isOurs(name) && !KNOWN.has(name))
    .toSorted()
    .map((name) => {
      // What all begin with makes none alike.
      const meant = nearest(name.slice(PREFIX.length), BARE);
      const hint = meant === undefined ? '' : ` (did you mean ${PREFIX}${meant}?)`;
      return `${name}: no such setting, it has no effect${hint}`;
    });
}

/** `DRYDOCK_TEST_…` is for our own tests. */
function isOurs(name: string): boolean {
  return name.startsWith(PREFIX) && !name.startsWith(`${PREFIX}TEST_`);
}
