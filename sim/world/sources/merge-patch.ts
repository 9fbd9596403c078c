/**
 * The apps of one framework as the scenario has asked for them so far: what patches are applied to.
 */
import type {MarathonApp} from '../../scenario/schema.ts';

export class AppBook {
  #apps = new Map<string, MarathonApp>();

  put(id: string, app: MarathonApp): void {
    this.#apps.set(id, app);
  }

  get(id: string): MarathonApp | undefined {
    return this.#apps.get(id);
  }

  remove(id: string): void {
    this.#apps.delete(id);
  }

  snapshot(): readonly (readonly [string, MarathonApp])[] {
    return [...this.#apps];
  }

  restore(snapshot: readonly (readonly [string, MarathonApp])[]): void {
    this.#apps = new Map(snapshot);
  }
}

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
