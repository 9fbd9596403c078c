/** The suites of Marathon: a line for each. */
import {scenarios} from '../marathon-scenarios/scenarios.ts';
import type {Adapter} from './adapter.ts';
import {backoff} from './backoff.ts';
import {constraints} from './constraints.ts';
import {health} from './health.ts';
import {http} from './http.ts';
import {killservice} from './killservice.ts';
import {matching} from './matching.ts';
import {normalise} from './normalise.ts';
import {plan} from './plan.ts';
import {ports} from './ports.ts';
import {revert} from './revert.ts';
import {scale} from './scale.ts';
import {serviceports} from './serviceports.ts';
import {unreachable} from './unreachable.ts';
import {upgrade} from './upgrade.ts';
import {validate} from './validate.ts';
import {versioninfo} from './versioninfo.ts';

/** By name. */
export const MARATHON_SUITES: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  ['backoff', backoff],
  ['constraints', constraints],
  ['health', health],
  ['http', http],
  ['killservice', killservice],
  ['matching', matching],
  ['normalise', normalise],
  ['plan', plan],
  ['ports', ports],
  ['revert', revert],
  ['scale', scale],
  ['scenarios', scenarios],
  ['serviceports', serviceports],
  ['unreachable', unreachable],
  ['upgrade', upgrade],
  ['validate', validate],
  ['versioninfo', versioninfo],
]);

/** Options of optional cases that the engine offers. */
export const OFFERED: ReadonlySet<string> = new Set(['epsilon', 'legacy-rendering']);

/** Where a case contradicts another demand. */
export interface Exception {
  readonly reason: string;
  /** The only places that may differ, with what is below them; and each of them does. */
  readonly paths: readonly string[];
}

export const EXCEPTIONS: ReadonlyMap<string, Exception> = new Map([
  [
    'validate/id-a-b-is-refused',
    {
      reason: 'the hello-world app of the manuals is /hello_world, so underscores are allowed',
      paths: ['valid', 'status', 'paths'],
    },
  ],
  [
    'ports/ports-out-of-order-stay-separate-ranges',
    {
      reason: 'ranges are sets of numbers here: 82 and 80 to 81 are the range 80 to 82',
      paths: ['resources.0.ranges'],
    },
  ],
]);
