/**
 * Which sandbox a path is of. Shown are the real paths, as Mesos's agents show them; whatever
 * stands in front of `/slaves/` may be left out or another one, as clients that know only Mesos's
 * default folder have it.
 */
import {join} from 'node:path';
import type {FileRoots} from '../files/file-roots.ts';

export interface SandboxesParts {
  readonly workDir: string;
  readonly agentId: () => string;
  /** Sandboxes of known tasks, for `/files/debug`. */
  readonly sandboxes: () => Iterable<string>;
}

const SEGMENT = '([^/]+)';
const SANDBOX = new RegExp(
  `^(?:.*?/slaves/${SEGMENT})?/frameworks/${SEGMENT}/executors/${SEGMENT}/runs/${SEGMENT}(/.*)?$`,
  's',
);

export function sandboxRoots({workDir, agentId, sandboxes}: SandboxesParts): FileRoots {
  return {
    resolve: (path) => {
      const own = agentId();
      const [, agent = own, framework = '', executor = '', run = '', rest = ''] =
        SANDBOX.exec(path) ?? [];
      const names = [framework, executor, run];
      if (agent !== own || !names.every(isPlain)) return undefined;
      const below = join('slaves', own, 'frameworks', framework, 'executors', executor, 'runs');
      // A task that runs as root could make `latest` lead anywhere.
      return {root: join(workDir, below, run), rest, home: {base: workDir, below}};
    },
    list: () => new Map([...sandboxes()].map((sandbox) => [sandbox, sandbox])),
  };
}

function isPlain(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..';
}
