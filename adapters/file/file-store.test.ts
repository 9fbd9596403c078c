import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {storeContract} from '../ports/testing/store-contract.ts';
import {documentBytesMax, openFileStore} from './file-store.ts';

async function makeBed() {
  const folder = await mkdtemp(join(tmpdir(), 'file-store-'));
  return {
    open: () => openFileStore(folder),
    cleanUp: () => rm(folder, {recursive: true}),
  };
}

storeContract(test, 'file', makeBed, {
  shared: false,
  runs: 50,
  tooLargeBytes: documentBytesMax + 1,
});
