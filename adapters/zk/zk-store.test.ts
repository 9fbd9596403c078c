import test from 'ava';
import {storeContract} from '../ports/testing/store-contract.ts';
import {FakeEnsemble} from './testing/fake-nodes.ts';
import {openZkStore, type ZkStoreLimits, zkStoreLimits} from './zk-store.ts';

async function makeBed(limits: ZkStoreLimits) {
  const ensemble = new FakeEnsemble();
  await ensemble.openSession().ensurePath('/drydock');
  const places = {path: '/drydock/store', epochPath: '/drydock/epoch'};
  return {
    open: async () => openZkStore({nodes: ensemble.openSession(), ...places, limits}),
    cleanUp: async () => undefined,
  };
}

storeContract(test, 'nodes in memory', () => makeBed(zkStoreLimits), {
  shared: true,
  runs: 50,
  tooLargeBytes: zkStoreLimits.documentBytes + 1,
});
