/**
 * Who may make which operation (Mesos, reference part 2.7): what is wrong beyond arithmetic, which
 * is in `operations.ts`.
 */
import type {Operation} from './operations.ts';
import type {Entry} from './special.ts';
import {isEmpty, type Resources} from './vector.ts';

/** Who asks for an operation. */
export interface Requester {
  /** The role that the offer is allocated to; absent for an operator. */
  readonly role?: string | undefined;
  readonly principal?: string | undefined;
  /** Everything that the agent has: the ids of its volumes are taken. */
  readonly total: Resources;
}

/** Why the operation must be refused; `undefined` when it may be tried. */
export function operationProblem(operation: Operation, requester: Requester): string | undefined {
  switch (operation.kind) {
    case 'reserve':
      return firstProblem(operation.resources, (entry) => reserveProblem(entry, requester));
    case 'unreserve':
      return firstProblem(operation.resources, unreserveProblem);
    case 'create':
      return (
        firstProblem(operation.resources, createProblem) ??
        idProblem(operation.resources, requester.total)
      );
    case 'destroy':
    case 'growVolume':
    case 'shrinkVolume':
    case 'convert':
      return undefined;
  }
}

function firstProblem(
  {special, ...plain}: Resources,
  problemOf: (entry: Entry) => string | undefined,
): string | undefined {
  if (!isEmpty({...plain, special: []})) return 'it names what is not reserved';
  for (const entry of special) {
    const problem = problemOf(entry);
    if (problem !== undefined) return `'${entry.special.name}': ${problem}`;
  }
  return undefined;
}

function reserveProblem({special}: Entry, requester: Requester): string | undefined {
  const own = special.reservations.at(-1);
  if (own === undefined) return 'it is not reserved';
  if (own.type !== 'DYNAMIC') return 'only a dynamic reservation can be made';
  if (special.revocable === true) return 'revocable resources cannot be reserved';
  if (special.persistence !== undefined) return 'a persistent volume cannot be reserved';
  if (requester.role !== undefined && own.role !== requester.role) {
    return `a reservation for ${own.role} out of an offer for ${requester.role}`;
  }
  if (requester.principal !== undefined && own.principal !== requester.principal) {
    return `the principal of the reservation is not ${requester.principal}`;
  }
  return undefined;
}

function unreserveProblem({special}: Entry): string | undefined {
  if (special.persistence !== undefined) return 'a persistent volume lies on it';
  if (special.reservations.at(-1)?.type === 'DYNAMIC') return undefined;
  return 'only what is reserved dynamically can be unreserved';
}

function createProblem({special, volume}: Entry): string | undefined {
  if (special.persistence === undefined) return 'it is no persistent volume';
  if (special.role === undefined) return 'a persistent volume lies on reserved disk only';
  if (special.revocable === true) return 'a persistent volume cannot be revocable';
  if (volume === undefined) return 'a persistent volume needs a path in the container';
  if (volume.mode !== 'RW') return 'a persistent volume must be RW';
  if (volume.hostPath !== undefined) return 'a persistent volume has no path on the host';
  return undefined;
}

/** Ids of persistent volumes are unique for each role of an agent. */
function idProblem(created: Resources, total: Resources): string | undefined {
  const taken = new Set<string>();
  for (const entry of [...total.special, ...created.special]) {
    const id = entry.special.persistence?.id;
    if (id === undefined) continue;
    const key = JSON.stringify([entry.special.role, id]);
    if (taken.has(key)) return `role ${entry.special.role} has a persistent volume ${id} already`;
    taken.add(key);
  }
  return undefined;
}
