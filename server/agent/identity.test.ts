/** An agent's resources over its restarts. */
import test from 'ava';
import {makeMemoryDisk, openMemoryStore} from '../../adapters/memory/memory-store.ts';
import {parseAmounts, type Amounts} from '../../engine/index.ts';
import {takeIdentity, writeIdentity, type Identity} from './identity.ts';

function amounts(text: string): Amounts {
  const read = parseAmounts(text);
  if (!read.ok) throw new Error(read.message);
  return read.amounts;
}

const OLD = amounts('cpus:2;mem:1024;disk:1000;ports:[31000-32000]');
const NEW = amounts('cpus:4;mem:1024;disk:1000;ports:[31000-32000]');
const RESERVED = amounts('cpus:1;cpus(web):1;mem:1024;disk:1000;ports:[31000-32000]');
/** As a master writes what was reserved and let go of. */
const LET_GO: Amounts = {
  scalars: {disk: 1_000_000, mem: 1_024_000, cpus: 2000},
  ranges: {ports: [[31_000, 32_000]]},
  special: [],
};

async function restarted(resources: Amounts, configured: Amounts): Promise<Identity> {
  const store = openMemoryStore(makeMemoryDisk());
  const first = await takeIdentity(store, [], OLD);
  await writeIdentity(store, {...first, resources});
  const next = await takeIdentity(store, await store.load(), configured);
  if (next.agentId !== first.agentId) throw new Error('it is another agent');
  return next;
}

test('an agent keeps its name, and what is reserved of it', async (t) => {
  t.deepEqual((await restarted(RESERVED, OLD)).resources, RESERVED);
});

test('its resources may change, also when what was reserved has been let go of', async (t) => {
  t.deepEqual((await restarted(OLD, NEW)).resources, NEW);
  t.deepEqual((await restarted(LET_GO, NEW)).resources, NEW);
});

test('they may not while something is reserved of them', async (t) => {
  await t.throwsAsync(restarted(RESERVED, NEW), {
    name: 'IdentityError',
    message: /resources of this agent have changed, but reservations or volumes are made/,
  });
});
