/** The suites of Chronos: a line for each. */
import type {Adapter} from '../marathon-suites/adapter.ts';
import {dependency} from './dependency.ts';
import {dst} from './dst.ts';
import {fire} from './fire.ts';
import {http} from './http.ts';
import {missed} from './missed.ts';
import {overlap} from './overlap.ts';
import {parse} from './parse.ts';
import {retry} from './retry.ts';
import {taskid} from './taskid.ts';
import {validation} from './validation.ts';

/** By name. */
export const CHRONOS_SUITES: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['dependency', dependency],
  ['dst', dst],
  ['fire', fire],
  ['http', http],
  ['missed', missed],
  ['overlap', overlap],
  ['parse', parse],
  ['retry', retry],
  ['taskid', taskid],
  ['validation', validation],
]);
