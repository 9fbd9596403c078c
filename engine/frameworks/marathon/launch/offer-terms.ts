/**
 * What a version of an app accepts of an offer: whose resources, agents with gpus, agents of
 * another region (reference parts 1.9, 6.3, 6.5, 6.8). Pure.
 */
import type {MarathonOptions} from '../../../options.ts';
import type {Unavailability} from '../../../scheduler.ts';
import type {RoleTerms} from '../../placement/offer-left.ts';
import {isResident, type AppDefinition} from '../definition/app-definition.ts';

/** The options that launching looks at. */
export type LaunchOptions = Pick<
  MarathonOptions,
  | 'acceptedResourceRolesDefault'
  | 'gpuScheduling'
  | 'maintenanceMode'
  | 'drainingSeconds'
  | 'localRegion'
  | 'launchTokens'
  | 'launchTokenRefreshMs'
  | 'groupByRule'
>;

export interface OfferTerms extends RoleTerms {
  /** Agents with gpus are left to those who need gpus. */
  readonly sparesGpus: boolean;
  /** Its constraints say where in the world it may be; else it stays in the local region. */
  readonly namesRegion: boolean;
}

const GPU_LABEL = 'GPU_SCHEDULING_BEHAVIOR';

/** What an app accepts, by its definition, its labels and the options of its Marathon. */
export function offerTerms(definition: AppDefinition, options: LaunchOptions): OfferTerms {
  const {constraints = [], gpus, labels} = definition;
  const roles = acceptedRoles(definition, options.acceptedResourceRolesDefault);
  const wished = labels[GPU_LABEL];
  const scheduling =
    wished === 'restricted' || wished === 'unrestricted' ? wished : options.gpuScheduling;
  return {
    roles,
    takesUnreserved: roles.has('*'),
    sparesGpus: gpus === 0 && scheduling === 'restricted',
    namesRegion: constraints.some(([field]) => field === '@region' || field === '@zone'),
  };
}

function acceptedRoles(
  definition: Pick<AppDefinition, 'acceptedResourceRoles' | 'container' | 'role'>,
  fallback: MarathonOptions['acceptedResourceRolesDefault'],
): ReadonlySet<string> {
  const {acceptedResourceRoles, role} = definition;
  // Only what nobody has reserved can be reserved.
  if (isResident(definition)) return new Set(['*']);
  if (acceptedResourceRoles !== undefined) return new Set(acceptedResourceRoles);
  switch (fallback) {
    case 'any':
      return new Set([role, '*']);
    case 'unreserved':
      return new Set(['*']);
    case 'reserved':
      return new Set([role]);
  }
}

/**
 * Whether nothing is to be started on an agent any more, because it will be, or is, away for
 * maintenance.
 */
export function isInMaintenance(
  unavailability: Unavailability | undefined,
  {maintenanceMode, drainingSeconds}: Pick<LaunchOptions, 'maintenanceMode' | 'drainingSeconds'>,
  now: number,
): boolean {
  if (unavailability === undefined || !maintenanceMode) return false;
  const {startMs, durationMs} = unavailability;
  if (now <= startMs - drainingSeconds * 1000) return false;
  return durationMs === undefined || now < startMs + durationMs;
}
