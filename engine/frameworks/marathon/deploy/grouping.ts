/**
 * Where an instance is, by the field of a constraint, for the choice of what goes when an app is
 * scaled down.
 */
import type {Instance} from '../instances/instances.ts';

export function fieldValue(instance: Instance, field: string): string | undefined {
  switch (field) {
    case 'hostname':
    case '@hostname':
      return instance.host;
    case '@region':
      return instance.region;
    case '@zone':
      return instance.zone;
    default:
      return instance.placement[instance.spec.countedFields.indexOf(field)];
  }
}
