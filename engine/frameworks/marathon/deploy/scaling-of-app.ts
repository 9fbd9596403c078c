/** The scaling proposition for an app as it is. */
import type {Instance} from '../instances/instances.ts';
import type {AppEntry} from '../instances/roster.ts';
import {fieldValue} from './grouping.ts';
import {proposeScaling} from './scaling.ts';

export function propose(
  entry: AppEntry,
  scaleTo: number,
  toKill: ReadonlySet<string> = new Set(),
): ReturnType<typeof proposeScaling<Instance>> {
  const {killSelection, constraints = []} = entry.app.definition;
  const grouped = constraints.filter(([, operator]) => operator?.toUpperCase() === 'GROUP_BY');
  return proposeScaling<Instance>({
    instances: entry.instances.values(),
    scaleTo,
    killSelection,
    toKill,
    groupedBy: grouped.map(
      ([field = '']) =>
        (instance) =>
          fieldValue(instance, field),
    ),
  });
}
