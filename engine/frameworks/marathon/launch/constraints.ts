/**
 * Placement constraints: what is valid, and whether an agent satisfies them (reference parts 6.1
 * and 6.2).
 */
import type {Regex} from '../../../kernel/regex/regex.ts';
import {scalarText} from '../../placement/agent-fields.ts';
import type {ConstraintText} from '../definition/app-definition.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';

const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'] as const;

type Operator = (typeof OPERATORS)[number];

export interface Constraint {
  readonly field: string;
  readonly operator: Operator;
  readonly value: string | undefined;
  /** Of LIKE and UNLIKE; matches the whole text. */
  readonly pattern: Regex | undefined;
  /** Of MAX_PER and GROUP_BY. */
  readonly limit: number;
}

/** Which instances of the same app are placed where: by field and value. */
export interface PlacedCounts {
  /** value → number of placed instances; those lacking the field are in no group. */
  groups(field: string): ReadonlyMap<string, number>;
}

/** GROUP_BY: Marathon 1.11 hands out quotas, 1.4 to 1.10 filled the smallest group seen so far. */
export type GroupByRule = 'quota' | 'minimum';

/** What is wrong with a constraint as written; undefined if nothing. */
export function constraintFault(written: ConstraintText): string | undefined {
  if (written.length < 2 || written.length > 3) {
    return 'must have two or three parts: field, operator, value';
  }
  const [field, operator, value] = written;
  if (field === '') return 'the field must not be empty';
  const known = OPERATORS.find((name) => name === operator?.toUpperCase());
  switch (known) {
    case undefined:
      return `the operator must be one of: ${OPERATORS.join(', ')}`;
    case 'UNIQUE':
      return value === undefined ? undefined : 'UNIQUE takes no value';
    case 'CLUSTER':
      return undefined;
    case 'GROUP_BY':
      return value === undefined || isLimit(value) ? undefined : 'GROUP_BY takes a whole number';
    case 'MAX_PER':
      return value !== undefined && isLimit(value) ? undefined : 'MAX_PER needs a whole number';
    case 'LIKE':
    case 'UNLIKE':
      if (value === undefined) return `${known} needs a regular expression`;
      return patternFault(value);
    case 'IS':
      return value !== undefined && /^[a-zA-Z0-9_/.-]*$/.test(value)
        ? undefined
        : 'IS needs a value of letters, digits, and _ / . -';
  }
}

function isLimit(value: string): boolean {
  return value === 'inf' || /^[+-]?\d{1,9}$/.test(value);
}

function patternFault(pattern: string): string | undefined {
  const result = compileWholeMatch(pattern);
  return result.ok ? undefined : `is not a regular expression: ${result.message}`;
}

function wholeMatch(pattern: string): Regex | undefined {
  const result = compileWholeMatch(pattern);
  return result.ok ? result.regex : undefined;
}

/** A constraint that {@link constraintFault} finds nothing wrong with, ready for use. */
export function compileConstraint([field, operator, value]: ConstraintText): Constraint {
  const known = OPERATORS.find((name) => name === operator?.toUpperCase()) ?? 'UNIQUE';
  const isLike = known === 'LIKE' || known === 'UNLIKE';
  return {
    field: field === '@hostname' ? 'hostname' : (field ?? ''),
    operator: known,
    value: value === undefined || known !== 'IS' ? value : canonicalNumber(value),
    pattern: isLike && value !== undefined && value !== '' ? wholeMatch(value) : undefined,
    limit: value === 'inf' ? Infinity : Number(value ?? 0),
  };
}

/** Whether judging the constraint needs to know where other instances are. */
export function looksAround({operator, value}: Constraint): boolean {
  switch (operator) {
    case 'UNIQUE':
    case 'MAX_PER':
    case 'GROUP_BY':
      return true;
    case 'CLUSTER':
      return value === undefined || value === '';
    case 'LIKE':
    case 'UNLIKE':
    case 'IS':
      return false;
  }
}

function canonicalNumber(value: string): string {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value) ? scalarText(Number(value)) : value;
}

/**
 * Whether an agent with `value` in the constraint's field satisfies it. `instances` is what the app
 * wants in all. An agent that lacks the field satisfies only UNLIKE.
 */
export function satisfies(
  constraint: Constraint,
  value: string | undefined,
  placed: PlacedCounts,
  {instances, groupBy = 'quota'}: {instances: number; groupBy?: GroupByRule | undefined},
): boolean {
  const {operator, field} = constraint;
  if (value === undefined) return operator === 'UNLIKE';
  switch (operator) {
    case 'UNIQUE':
      return !placed.groups(field).has(value);
    case 'MAX_PER':
      return (placed.groups(field).get(value) ?? 0) < constraint.limit;
    case 'LIKE':
      return constraint.pattern?.matches(value) ?? false;
    case 'UNLIKE':
      return constraint.pattern !== undefined && !constraint.pattern.matches(value);
    case 'IS':
      return constraint.value === value;
    case 'CLUSTER': {
      if (!looksAround(constraint)) return constraint.value === value;
      const groups = placed.groups(field);
      return groups.size === 0 || clusterOf(groups) === value;
    }
    case 'GROUP_BY': {
      const groups = placed.groups(field);
      return groupBy === 'minimum' || constraint.value === undefined
        ? fillsSmallest(constraint.limit, value, groups)
        : withinQuota(constraint.limit, value, groups, instances);
    }
  }
}

/**
 * Where a cluster is: the group with most instances, of equal ones the first by name. Unlike
 * Marathon, which asks the instance placed first, this does not depend on history; without mixed
 * groups it is the same.
 */
function clusterOf(groups: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  for (const [name, count] of groups) {
    const most = best === undefined ? 0 : (groups.get(best) ?? 0);
    if (count > most || (count === most && best !== undefined && name < best)) best = name;
  }
  return best;
}

function fillsSmallest(
  groupsMin: number,
  value: string,
  groups: ReadonlyMap<string, number>,
): boolean {
  const mine = groups.get(value);
  if (mine === undefined) return true;
  return groups.size >= groupsMin && mine === Math.min(...groups.values());
}

function withinQuota(
  groupsMax: number,
  value: string,
  groups: ReadonlyMap<string, number>,
  instances: number,
): boolean {
  const mine = groups.get(value);
  if (mine === undefined) return groups.size < groupsMax;
  if (groupsMax <= 0) return false;
  const base = Math.floor(instances / groupsMax);
  if (mine < base) return true;
  let used = 0;
  for (const count of groups.values()) used += Math.max(0, count - base);
  return mine === base && instances - base * groupsMax - used > 0;
}

/** `[hostname, MAX_PER, 2]`, for people. */
export function printConstraint({field, operator, value}: Constraint): string {
  return `[${[field, operator, ...(value === undefined ? [] : [value])].join(', ')}]`;
}
