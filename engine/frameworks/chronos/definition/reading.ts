/** What comes of a text or a document from outside: its value, or all that is wrong with it. */
import type {Fault} from '../../json/json-shape.ts';

export type Reading<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly faults: readonly Fault[]};
