/** The gateway as clients find it: what is where, and that paths arrive as they were sent. */
import test from 'ava';
import {makeGateway} from './gateway.ts';
import {EngineCluster} from './testing/engine-cluster.ts';

const HELLO = {id: '/hello', cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: 1};

test('an app is added, and found under every spelling of its path', async (t) => {
  const cluster = new EngineCluster();
  const app = makeGateway(cluster);
  cluster.join('a1');
  const made = await app.inject({method: 'POST', url: '/v2/apps', payload: {...HELLO, id: '/a/b'}});
  t.is(made.statusCode, 201, made.body);
  t.is(made.headers['content-type'], 'application/json');
  for (const path of [
    '/v2/apps//a/b',
    '/v2/apps/%2Fa%2Fb',
    '/v2/apps/a/b',
    '/v2/apps/a/b/',
    '/marathon/v2/apps//a/b',
    '/service/marathon/v2/apps/%2fa%2fb',
  ]) {
    const found = await app.inject({url: path});
    t.is(found.statusCode, 200, path);
    t.is(found.json().app.id, '/a/b', path);
  }
  await app.close();
});
