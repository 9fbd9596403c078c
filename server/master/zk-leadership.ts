/** Masters that elect their leader by ZooKeeper, and agents that find it there. */
import {lookup} from 'node:dns/promises';
import {isIPv4} from 'node:net';
import type {Logger} from 'pino';
import {
  ElectionCandidate,
  LeaderWatcher,
  type ElectionOptions,
  type LeaderListener,
} from '../../adapters/zk/election.ts';
import type {MasterInfo} from '../../adapters/zk/master-info.ts';
import {openZkStore} from '../../adapters/zk/zk-store.ts';
import type {Address} from '../../api/cluster.ts';
import type {LeaderWatch} from '../leader-watch.ts';
import type {Contender, Leadership} from './leadership.ts';

/** Logs what is heard of the election, and tells of each change everybody who wants to know. */
class Ears implements LeaderListener {
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();

  constructor(log: Logger) {
    this.#log = log;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  leaderChanged(leader: MasterInfo | undefined): void {
    this.#log.info({leader: addressOf(leader)}, 'the leader');
    for (const listener of [...this.#listeners]) listener();
  }

  notice(text: string): void {
    this.#log.warn(text);
  }
}

export interface MasterOfZk extends Address {
  readonly id: string;
  readonly version: string;
}

/** A master that contends in ZooKeeper, and keeps its state there. */
export async function makeZkLeadership(
  options: ElectionOptions,
  self: MasterOfZk,
  log: Logger,
): Promise<Leadership> {
  const info: MasterInfo = {...self, ip: await ipv4Of(self.hostname)};
  const ears = new Ears(log);
  let candidate: ElectionCandidate | undefined;
  return {
    get leader() {
      return addressOf(candidate?.leader);
    },
    onChange: (listener) => ears.onChange(listener),
    async contend(contender: Contender) {
      candidate = new ElectionCandidate(options, info, {
        leaderChanged: (leader) => ears.leaderChanged(leader),
        notice: (text) => ears.notice(text),
        elected: ({epoch, lease, session, epochPath}) => {
          const path = `${options.zk.path}/store`;
          const store = openZkStore({nodes: session, path, epochPath});
          contender.elected({epoch, store, isHeld: () => lease.isHeld()});
        },
        lost: (reason) => contender.lost(reason),
      });
    },
    async resign(reason) {
      candidate?.resign(reason);
    },
    async close() {
      await candidate?.close();
    },
  };
}

/** For agents: who leads. */
export function watchZkLeader(options: ElectionOptions, log: Logger): LeaderWatch {
  const ears = new Ears(log);
  const watcher = new LeaderWatcher(options, ears);
  return {
    get leader() {
      return addressOf(watcher.leader);
    },
    onChange: (listener) => ears.onChange(listener),
    close: () => watcher.close(),
  };
}

function addressOf(info: MasterInfo | undefined): Address | undefined {
  return info && {hostname: info.hostname, port: info.port};
}

/** Mesos's form of a leader has room for nothing else. */
async function ipv4Of(hostname: string): Promise<string> {
  if (isIPv4(hostname)) return hostname;
  const {address} = await lookup(hostname, {family: 4});
  return address;
}
