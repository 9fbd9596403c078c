/**
 * The measured program of `allocator/filters`: every client refuses every agent, is asked for each
 * of them again, and then all filters expire. Prints how long that took.
 */
import {argv, stdout} from 'node:process';
import {OfferFilters, ScalarKinds, type Resources} from '../../engine/index.ts';

export interface OfferFiltersOutcome {
  readonly filters: number;
  /** Of whole agents, which everybody has refused. */
  readonly refused: number;
  /** Of more than whole agents. */
  readonly refusedMore: number;
  readonly expired: number;
  readonly addSeconds: number;
  readonly checkSeconds: number;
  readonly expireSeconds: number;
}

/** Rounds of declines are an interval apart. */
const INTERVAL_MS = 1000;
const REFUSE_MS = 3_600_000;

function run(agents: number, clients: number): OfferFiltersOutcome {
  const kinds = new ScalarKinds();
  const free = (cpus: number): readonly Resources[] =>
    Array.from({length: agents}, () =>
      kinds.compile({
        scalars: {cpus, mem: 4_096_000, disk: 4_096_000},
        ranges: {ports: [[31_000, 32_000]]},
      }),
    );
  const declined = free(24_000);
  // What is free later is equal, but never the same object.
  const [offered, more] = [free(24_000), free(25_000)];
  const filters = new OfferFilters();
  const startedAt = performance.now();
  for (let client = 0; client < clients; client += 1) {
    const expiresAt = client * INTERVAL_MS + REFUSE_MS;
    for (let agent = 0; agent < agents; agent += 1) {
      filters.add({client, agent, refused: declined[agent] as Resources, expiresAt, late: false});
    }
  }
  const addedAt = performance.now();
  const refused = countRefused(filters, clients, offered);
  const checkedAt = performance.now();
  const refusedMore = countRefused(filters, Math.min(clients, 10), more);
  const {size} = filters;
  const expiryAt = performance.now();
  const expired = expireAll(filters);
  const endedAt = performance.now();
  return {
    filters: size,
    refused,
    refusedMore,
    expired,
    addSeconds: (addedAt - startedAt) / 1000,
    checkSeconds: (checkedAt - addedAt) / 1000,
    expireSeconds: (endedAt - expiryAt) / 1000,
  };
}

function countRefused(
  filters: OfferFilters,
  clients: number,
  offered: readonly Resources[],
): number {
  let refused = 0;
  for (let agent = 0; agent < offered.length; agent += 1) {
    for (let client = 0; client < clients; client += 1) {
      if (filters.refuses(client, agent, offered[agent] as Resources)) refused += 1;
    }
  }
  return refused;
}

function expireAll(filters: OfferFilters): number {
  let expired = 0;
  const onExpired = (): void => {
    expired += 1;
  };
  while (filters.size > 0) filters.expire(filters.nextExpiryAt, true, onExpired);
  return expired;
}

const [agents = 0, clients = 0] = argv.slice(2).map(Number);
stdout.write(JSON.stringify(run(agents, clients)));
