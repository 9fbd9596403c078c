/** Versions as they are asked for: by their instant, or so many before the present one. */
import {Failure} from '../../failure.ts';

/** @throws Failure */
export async function findVersion(
  given: string,
  what: string,
  versions: () => Promise<readonly string[]>,
): Promise<string> {
  if (/^[+-]?\d+$/.test(given)) {
    const back = -Number(given);
    if (back <= 0) throw new Failure(`relative versions must be negative: ${given}`);
    const known = await versions();
    const version = known[back];
    if (version !== undefined) return version;
    throw new Failure(`${what} only has ${known.length} version(s)`);
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(given)) {
    throw new Failure(`invalid timestamp provided: ${given}`, {
      hints: ['Versions are instants such as 2026-01-31T12:00:00.000Z, or -1 for the one before.'],
    });
  }
  return given;
}
