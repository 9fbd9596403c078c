/**
 * How many placed instances of an app are in each place, kept up to date so that an offer costs no
 * scan.
 */
import type {PlacedCounts} from './constraints.ts';

const NOWHERE: ReadonlyMap<string, number> = new Map();

/**
 * Counts by configuration, field and value. Instances of older configurations are invisible to
 * newer ones (an upgrade may co-locate), so a view sees the configurations from one on (reference
 * part 6.2).
 */
export class Placements {
  readonly #counts = new Map<number, Map<string, Map<string, number>>>();

  add(configAt: number, fields: readonly string[], values: readonly (string | undefined)[]): void {
    this.#change(configAt, fields, values, 1);
  }

  remove(
    configAt: number,
    fields: readonly string[],
    values: readonly (string | undefined)[],
  ): void {
    this.#change(configAt, fields, values, -1);
  }

  #change(
    configAt: number,
    fields: readonly string[],
    values: readonly (string | undefined)[],
    by: 1 | -1,
  ): void {
    if (fields.length === 0) return;
    let byField = this.#counts.get(configAt);
    if (byField === undefined) this.#counts.set(configAt, (byField = new Map()));
    for (let at = 0; at < fields.length; at += 1) {
      const value = values[at];
      if (value === undefined) continue;
      const field = fields[at] as string;
      let groups = byField.get(field);
      if (groups === undefined) byField.set(field, (groups = new Map()));
      const count = (groups.get(value) ?? 0) + by;
      if (count === 0) groups.delete(value);
      else groups.set(value, count);
    }
  }

  /** What instances of the configuration of `configAt` see. */
  from(configAt: number): PlacedCounts {
    return {
      groups: (field) => {
        let single: ReadonlyMap<string, number> = NOWHERE;
        let merged: Map<string, number> | undefined;
        for (const [at, byField] of this.#counts) {
          const groups = byField.get(field);
          if (at < configAt || groups === undefined || groups.size === 0) continue;
          if (single.size === 0) {
            single = groups;
            continue;
          }
          merged ??= new Map(single);
          for (const [value, count] of groups) merged.set(value, (merged.get(value) ?? 0) + count);
        }
        return merged ?? single;
      },
    };
  }

  /** Forgets a configuration of which there are no instances. */
  drop(configAt: number): void {
    this.#counts.delete(configAt);
  }
}
