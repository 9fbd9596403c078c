/** Shapes that take nothing but what they name: no other field, no other case. */
import {excerpt} from '../../json/excerpt.ts';
import {
  isObject,
  object,
  refuse,
  type Fault,
  type ObjectOf,
  type Shape,
} from '../../json/json-shape.ts';

type Shapes = Readonly<Record<string, Shape<unknown>>>;

/** As `object`, but other fields are refused; `ignored` are those that answers have besides. */
export function closedObject<A extends Shapes, M extends Shapes>(
  always: A,
  maybe: M,
  ignored: readonly string[] = [],
): Shape<ObjectOf<A, M>> {
  const open = object(always, maybe);
  const known = new Set([...Object.keys(always), ...Object.keys(maybe), ...ignored]);
  return (value, at, faults) => {
    const before = faults.length;
    const read = open(value, at, faults);
    refuseOthers(value, known, at, faults);
    return faults.length === before ? read : undefined;
  };
}

function refuseOthers(
  value: unknown,
  known: ReadonlySet<string>,
  at: string,
  faults: Fault[],
): void {
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    if (known.has(name)) continue;
    refuse(
      faults,
      `${at}/${excerpt(name)}`,
      `unknown field; expected one of: ${[...known].join(', ')}`,
    );
  }
}

/** One of these texts, and in no other case. */
export function exactly<T extends string>(...texts: readonly T[]): Shape<T> {
  return (value, at, faults) =>
    texts.find((text) => text === value) ??
    refuse(faults, at, `expected one of: ${texts.join(', ')}`);
}
