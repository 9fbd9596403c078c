/** The suites of Chronos: a line for each. */
import type {Adapter} from '../marathon-suites/adapter.ts';
import {dst} from './dst.ts';
import {fire} from './fire.ts';
import {missed} from './missed.ts';
import {overlap} from './overlap.ts';
import {parse} from './parse.ts';
import {taskid} from './taskid.ts';
import {validation} from './validation.ts';

/** By name. */
export const CHRONOS_SUITES: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['dst', dst],
  ['fire', fire],
  ['missed', missed],
  ['overlap', overlap],
  ['parse', parse],
  ['taskid', taskid],
  ['validation', validation],
]);
