/**
 * Placement constraints as the reference, part 6.2, says them: each by counting all instances
 * anew. The twin of the engine's, for checkers. Not part of the engine.
 */
import type {AgentInfo} from '../../../scheduler.ts';
import type {ConstraintText} from '../definition/app-definition.ts';

function valueOf(
  {hostname, region, zone, attributes}: AgentInfo,
  field: string,
): string | undefined {
  if (field === 'hostname') return hostname;
  if (field === '@region') return region;
  if (field === '@zone') return zone;
  const value = attributes[field];
  return typeof value === 'string' ? value : undefined;
}

/** The first constraint that is broken; `others`: agents of all that is placed, by field. */
export function satisfiesAll(
  constraints: readonly ConstraintText[],
  agent: AgentInfo,
  others: (field: string) => readonly AgentInfo[],
  wanted: number,
): string | undefined {
  const broken = constraints.find(
    (constraint) => !satisfies(constraint, agent, others(constraint[0] ?? ''), wanted),
  );
  return broken === undefined ? undefined : `[${broken.join(', ')}]`;
}

function satisfies(
  [field = '', operator = '', argument = '']: ConstraintText,
  agent: AgentInfo,
  others: readonly AgentInfo[],
  wanted: number,
): boolean {
  const value = valueOf(agent, field);
  if (value === undefined) return operator === 'UNLIKE';
  const values = others.flatMap((other) => valueOf(other, field) ?? []);
  const sizeOf = (name: string): number => values.filter((other) => other === name).length;
  const groups = [...new Set(values)];
  switch (operator) {
    case 'UNIQUE':
      return sizeOf(value) === 0;
    case 'MAX_PER':
      return sizeOf(value) < Number(argument);
    case 'IS':
      return value === argument;
    case 'LIKE':
      return new RegExp(`^(?:${argument})$`).test(value);
    case 'UNLIKE':
      return !new RegExp(`^(?:${argument})$`).test(value);
    case 'CLUSTER': {
      if (argument !== '') return value === argument;
      const most = Math.max(0, ...groups.map(sizeOf));
      return groups.length === 0 || sizeOf(value) === most;
    }
    case 'GROUP_BY': {
      const mine = sizeOf(value);
      if (argument === '') return mine === 0 || mine === Math.min(...groups.map(sizeOf));
      const count = Number(argument);
      if (mine === 0) return groups.length < count;
      const base = Math.floor(wanted / count);
      const above = groups.reduce((sum, name) => sum + Math.max(0, sizeOf(name) - base), 0);
      return mine < base || (mine === base && (wanted % count) - above > 0);
    }
    default:
      return false;
  }
}
