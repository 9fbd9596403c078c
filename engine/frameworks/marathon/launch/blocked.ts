/** What keeps instances from being launched, whatever is offered. */
import type {RunSpec} from './run-spec.ts';

/**
 * Persistent volumes need reservations, which are not made: such an app waits, rather than run
 * without its volumes. Undefined where it has none.
 */
export function waitsForVolumes({resident}: RunSpec): 'PersistentVolumesUnsupported' | undefined {
  return resident ? 'PersistentVolumesUnsupported' : undefined;
}
