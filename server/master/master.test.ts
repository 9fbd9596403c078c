/** What a master is by itself; with agents it is tested in ../cluster.test.ts. */
import test from 'ava';
import {json} from '../testing/asking.ts';
import {SmallCluster} from '../testing/small-cluster.ts';

test('ids that a master makes are those of no other cluster', async (t) => {
  const ids = new Set<unknown>();
  for (let count = 0; count < 3; count += 1) {
    const cluster = new SmallCluster();
    t.teardown(() => cluster.close());
    const master = await cluster.addMaster('m1');
    master.elect();
    const app = {id: '/a', cmd: 'sleep 1', instances: 0};
    const {status, body} = await json(`${master.url}/v2/apps`, 'POST', app);
    t.is(status, 201);
    ids.add(JSON.stringify((body as {readonly deployments: unknown}).deployments));
  }
  t.is(ids.size, 3);
});
