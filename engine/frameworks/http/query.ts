/** Query strings and paths of requests (Marathon reference part 2.0). */
/** Values by name, in the order in which they were sent. */
export type Query = ReadonlyMap<string, readonly string[]>;

export function parseQuery(query: string): Query {
  const out = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decodeForm(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decodeForm(pair.slice(at + 1));
    const values = out.get(name);
    if (values === undefined) out.set(name, [value]);
    else values.push(value);
  }
  return out;
}

/** All values of a name, also under the name with brackets (`status[]=staging`). */
export function valuesOf(query: Query, name: string): readonly string[] {
  return [...(query.get(name) ?? []), ...(query.get(`${name}[]`) ?? [])];
}

export function valueOf(query: Query, name: string): string | undefined {
  return query.get(name)?.[0];
}

/**
 * A flag: `?force`, `?force=true` and `?force=True` mean yes, any other value means no, as a Java
 * server reads it; `absent` when it is not sent.
 */
export function flagOf(query: Query, name: string, absent = false): boolean {
  const value = valueOf(query, name);
  if (value === undefined) return absent;
  return value === '' || value.toLowerCase() === 'true';
}

/** What is no valid escape stands for itself. */
function decodeForm(text: string): string {
  return decode(text.replaceAll('+', ' '));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The parts of a path, decoded. Slashes may come twice, at the end, or encoded
 * (`/v2/apps//a/b`, `/v2/apps/%2Fa%2Fb`): all are the same path.
 */
export function partsOf(path: string): readonly string[] {
  return path
    .split('/')
    .flatMap((part) => decode(part).split('/'))
    .filter((part) => part !== '');
}
