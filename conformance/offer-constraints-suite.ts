/** Suite `offer-constraints`: which agents a framework's constraints exclude for a role. */
import {
  compileOfferConstraints,
  excludes,
  type ConstrainedAgent,
  type OfferConstraints,
} from '../engine/index.ts';
import {attributesOf} from './attributes.ts';
import {booleanOf, Difference, fieldsOf, listOf, mapOf, textOf, UnknownInCase} from './case.ts';
import type {Suite} from './suite.ts';

/** The member beside the name of a predicate, by predicate. */
const OPERANDS: ReadonlyMap<string, 'value' | 'regex' | 'none'> = new Map([
  ['exists', 'none'],
  ['not_exists', 'none'],
  ['text_equals', 'value'],
  ['text_not_equals', 'value'],
  ['text_matches', 'regex'],
  ['text_not_matches', 'regex'],
]);

/** Makes the suite of one case; without a step `constraints` nothing is excluded. */
export function makeOfferConstraintsSuite(config: unknown): Suite {
  fieldsOf(config, 'config', []);
  return new OfferConstraintsSuite();
}

class OfferConstraintsSuite implements Suite {
  #constraints: OfferConstraints | undefined;

  flagsOf(name: string): readonly string[] {
    return name === 'excluded' ? ['is'] : ['error'];
  }

  step(name: string, value: unknown, beside: Readonly<Record<string, unknown>>): void {
    switch (name) {
      case 'constraints':
        this.#setConstraints(value, booleanOf(beside['error'] ?? false, 'error'));
        break;
      case 'excluded':
        if (!('is' in beside)) throw new UnknownInCase(`excluded: field 'is' is missing`);
        this.#expectExcluded(value, booleanOf(beside['is'], 'is'));
        break;
      default:
        throw new UnknownInCase(`unknown step '${name}'`);
    }
  }

  #setConstraints(value: unknown, isRefused: boolean): void {
    const compiled = compileOfferConstraints(wireOf(value));
    if (compiled.ok && isRefused) throw new Difference('constraints: expected an error');
    if (compiled.ok) {
      this.#constraints = compiled.constraints;
    } else if (!isRefused) {
      const errors = compiled.errors.map(({path, message}) => `${path}: ${message}`);
      throw new Difference(`constraints: expected none of the errors\n${errors.join('\n')}`);
    }
  }

  #expectExcluded(value: unknown, expected: boolean): void {
    const {role, ...agent} = fieldsOf(
      value,
      'excluded',
      ['role'],
      ['attributes', 'hostname', 'region', 'zone'],
    );
    const isExcluded =
      this.#constraints !== undefined &&
      excludes(this.#constraints, textOf(role, 'excluded.role'), agentOf(agent));
    if (isExcluded === expected) return;
    throw new Difference(`excluded ${JSON.stringify(value)}: expected ${expected}`);
  }
}

/** The constraints of a step in the v1 JSON form. */
function wireOf(value: unknown): unknown {
  const roles = Object.entries(mapOf(value, 'constraints'));
  const byRole = roles.map(([role, groups]) => {
    const wired = listOf(groups, `constraints.${role}`).map((group, index) => ({
      attribute_constraints: listOf(group, `constraints.${role}[${index}]`).map((constraint) =>
        constraintOf(constraint),
      ),
    }));
    return [role, {groups: wired}] as const;
  });
  return {role_constraints: Object.fromEntries(byRole)};
}

function constraintOf(value: unknown): unknown {
  const map = mapOf(value, 'constraint');
  const selectorName = 'pseudo' in map ? 'pseudo' : 'attribute';
  const predicate = textOf(map['predicate'], 'constraint.predicate');
  const operand = OPERANDS.get(predicate);
  if (operand === undefined) throw new UnknownInCase(`unknown predicate '${predicate}'`);
  const operands = operand === 'none' ? [] : [operand];
  const fields = fieldsOf(value, 'constraint', [selectorName, 'predicate', ...operands]);
  const selected = textOf(fields[selectorName], `constraint.${selectorName}`);
  return {
    selector:
      selectorName === 'pseudo' ? {pseudoattribute_type: selected} : {attribute_name: selected},
    predicate: {
      [predicate]: Object.fromEntries(
        operands.map((name) => [name, textOf(fields[name], `constraint.${name}`)]),
      ),
    },
  };
}

function agentOf({
  attributes,
  hostname,
  region,
  zone,
}: Readonly<Record<string, unknown>>): ConstrainedAgent {
  return {
    hostname: textOf(hostname ?? '', 'excluded.hostname'),
    attributes: attributesOf(attributes ?? '', 'excluded.attributes'),
    region: region === undefined ? undefined : textOf(region, 'excluded.region'),
    zone: zone === undefined ? undefined : textOf(zone, 'excluded.zone'),
  };
}
