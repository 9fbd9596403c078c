/** Where the agents of a group stand, and what they are called. */
import type {AgentGroup} from './schema.ts';

export interface AgentPlace {
  readonly hostname: string;
  readonly zone?: string;
  readonly rack?: string;
}

/**
 * The `index`-th agent of a group (from 0). Agents are dealt round robin over the racks, and racks
 * over the zones, so that a rack is never in two zones; without racks the agents are dealt over the
 * zones.
 */
export function placeOf(group: AgentGroup, index: number): AgentPlace {
  const rackIndex = group.racks.length === 0 ? index : index % group.racks.length;
  const rack = group.racks[rackIndex];
  const zone = group.zones[rackIndex % Math.max(1, group.zones.length)];
  return {
    hostname: `${group.name}-${index}`,
    ...(zone !== undefined && {zone}),
    ...(rack !== undefined && {rack}),
  };
}
