/** Whose the ports are that an instance was given. */
import {containsNumber} from '../../../resources/ranges.ts';
import type {Resources} from '../../../resources/vector.ts';
import {roleOf} from '../../placement/offer-left.ts';
import type {WantedPort} from './ports.ts';

const PORTS = 'ports';

/** The role of each port that was taken: `*` what was plain; null where there is no port. */
export function portRoles(
  hostPorts: readonly WantedPort[],
  {special}: Resources,
): readonly (string | null)[] {
  const reserved = special.filter((entry) => entry.special.name === PORTS);
  return hostPorts.map((port) => {
    if (port === null) return null;
    const holder = reserved.find(({ranges}) => containsNumber(ranges, port));
    return holder === undefined ? '*' : roleOf(holder.special);
  });
}
