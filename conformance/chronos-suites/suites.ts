/** The suites of Chronos: a line for each. */
import type {Adapter} from '../marathon-suites/adapter.ts';
import {dst} from './dst.ts';
import {parse} from './parse.ts';
import {taskid} from './taskid.ts';
import {validation} from './validation.ts';

/** By name. */
export const CHRONOS_SUITES: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['dst', dst],
  ['parse', parse],
  ['taskid', taskid],
  ['validation', validation],
]);
