/** The suite `server`: the real processes, on real stores, processes and containers. */
import type {Suite} from '../bench.ts';
import {makeCommitBench} from './commit.ts';
import {makeHelloBench} from './hello.ts';
import {makeKnownInstancesBench} from './known-instances.ts';
import {makeListAppsBench} from './list-apps.ts';
import {makeManyTasksBench} from './many-tasks.ts';

export function makeServerSuite(): Suite {
  return {
    name: 'server',
    about: 'the real processes: commits, starts on Docker and as processes, lists, memory',
    benches: [
      makeCommitBench('file'),
      makeCommitBench('zookeeper'),
      makeHelloBench(),
      makeManyTasksBench(),
      makeListAppsBench(),
      makeKnownInstancesBench(),
    ],
    targets: [
      {name: 'server/hello/added', bound: 'atMost', value: 300},
      {name: 'server/list-apps/1000/time', bound: 'atMost', value: 50},
    ],
    derive: () => [],
  };
}
