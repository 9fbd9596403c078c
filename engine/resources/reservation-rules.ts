/** What a stack of reservations may be (Mesos, reference part 2.4). */
import {DEFAULT_ROLE, isStrictSubrole, validRole} from './role-names.ts';
import type {Reservation} from './special.ts';

/** What is wrong with which reservation of a stack. */
export interface ReservationProblem {
  readonly index: number;
  readonly field: 'type' | 'role';
  readonly message: string;
}

/**
 * The first thing that is wrong with a stack: only the outermost reservation may be static, and
 * each one is for a role strictly below the one it refines.
 */
export function reservationsProblem(
  stack: readonly Pick<Reservation, 'type' | 'role'>[],
): ReservationProblem | undefined {
  for (const [index, {type, role}] of stack.entries()) {
    if (!validRole(role)) return {index, field: 'role', message: 'expected the name of a role'};
    if (role === DEFAULT_ROLE) {
      return {index, field: 'role', message: `role ${role} cannot be reserved`};
    }
    const refined = stack[index - 1];
    if (refined === undefined) continue;
    if (type === 'STATIC') return {index, field: 'type', message: 'a refinement is DYNAMIC'};
    if (!isStrictSubrole(role, refined.role)) {
      return {index, field: 'role', message: `expected a role below ${refined.role}`};
    }
  }
  return undefined;
}
