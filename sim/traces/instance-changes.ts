import type {Service} from './trace.ts';

/**
 * How many instances a service should have from an instant on, one entry per change, in order
 * of time.
 */
export interface InstanceChanges {
  readonly atMs: readonly number[];
  readonly instances: readonly number[];
}

/**
 * The size of a service over time. The first entry is at 0, also when nothing runs yet; what
 * comes and goes at one instant is one change, and none at all if it cancels out.
 */
export function instanceChanges(service: Service): InstanceChanges {
  const deltaAt = new Map<number, number>();
  const add = (atMs: number, delta: number): void => {
    if (atMs !== Infinity) deltaAt.set(atMs, (deltaAt.get(atMs) ?? 0) + delta);
  };
  deltaAt.set(0, 0);
  for (const atMs of service.createdAtMs) add(atMs, 1);
  for (const atMs of service.deletedAtMs) add(atMs, -1);
  const changes = {atMs: [] as number[], instances: [] as number[]};
  let running = 0;
  for (const [atMs, delta] of [...deltaAt].sort((left, right) => left[0] - right[0])) {
    if (delta === 0 && atMs > 0) continue;
    running += delta;
    changes.atMs.push(atMs);
    changes.instances.push(running);
  }
  return changes;
}
