/** Whole numbers in queries. */
import {valueOf, type Query} from '../../http/query.ts';

export interface CountRule {
  /** What holds where it is not said. */
  readonly absent: number;
  readonly min: number;
  readonly max: number;
}

export type Count =
  | {readonly ok: true; readonly value: number}
  | {readonly ok: false; readonly message: string};

export function countOf(query: Query, name: string, {absent, min, max}: CountRule): Count {
  const text = valueOf(query, name)?.trim() ?? '';
  if (text === '') return {ok: true, value: absent};
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return {ok: true, value};
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return {ok: false, message: `${name}: expected a whole number ${bounds}, found ${text}`};
}
