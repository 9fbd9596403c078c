/** The one place where scenarios meet the engine's text form of resources. */
import {parseAmounts, printThousandths} from '../../engine/index.ts';
import type {Resources} from './schema.ts';

export type ResourcesResult =
  | {readonly ok: true; readonly resources: Resources}
  | {readonly ok: false; readonly message: string};

export const NO_RESOURCES: Resources = {scalars: {}, ranges: {}, sets: {}};

/** Reads `cpus:4;mem:1024;ports:[31000-32000]`; scalars become integer thousandths. */
export function parseResources(text: string): ResourcesResult {
  const parsed = parseAmounts(text);
  if (!parsed.ok) return parsed;
  const {scalars, ranges = {}, sets = {}} = parsed.amounts;
  return {ok: true, resources: {scalars, ranges, sets}};
}

export function isEmptyResources({scalars, ranges, sets}: Resources): boolean {
  return [scalars, ranges, sets].every((part) => Object.keys(part).length === 0);
}

/** `1500` thousandths → `1.5`. */
export const printScalar = printThousandths;
