/** What a job needs of an offer, prepared: everything that does not depend on the run. */
import type {Regex} from '../../../kernel/regex/regex.ts';
import type {ScalarKinds} from '../../../resources/kinds.ts';
import type {Resources} from '../../../resources/vector.ts';
import type {AgentInfo, Quantities} from '../../../scheduler.ts';
import {fieldOf} from '../../placement/agent-fields.ts';
import {scalarNeeds} from '../../placement/needs.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';
import type {JobDefinition} from '../definition/job-definition.ts';

interface Constraint {
  readonly attribute: string;
  readonly operator: 'EQUALS' | 'LIKE' | 'UNLIKE';
  readonly value: string;
  /** Of LIKE and UNLIKE; undefined: an expression that matches nothing. */
  readonly pattern: Regex | undefined;
}

export interface LaunchSpec {
  /** Jobs of equal keys fit equal offers. */
  readonly key: string;
  /** Scalars only. */
  readonly needs: Resources;
  /** What an offer must have at least. */
  readonly quantities: Quantities;
  /** Equal exactly for equal {@link quantities}. */
  readonly quantitiesKey: string;
  readonly constraints: readonly Constraint[];
}

export function makeLaunchSpec(definition: JobDefinition, kinds: ScalarKinds): LaunchSpec {
  const {needs, quantities} = scalarNeeds(amountsOf(definition), kinds);
  const constraints = constraintsOf(definition);
  const quantitiesKey = JSON.stringify(quantities);
  return {
    key: constraints.length === 0 ? quantitiesKey : JSON.stringify([quantities, constraints]),
    quantitiesKey,
    needs,
    quantities,
    constraints: constraints.map((constraint) => ({...constraint, pattern: patternOf(constraint)})),
  };
}

type Written = Omit<Constraint, 'pattern'>;

/** Metronome's IS compares; a constraint of its without a value has no effect. */
function constraintsOf(definition: JobDefinition): readonly Written[] {
  if (definition.form === 'chronos') return definition.constraints;
  return definition.run.placement.constraints.flatMap(({attribute, operator, value}) =>
    value === undefined
      ? []
      : [{attribute, operator: operator === 'IS' ? ('EQUALS' as const) : operator, value}],
  );
}

function patternOf({operator, value}: Written): Regex | undefined {
  if (operator === 'EQUALS') return undefined;
  const compiled = compileWholeMatch(value);
  return compiled.ok ? compiled.regex : undefined;
}

function amountsOf(definition: JobDefinition): readonly (readonly [string, number])[] {
  if (definition.form === 'metronome') {
    const {cpus, mem, disk, gpus} = definition.run;
    return Object.entries({cpus, mem, disk, gpus});
  }
  const {cpus, mem, disk} = definition;
  return Object.entries({cpus, mem, disk});
}

/** The first constraint that the agent breaks; undefined: none. */
export function brokenBy({constraints}: LaunchSpec, agent: AgentInfo): string | undefined {
  const broken = constraints.find((constraint) => !satisfies(constraint, agent));
  return broken && `[${broken.attribute}, ${broken.operator}, ${broken.value}]`;
}

/** An agent that lacks the attribute satisfies UNLIKE only. */
function satisfies({attribute, operator, value, pattern}: Constraint, agent: AgentInfo): boolean {
  const found = fieldOf(agent, attribute);
  switch (operator) {
    case 'EQUALS':
      return found === value;
    case 'LIKE':
      return found !== undefined && pattern?.matches(found) === true;
    case 'UNLIKE':
      return found === undefined || (pattern !== undefined && !pattern.matches(found));
  }
}
