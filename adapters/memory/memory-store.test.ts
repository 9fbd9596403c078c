import test from 'ava';
import {storeContract} from '../ports/testing/store-contract.ts';
import {makeMemoryDisk, openMemoryStore} from './memory-store.ts';

async function makeBed() {
  const disk = makeMemoryDisk();
  return {open: async () => openMemoryStore(disk), cleanUp: async () => disk.texts.clear()};
}

storeContract(test, 'memory', makeBed, {shared: true, runs: 100, tooLargeBytes: undefined});
