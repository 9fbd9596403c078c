/** Query strings and paths of requests (reference part 2.0). */
import {canonicalPath} from '../definition/path-id.ts';

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

/** What a path below `/v2/apps` names. */
export type AppTarget =
  | {readonly kind: 'apps'}
  | {readonly kind: 'app'; readonly id: string}
  /** All apps below a group: `/v2/apps/group/*`. */
  | {readonly kind: 'appsBelow'; readonly group: string}
  | {readonly kind: 'restart'; readonly id: string}
  | {readonly kind: 'versions'; readonly id: string}
  | {readonly kind: 'version'; readonly id: string; readonly version: string}
  | {readonly kind: 'tasks'; readonly id: string}
  | {readonly kind: 'tasksBelow'; readonly group: string}
  | {readonly kind: 'task'; readonly id: string; readonly taskId: string};

/** `parts` are those behind `/v2/apps`. */
export function appTarget(parts: readonly string[]): AppTarget {
  const [last, before] = [parts.at(-1), parts.at(-2)];
  if (last === undefined) return {kind: 'apps'};
  if (last === '*') return {kind: 'appsBelow', group: idOf(parts.slice(0, -1))};
  const above = parts.slice(0, -1);
  if (above.length === 0) return {kind: 'app', id: idOf(parts)};
  switch (last) {
    case 'restart':
    case 'versions':
      return {kind: last, id: idOf(above)};
    case 'tasks':
      if (before === '*') return {kind: 'tasksBelow', group: idOf(above.slice(0, -1))};
      return {kind: 'tasks', id: idOf(above)};
  }
  if (above.length > 1 && before === 'versions') {
    return {kind: 'version', id: idOf(above.slice(0, -1)), version: last};
  }
  if (above.length > 1 && before === 'tasks') {
    return {kind: 'task', id: idOf(above.slice(0, -1)), taskId: last};
  }
  return {kind: 'app', id: idOf(parts)};
}

/** What a path below `/v2/groups` names. */
export type GroupTarget =
  | {readonly kind: 'group'; readonly id: string}
  | {readonly kind: 'apps'; readonly id: string}
  | {readonly kind: 'versions'; readonly id: string}
  | {readonly kind: 'version'; readonly id: string; readonly version: string};

/** `parts` are those behind `/v2/groups`. */
export function groupTarget(parts: readonly string[]): GroupTarget {
  const [last, before] = [parts.at(-1), parts.at(-2)];
  if (last === 'versions' || last === 'apps') return {kind: last, id: idOf(parts.slice(0, -1))};
  if (last !== undefined && before === 'versions') {
    return {kind: 'version', id: idOf(parts.slice(0, -2)), version: last};
  }
  return {kind: 'group', id: idOf(parts)};
}

/** The absolute id that parts of a path spell. */
export function idOf(parts: readonly string[]): string {
  return canonicalPath(`/${parts.join('/')}`);
}
