/** Which behaviour a task has: globs over app ids and job names. */
import type {Behaviour} from './schema.ts';

/**
 * What tasks do about which no behaviour says anything: they run at once and live as they were
 * told.
 */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  match: '*',
  startupMs: {kind: 'constant', value: 0},
  stopMs: {kind: 'constant', value: 0},
  end: 'finished',
  healthyAfterMs: {kind: 'constant', value: 0},
  sickAnswer: 500,
  readyAfterMs: {kind: 'constant', value: 0},
};

/** Finds a task's behaviour; see {@link makeBehaviourFinder}. */
export type BehaviourFinder = (
  subject: string,
  version: number,
  has?: (fields: Readonly<Record<string, unknown>>) => boolean,
) => Behaviour;

/**
 * Finds the behaviour of instances of an app (`/dlrm/app_0`) in its `version` (from 1) or of a
 * job's tasks (`job:nasa/17`, version 1): the first that matches. `has` says whether the app's
 * definition has some fields; jobs have none. Ask once per app version or job, not per task.
 */
export function makeBehaviourFinder(behaviours: readonly Behaviour[]): BehaviourFinder {
  const candidates = behaviours.map((behaviour) => ({
    behaviour,
    pattern: globPattern(behaviour.match),
  }));
  return (subject, version, has = () => false) => {
    for (const {behaviour, pattern} of candidates) {
      if (behaviour.version !== undefined && behaviour.version !== version) continue;
      if (!pattern.test(subject)) continue;
      if (behaviour.with === undefined || has(behaviour.with)) return behaviour;
    }
    return DEFAULT_BEHAVIOUR;
  };
}

/** `*` is any text (slashes too), `?` any one character; every other character is itself. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*|\?|[^*?]+/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    return token.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`, 'u');
}
