/**
 * Whether two JSON values are the same; the order of object keys does not count, and `undefined` is
 * absence.
 */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  if (left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, at) => equalJson(item, right[at]));
  }
  const mine = definedEntries(left);
  const others = new Map(definedEntries(right));
  return (
    mine.length === others.size &&
    mine.every(([key, value]) => others.has(key) && equalJson(value, others.get(key)))
  );
}

function definedEntries(value: object): readonly [string, unknown][] {
  return Object.entries(value).filter(([, entry]) => entry !== undefined);
}
