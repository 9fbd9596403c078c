/**
 * A master in a process of its own, for tests that stop it with SIGSTOP: it is a candidate, writes
 * once while it leads, and says over its channel what becomes of it. Sent a message, it does what a
 * leader that knows nothing of having been stopped would do: it asks its lease, and then writes
 * regardless, as it did before and in a session that lives.
 */
import type {Store, StoreWrite} from '../../ports/store.ts';
import {ElectionCandidate, type Leadership} from '../election.ts';
import {openZkSession, type ZkSession} from '../session.ts';
import {openZkStore} from '../zk-store.ts';

export interface LeadingProcessOptions {
  readonly servers: string;
  readonly folder: string;
  readonly id: string;
  readonly sessionTimeoutMs: number;
}

export type LeadingProcessNews =
  | {readonly kind: 'written'; readonly epoch: number}
  | {readonly kind: 'lost'; readonly reason: string}
  | {readonly kind: 'acted'; readonly wasHeld: boolean; readonly outcomes: readonly string[]};

const options = JSON.parse(process.argv[2] ?? '{}') as LeadingProcessOptions;
let leading: {readonly leadership: Leadership; readonly store: Store} | undefined;

const zk = {servers: options.servers.split(','), path: options.folder, credentials: undefined};
const info = {id: options.id, ip: '127.0.0.1', port: 5050, hostname: 'localhost', version: '1'};
const sessionOptions = {zk, sessionTimeoutMs: options.sessionTimeoutMs};
const candidate = new ElectionCandidate(sessionOptions, info, {
  elected: (elected) => void lead(elected),
  lost: (reason) => tell({kind: 'lost', reason}),
  leaderChanged: () => undefined,
  notice: () => undefined,
});

async function lead(leadership: Leadership): Promise<void> {
  const {epoch, session} = leadership;
  const store = openStore(session, leadership);
  leading ??= {leadership, store};
  await store.commit(write(epoch, options.id));
  tell({kind: 'written', epoch});
}

async function act({leadership, store}: NonNullable<typeof leading>): Promise<void> {
  const wasHeld = leadership.lease.isHeld();
  const connectTimeoutMs = 20_000;
  const session = await openZkSession({...sessionOptions, connectTimeoutMs});
  const fresh = openStore(session, leadership);
  const outcomes: string[] = [];
  for (const one of [store, fresh]) {
    try {
      await one.commit(write(leadership.epoch, 'late'));
      outcomes.push('written');
    } catch (error) {
      outcomes.push(error instanceof Error ? error.name : String(error));
    }
  }
  await session.close();
  tell({kind: 'acted', wasHeld, outcomes});
}

function write(epoch: number, document: string): StoreWrite {
  return {epoch, puts: [{path: 'leader', document}], deletes: []};
}

function openStore(session: ZkSession, {epochPath}: Leadership): Store {
  return openZkStore({nodes: session, path: `${options.folder}/store`, epochPath});
}

function tell(news: LeadingProcessNews): void {
  process.send?.(news);
}

process.on('message', () => {
  if (leading !== undefined) void act(leading);
});
process.on('disconnect', () => void candidate.close());
