type Json = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A JSON merge patch (RFC 7396): `null` takes a field away, maps merge, everything else replaces.
 */
export function mergePatch(target: Json, patch: Json): Json {
  const merged: Record<string, unknown> = {...target};
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    if (value === null) delete merged[name];
    else if (isMap(value)) merged[name] = mergePatch(isMap(before) ? before : {}, value);
    else merged[name] = value;
  }
  return merged;
}
