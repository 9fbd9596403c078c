/** What constraints see of an agent: its fields as texts (Marathon reference part 6.1). */
import type {AgentInfo, AttributeValue} from '../../scheduler.ts';

/** The text of a field of an agent; undefined if it lacks the field. */
export function fieldOf(agent: AgentInfo, field: string): string | undefined {
  switch (field) {
    case 'hostname':
      return agent.hostname;
    case '@region':
      return agent.region;
    case '@zone':
      return agent.zone;
    default:
      return Object.hasOwn(agent.attributes, field)
        ? attributeText(agent.attributes[field])
        : undefined;
  }
}

function attributeText(value: AttributeValue | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'number') return scalarText(value);
  if ('ranges' in value) {
    const sorted = [...value.ranges].sort((left, right) => left[0] - right[0]);
    return `[${sorted.map(([begin, end]) => `${begin}-${end}`).join(',')}]`;
  }
  return `{${[...value.set].sort().join(',')}}`;
}

/**
 * At most three decimals, exact ties to the even one (`0.###`, HALF_EVEN): 0.0625 → 0.062,
 * 1.1005 → 1.101.
 */
export function scalarText(value: number): string {
  // `toFixed` rounds the exact binary value, but ties upwards; only multiples of 1/16 can be ties.
  const halves = value * 16 * 125;
  const isTie = Number.isInteger(value * 16) && halves % 2 !== 0;
  if (!isTie) return `${Number(value.toFixed(3))}`;
  const below = (halves - 1) / 2;
  return `${(below % 2 === 0 ? below : below + 1) / 1000}`;
}
