/**
 * What a submitted job says that it has counted (reference part 1.1). Only historic Chronos asks:
 * there, who sends a job without counters sets them back to 0.
 */
import {isoInstant, parseInstant} from '../../../kernel/instants.ts';
import {defaulted, object, refuse, type Fault, type Shape} from '../../json/json-shape.ts';
import type {JobCounters} from '../jobs/job.ts';
import {inWords, looseInteger, looseText} from './loose-shape.ts';
import type {Reading} from './reading.ts';

export function readCounters(value: unknown): Reading<JobCounters> {
  const faults: Fault[] = [];
  const read = counterFields(value, '', faults);
  if (read === undefined) return {ok: false, faults: faults.map(inWords)};
  const {lastSuccess, lastError, ...counts} = read;
  return {
    ok: true,
    value: {...counts, lastSuccess: msOf(lastSuccess), lastError: msOf(lastError)},
  };
}

function msOf(text: string): number | undefined {
  return text === '' ? undefined : parseInstant(text);
}

/** Empty: never. */
const instant: Shape<string> = (value, at, faults) => {
  const text = looseText()(value, at, faults);
  if (text === undefined || text === '' || parseInstant(text) !== undefined) return text;
  return refuse(faults, at, `expected an instant such as ${isoInstant(0)}`);
};

const count = defaulted(looseInteger(0, Number.MAX_SAFE_INTEGER), 0);
const counterFields = object(
  {
    successCount: count,
    errorCount: count,
    errorsSinceLastSuccess: count,
    lastSuccess: defaulted(instant, ''),
    lastError: defaulted(instant, ''),
  },
  {},
);
