/**
 * How a change is to be made, from the query of a request. `force` is Marathon's; `dryRun` and the
 * terms of the deployment are our own beyond what Marathon had, so what is wrong with them is told
 * instead of ignored.
 */
import type {Fault} from '../../json/json-shape.ts';
import {readTerms, type DeploymentTerms} from '../deploy/terms.ts';
import type {ChangeTerms} from './make-change.ts';
import {flagOf, valueOf, type Query} from '../../http/query.ts';
import {excerpt} from '../../json/excerpt.ts';

export type ReadHow =
  | {readonly ok: true; readonly how: ChangeTerms}
  | {readonly ok: false; readonly faults: readonly Fault[]};

/** `force` is what holds where the query does not say. */
export function readHow(query: Query, force = false): ReadHow {
  const faults: Fault[] = [];
  const isDryRun = flagAt(query, 'dryRun', faults) ?? false;
  const terms = termsOf(query, faults);
  if (faults.length > 0) return {ok: false, faults};
  return {ok: true, how: {force: flagOf(query, 'force', force), terms, isDryRun}};
}

/** Undefined: nothing is said, or wrong. */
function termsOf(query: Query, faults: Fault[]): DeploymentTerms | undefined {
  const given: Record<string, unknown> = {};
  for (const name of ['deadlineSeconds', 'failuresMax', 'canary']) {
    const value = valueOf(query, name);
    if (value === undefined) continue;
    const number = NUMBER.test(value) ? Number(value) : undefined;
    if (number === undefined)
      faults.push({path: `?${name}`, message: `'${excerpt(value)}' is no number`});
    else given[name] = number;
  }
  const onFailure = valueOf(query, 'onFailure');
  if (onFailure !== undefined) given['onFailure'] = onFailure;
  const stepByStep = flagAt(query, 'stepByStep', faults);
  if (stepByStep !== undefined) given['stepByStep'] = stepByStep;
  if (Object.keys(given).length === 0) return undefined;
  const found: Fault[] = [];
  const terms = readTerms(given, '', found);
  for (const {path, message} of found) {
    const isFraction = message === 'error.expected.int';
    faults.push({
      path: path.replace('/', '?'),
      message: isFraction ? 'must be a whole number' : message,
    });
  }
  return terms;
}

/** As Go and Python clients write numbers, too: `3.000000`. */
const NUMBER = /^[-+]?\d{1,15}(?:\.\d{1,15})?$/;

function flagAt(query: Query, name: string, faults: Fault[]): boolean | undefined {
  const value = valueOf(query, name);
  if (value === undefined) return undefined;
  if (/^(?:|true|false)$/i.test(value)) return flagOf(query, name);
  faults.push({path: `?${name}`, message: `'${excerpt(value)}' is neither true nor false`});
  return undefined;
}
