/** What an answer shall hold beyond its core: the `embed` parameter (reference parts 2.1, 2.2). */

export interface AppEmbed {
  readonly counts: boolean;
  readonly deployments: boolean;
  readonly tasks: boolean;
  readonly readiness: boolean;
  readonly lastTaskFailure: boolean;
  readonly taskStats: boolean;
  /** The same once more, by the name that it has since 1.5. */
  readonly tasksStats: boolean;
}

export interface GroupEmbed {
  readonly apps: boolean;
  readonly pods: boolean;
  readonly groups: boolean;
  /** What each app holds. */
  readonly app: AppEmbed;
}

const EMBEDS: ReadonlyMap<string, readonly (keyof AppEmbed)[]> = new Map([
  ['counts', ['counts']],
  ['deployments', ['deployments']],
  ['readiness', ['readiness']],
  ['lastTaskFailure', ['lastTaskFailure']],
  ['taskStats', ['taskStats', 'tasksStats']],
  // As Python clients ask, which fail at fields that they do not know.
  ['app.taskStats', ['taskStats']],
  ['tasks', ['tasks', 'deployments']],
  // Old; before 1.5 this was how to ask for what went wrong.
  ['failures', ['tasks', 'lastTaskFailure', 'deployments']],
]);

const PREFIX = /^(?:group\.apps\.|apps\.|app\.)/;

/**
 * What of an app is asked for, beyond `always`. Any prefix, or none, will do; what is unknown is
 * ignored.
 */
export function parseAppEmbed(
  values: readonly string[],
  always: readonly (keyof AppEmbed)[] = [],
): AppEmbed {
  const wanted = new Set(always);
  for (const value of values) {
    const embeds = EMBEDS.get(value) ?? EMBEDS.get(value.replace(PREFIX, '')) ?? [];
    for (const embed of embeds) wanted.add(embed);
  }
  return {
    counts: wanted.has('counts'),
    deployments: wanted.has('deployments'),
    tasks: wanted.has('tasks'),
    readiness: wanted.has('readiness'),
    lastTaskFailure: wanted.has('lastTaskFailure'),
    taskStats: wanted.has('taskStats'),
    tasksStats: wanted.has('tasksStats'),
  };
}

/** What of a group is asked for: its apps, pods and groups when nothing is said. */
export function parseGroupEmbed(values: readonly string[]): GroupEmbed {
  const isDefault = values.length === 0;
  return {
    apps: isDefault || values.includes('group.apps'),
    pods: isDefault || values.includes('group.pods'),
    groups: isDefault || values.includes('group.groups'),
    app: parseAppEmbed(values.filter((value) => value.startsWith('group.apps.'))),
  };
}
