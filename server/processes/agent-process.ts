/** An agent as a process: its work folder, its port, its executors, its link to the leader. */
import {join} from 'node:path';
import type {Logger} from 'pino';
import {fetchUris} from '../../adapters/fetcher/fetch-uris.ts';
import {FetchCache} from '../../adapters/fetcher/fetch-cache.ts';
import {openFileStore} from '../../adapters/file/file-store.ts';
import type {Amounts} from '../../engine/index.ts';
import {makeAgentFace} from '../../api/agent/agent-face.ts';
import type {Address} from '../../api/cluster.ts';
import {hostPort} from '../../api/http/host-port.ts';
import {Tokens} from '../../api/http/tokens.ts';
import {Agent} from '../agent/agent.ts';
import {faceSource} from '../agent/face-source.ts';
import type {OpenChannel} from '../agent/leader-link.ts';
import type {LeaderWatch} from '../leader-watch.ts';
import {makeClock} from '../clock.ts';
import {shownSettings} from '../config/shown-settings.ts';
import type {TaskSettings} from '../config/tables.ts';
import type {ClusterKey} from '../link/cluster-key.ts';
import {isProven} from '../link/proof.ts';
import {makeFolderOf} from '../make-folder.ts';
import {makeExecutors, type DockerChoice} from './executors.ts';
import {ownIp} from './own-ip.ts';
import {openPort} from './open-port.ts';

export interface AgentProcessParts {
  readonly settings: TaskSettings & {
    readonly listen: Address;
    readonly 'log-file'?: string | undefined;
  };
  /** Made by {@link makeWorkDir}. */
  readonly workDir: string;
  /** The name that others reach it and its tasks at. */
  readonly hostname: string;
  readonly resources: Amounts;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly docker: DockerChoice;
  /** Only who proves to have it, or shows a token, is answered. */
  readonly key: ClusterKey;
  readonly tokens: readonly string[];
  readonly watch: LeaderWatch;
  readonly open: OpenChannel;
  readonly version: string;
  /** Something is wrong that it cannot go on with. */
  readonly failed: (error: unknown) => void;
  readonly log: Logger;
}

export interface AgentProcess {
  readonly agent: Agent;
  readonly port: number;
  close(): Promise<void>;
}

/** Its embedded store, below the work folder. */
const META = 'meta';

/**
 * What must be there before an agent starts.
 *
 * @param flag the setting that names the folder.
 * @throws FolderError
 */
export function makeWorkDir(flag: string, workDir: string): void {
  makeFolderOf(flag, join(workDir, META));
}

/**
 * Opens the work folder, takes up its tasks, and looks for the leader.
 *
 * @throws FileStoreError, IdentityError, ListenError
 */
export async function startAgentProcess(parts: AgentProcessParts): Promise<AgentProcess> {
  const {settings, workDir, hostname, key, tokens, log} = parts;
  const store = await openFileStore(join(workDir, META));
  const shared = await openPort(settings.listen);
  const clock = makeClock();
  const cache = cacheOf(workDir, settings['fetcher-cache-mib']);
  const agent = await Agent.start(
    {
      workDir,
      hostname,
      ip: await ownIp({hostname}, settings.listen),
      port: shared.port,
      resources: parts.resources,
      attributes: settings.attributes,
      region: parts.region,
      zone: parts.zone,
      gcDelayMs: settings['gc-delay'],
      version: parts.version,
      logFile: settings['log-file'],
    },
    {
      store,
      watch: parts.watch,
      open: parts.open,
      makeExecutors: ({agentId, volumesRoot}, onNews) =>
        makeExecutors(
          settings,
          {agentId, workDir, volumesRoot, publishAddress: settings.listen.hostname},
          {docker: parts.docker, onNews, log},
        ),
      fetch: (spec, sandbox, signal) =>
        fetchUris(spec.fetch, sandbox, {signal, user: spec.user, cache}),
      clock,
      failed: parts.failed,
      log,
    },
  );
  const known = new Tokens(tokens);
  const flags = shownSettings(settings);
  const face = makeAgentFace(
    faceSource(agent, flags, () => parts.watch.leader),
    {
      authorize: (raw) => isProven(raw.headers, key, Date.now()) || known.admits(raw),
      jsonSuffixes: settings['mesos-json-suffixes'],
    },
  );
  await face.ready();
  shared.serve({http: face.server});
  const address = hostPort({hostname, port: shared.port});
  log.info({address, agentId: agent.info.id}, 'agent listens');
  return {
    agent,
    port: shared.port,
    async close() {
      await agent.close();
      await face.close();
      await shared.close();
    },
  };
}

function cacheOf(workDir: string, mib: number): FetchCache | undefined {
  if (mib === 0) return undefined;
  return new FetchCache({folder: join(workDir, 'fetched'), bytesMax: mib * 1024 * 1024});
}
