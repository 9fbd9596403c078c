/** A sole master whose store fails: it stops leading, and leads again when a store can be had. */
import test from 'ava';
import {pino} from 'pino';
import {
  makeMemoryDisk,
  openMemoryStore,
  type MemoryDisk,
} from '../../adapters/memory/memory-store.ts';
import {until} from '../../adapters/ports/testing/until.ts';
import {SoleLeadership, type SoleStore} from './leadership.ts';

function soleStore(disk: MemoryDisk): SoleStore {
  const store = openMemoryStore(disk);
  return {
    load: () => store.load(),
    commit: (write) => store.commit(write),
    close: () => store.close(),
    nextEpoch: async () => {
      const epoch = disk.epoch + 1;
      await store.commit({epoch, puts: [], deletes: []});
      return epoch;
    },
  };
}

test('each term has a later epoch and a store of its own', async (t) => {
  const disk = makeMemoryDisk();
  let failures = 2;
  const leadership = new SoleLeadership(
    {hostname: '127.0.0.1', port: 1},
    {
      store: soleStore(disk),
      reopen: async () => {
        failures -= 1;
        if (failures >= 0) throw new Error('the disk is full');
        return soleStore(disk);
      },
    },
    pino({level: 'silent'}),
  );
  const epochs: number[] = [];
  const reasons: string[] = [];
  await leadership.contend({
    elected: ({epoch}) => epochs.push(epoch),
    lost: (reason) => reasons.push(reason),
  });
  void leadership.resign('the store has failed');
  await until('it leads again', () => epochs.length === 2);
  t.deepEqual(epochs, [1, 2]);
  t.deepEqual(reasons, ['the store has failed']);
  await leadership.close();
});
