import test from 'ava';
import {storeContract} from '../ports/testing/store-contract.ts';
import {openZkSession} from './session.ts';
import {startEnsemble} from './testing/ensemble.ts';
import {openZkStore, zkStoreLimits} from './zk-store.ts';

const ensemble = await startEnsemble({servers: 3});
test.after.always(async () => await ensemble.stop());

let beds = 0;

async function makeBed() {
  beds += 1;
  const base = `/bed-${beds}`;
  const {session: first} = await openSession();
  await first.ensurePath(base);
  return {
    open: async () => {
      const {session} = await openSession();
      const store = openZkStore({
        nodes: session,
        path: `${base}/store`,
        epochPath: `${base}/epoch`,
      });
      return {
        load: () => store.load(),
        commit: (write: Parameters<typeof store.commit>[0]) => store.commit(write),
        close: async () => {
          await store.close();
          await session.close();
        },
      };
    },
    cleanUp: async () => await first.close(),
  };
}

async function openSession() {
  const zk = {servers: ensemble.connect.split(','), credentials: undefined};
  const options = {zk, sessionTimeoutMs: 4000, connectTimeoutMs: 20_000};
  return {session: await openZkSession(options)};
}

storeContract(test.serial, '3 ZooKeeper servers', makeBed, {
  shared: true,
  runs: 8,
  tooLargeBytes: zkStoreLimits.documentBytes + 1,
});
