/** Attributes of agents as the cases write them. */
import {pairsOf, parseValue, type AttributeList, type AttributeValue} from '../engine/index.ts';
import {textOf, UnknownInCase} from './case.ts';

/** `name:value` joined by `;`; a name may come twice. */
export function attributesOf(value: unknown, what: string): AttributeList {
  const pairs = textOf(value, what)
    .split(';')
    .filter((pair) => pair.trim() !== '');
  return pairs.map((pair) => {
    const colon = pair.indexOf(':');
    if (colon <= 0) throw new UnknownInCase(`${what}: '${pair}' is not name:value`);
    return [pair.slice(0, colon).trim(), attributeValueOf(pair.slice(colon + 1).trim())];
  });
}

/** A number, ranges or a set in the text form of resources; all else is text. */
function attributeValueOf(text: string): AttributeValue {
  const parsed = parseValue(text);
  if (!parsed.ok) return text;
  const {value} = parsed;
  switch (value.type) {
    case 'SCALAR':
      return value.number;
    case 'RANGES':
      return {ranges: pairsOf(value.ranges)};
    case 'SET':
      return {set: value.items};
    case 'TEXT':
      return value.text;
  }
}
