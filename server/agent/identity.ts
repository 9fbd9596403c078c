/** Who an agent is, and what it offers: kept in its work folder over restarts. */
import {randomUUID} from 'node:crypto';
import {agentIdOf, type AgentId, type Amounts} from '../../engine/index.ts';
import type {StoredDocument, Store} from '../../adapters/ports/store.ts';

/** As it is written down. */
export interface Identity {
  readonly agentId: AgentId;
  /** As it was started with: reservations and volumes are made of these. */
  readonly startedWith: Amounts;
  /** With what has been reserved and made since. */
  readonly resources: Amounts;
}

/** The agent's resources were changed in a way that its tasks or volumes do not survive. */
export class IdentityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IdentityError';
  }
}

const PATH = 'agent';

/**
 * The identity of this work folder, or a new one. Where the configured resources have changed, the
 * new ones hold, unless something is reserved or made of the old ones.
 */
export async function takeIdentity(
  store: Store,
  documents: readonly StoredDocument[],
  configured: Amounts,
): Promise<Identity> {
  const known = documents.find(([path]) => path === PATH)?.[1] as Identity | undefined;
  if (known !== undefined && same(known.startedWith, configured)) return known;
  if (known !== undefined && !same(known.startedWith, known.resources)) {
    throw new IdentityError(
      'the resources of this agent have changed, but reservations or volumes are made of the old ' +
        'ones: start it with the old resources, or with a new work folder',
    );
  }
  const agentId = known?.agentId ?? agentIdOf(`${randomUUID()}-S0`);
  const identity = {agentId, startedWith: configured, resources: configured};
  await writeIdentity(store, identity);
  return identity;
}

export function writeIdentity(store: Store, identity: Identity): Promise<void> {
  return store.commit({puts: [{path: PATH, document: identity}], deletes: []});
}

/** In whatever order they are written: what was reserved and let go of comes back in another. */
function same(one: Amounts, other: Amounts): boolean {
  return canonical(one) === canonical(other);
}

function canonical({scalars, ranges = {}, sets = {}, special = []}: Amounts): string {
  const named = [scalars, ranges, sets].map((amounts: Readonly<Record<string, unknown>>) =>
    Object.keys(amounts)
      .sort()
      .map((name) => [name, amounts[name]]),
  );
  return JSON.stringify([named, special.map((resource) => JSON.stringify(resource)).sort()]);
}
