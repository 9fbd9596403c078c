/** Attributes as the classic endpoints show them: numbers as numbers, the rest as text. */
import type {AgentInfo, AttributeValue} from '../../engine/index.ts';

export function attributesForm(
  attributes: AgentInfo['attributes'],
): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, textOf(value)] as const),
  );
}

function textOf(value: AttributeValue): number | string {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if ('set' in value) return `{${value.set.join(', ')}}`;
  return `[${value.ranges.map(([begin, end]) => `${begin}-${end}`).join(', ')}]`;
}
