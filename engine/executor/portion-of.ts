/** What of an agent a task is given, as people count it: cores and MiB. */
import type {Amounts} from '../resources/amounts.ts';
import type {TaskSpec} from './task-spec.ts';

/** Reserved or not, it is the task's. Persistent volumes are no part of its sandbox. */
export function portionOf({
  scalars,
  special = [],
}: Amounts): Pick<TaskSpec, 'cpus' | 'memMiB' | 'diskMiB'> {
  const totalOf = (name: string): number => {
    let thousandths = scalars[name] ?? 0;
    for (const {name: other, scalar, disk} of special) {
      const isVolume = disk?.persistence !== undefined;
      if (other === name && !isVolume) thousandths += Math.round((scalar?.value ?? 0) * 1000);
    }
    return thousandths / 1000;
  };
  return {cpus: totalOf('cpus'), memMiB: totalOf('mem'), diskMiB: totalOf('disk')};
}
