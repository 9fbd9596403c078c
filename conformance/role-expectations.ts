/** Compares a role tree with what `expectRoles` says of it. */
import type {Quantities, Role, ScalarKinds} from '../engine/index.ts';
import {limitsOf} from './allocator-inputs.ts';
import {fieldsOf, numberOf, quantitiesOf, textsOf} from './case.ts';
import {differenceOf} from './difference.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Exactly these roles are there, and every field that is given is equal.
 * @throws Difference when not
 */
export function compareRoles(roles: readonly Role[], expected: Fields, kinds: ScalarKinds): void {
  const wanted: string[] = [];
  const got: string[] = [];
  const byName = new Map(roles.map((role) => [role.name, role]));
  for (const name of [...new Set([...Object.keys(expected), ...byName.keys()])].sort()) {
    const role = byName.get(name);
    const isWanted = name in expected;
    const fields = isWanted
      ? fieldsOf(expected[name], `expectRoles.${name}`, [], Object.keys(FIELDS))
      : {};
    if (isWanted) wanted.push(lineOf(name, Object.entries(fields).map(wantedText)));
    if (role === undefined) continue;
    const texts = Object.keys(fields).map((field) => FIELDS[field]?.got(role, kinds) ?? '');
    got.push(lineOf(name, texts));
  }
  if (wanted.join('\n') !== got.join('\n')) throw differenceOf('roles differ', wanted, got);
}

function lineOf(name: string, texts: readonly string[]): string {
  return [name, ...texts].join(', ');
}

function wantedText([field, value]: readonly [string, unknown]): string {
  return FIELDS[field]?.wanted(value) ?? '';
}

/** How a field is written down, as it is expected and as it is. */
interface Field {
  readonly wanted: (value: unknown) => string;
  readonly got: (role: Role, kinds: ScalarKinds) => string;
}

const FIELDS: Readonly<Record<string, Field>> = {
  weight: {
    wanted: (value) => `weight ${numberOf(value, 'weight')}`,
    got: ({weight}) => `weight ${weight}`,
  },
  guarantees: {
    wanted: (value) => `guarantees ${printed(quantitiesOf(value, 'guarantees'))}`,
    got: ({quota}, kinds) => `guarantees ${printed(amountsOf(quota.guarantees, 0, kinds))}`,
  },
  limits: {
    wanted: (value) => `limits ${printed(limitsOf(value, 'limits'))}`,
    got: ({quota}, kinds) => `limits ${printed(amountsOf(quota.limits, Infinity, kinds))}`,
  },
  reserved: {
    wanted: (value) => `reserved ${printed(quantitiesOf(value, 'reserved'))}`,
    got: ({reserved}, kinds) => `reserved ${printed(amountsOf(reserved, 0, kinds))}`,
  },
  frameworks: {
    wanted: (value) => `frameworks ${[...textsOf(value, 'frameworks')].sort().join(' ')}`,
    got: (role) => `frameworks ${frameworksOf(role).join(' ')}`,
  },
};

/** By name, without what says nothing. */
function amountsOf(byKind: readonly number[], nothing: number, kinds: ScalarKinds): Quantities {
  const amounts = kinds.names.flatMap((name, kind) => {
    const fixed = byKind[kind] ?? nothing;
    return fixed === nothing ? [] : [[name, fixed] as const];
  });
  return Object.fromEntries(amounts);
}

function printed(amounts: Quantities): string {
  const texts = Object.entries(amounts).map(([name, fixed]) => `${name}:${fixed / 1000}`);
  return `(${texts.sort().join('; ')})`;
}

/** Subscribed in exactly this role, or left with something there. */
function frameworksOf({frameworks}: Role): readonly string[] {
  const ids: string[] = [];
  for (const [client, row] of (frameworks?.rows ?? []).entries()) {
    if (row !== undefined && row.client === client) ids.push(row.framework.id);
  }
  return ids.sort();
}
