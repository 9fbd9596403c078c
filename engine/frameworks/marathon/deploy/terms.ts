/**
 * What a deployment may carry beyond Marathon's: a deadline, what happens when it fails, and stops
 * at which somebody looks before it goes on (reference part 12: #3954, #517, #2724, #2766, #1969).
 * All off by default.
 */
import {
  defaulted,
  flag,
  integer,
  isObject,
  object,
  oneOf,
  type Fault,
} from '../../json/json-shape.ts';

/**
 * `fail`: it ends, and everything stays as it is. `pause`: it stops until somebody resumes it.
 * `rollback`: it ends, and what it changed is undone.
 */
export type OnFailure = 'fail' | 'pause' | 'rollback';

export interface DeploymentTerms {
  /** It has failed when it is not done in this time; running again after a pause, anew. */
  readonly deadlineSeconds?: number | undefined;
  /**
   * It has failed when more instances of the new definitions than this have ended by themselves.
   */
  readonly failuresMax?: number | undefined;
  readonly onFailure: OnFailure;
  /** Waits for a word after each step but the last. */
  readonly stepByStep: boolean;
  /** How many new instances a replacement starts and proves before it waits for a word. */
  readonly canary?: number | undefined;
}

export const NO_TERMS: DeploymentTerms = {onFailure: 'fail', stepByStep: false};

const shape = object(
  {
    onFailure: defaulted(oneOf('fail', 'pause', 'rollback'), 'fail'),
    stepByStep: defaulted(flag, false),
  },
  {deadlineSeconds: integer(1), failuresMax: integer(0), canary: integer(1)},
);

/** Reads terms found at `at`; undefined after a fault. Absent ones are {@link NO_TERMS}. */
export function readTerms(
  value: unknown,
  at: string,
  faults: Fault[],
): DeploymentTerms | undefined {
  if (value === undefined) return NO_TERMS;
  const before = faults.length;
  if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const isKnown = ['onFailure', 'stepByStep', 'deadlineSeconds', 'failuresMax', 'canary'];
      if (isKnown.includes(name)) continue;
      faults.push({path: `${at}/${name}`, message: `expected one of: ${isKnown.join(', ')}`});
    }
  }
  const read = shape(value, at, faults);
  return faults.length === before ? read : undefined;
}
