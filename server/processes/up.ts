/**
 * A whole cluster on this machine in one process: the master, its agents, and the embedded store.
 * It is the same master and the same agent as on many machines; only the connection between them
 * stays inside the process.
 */
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {hostname as machineName, platform} from 'node:os';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {openFileStore} from '../../adapters/file/file-store.ts';
import type {Amounts} from '../../engine/index.ts';
import {agentResources, partOf, partOfPorts, readMachine} from '../agent/machine.ts';
import type {OpenChannel} from '../agent/leader-link.ts';
import {fixedLeader} from '../leader-watch.ts';
import type {UpSettings} from '../config/tables.ts';
import {openChannelPair, type Channel} from '../link/channel.ts';
import {readKeyFile, writeKeyFile} from '../link/cluster-key.ts';
import {makeFolderOf} from '../make-folder.ts';
import {SoleLeadership, type SoleStore} from '../master/leadership.ts';
import type {Master} from '../master/master.ts';
import {makeWorkDir, startAgentProcess, type AgentProcess} from './agent-process.ts';
import {chooseDocker, type DockerChoice} from './executors.ts';
import {startMasterProcess} from './master-process.ts';
import {openPort} from './open-port.ts';
import {StartError} from './start-error.ts';
import {readTokenFile} from './tokens.ts';

export interface UpParts {
  readonly dataDir: string;
  readonly version: string;
  readonly failed: (error: unknown) => void;
  readonly log: Logger;
}

export interface Up {
  readonly url: string;
  readonly master: Master;
  readonly agents: readonly AgentProcess[];
  readonly docker: DockerChoice;
  close(how: {readonly stopTasks: boolean}): Promise<void>;
}

const STORE = 'store';
const AGENTS = 'agents';
const KEY = 'key';

/** @throws StartError, FolderError, FileStoreError, ListenError, NoDockerError, TokenFileError */
export async function startUp(settings: UpSettings, parts: UpParts): Promise<Up> {
  const {dataDir, version, failed, log} = parts;
  // Nothing is left of a first start that has nowhere to listen.
  const port = existsSync(dataDir) ? undefined : await openPort(settings.listen);
  makeDataDir(dataDir);
  const key = readKeyFile(keyFileIn(dataDir));
  const tokens = readTokenFile(settings['token-file']);
  const docker = await chooseDocker(settings);
  const plans = planAgents(settings, dataDir);
  const reopen = async (): Promise<SoleStore> => openFileStore(join(dataDir, STORE), {logger: log});
  const store = await reopen();
  const masterProcess = await startMasterProcess({
    settings: {...settings, hostname: masterName(settings)},
    port,
    key,
    tokens,
    makeLeadership: async (self) => new SoleLeadership(self, {store, reopen}, log),
    version,
    log: log.child({part: 'master'}),
  });
  const agents: AgentProcess[] = [];
  for (const plan of plans) {
    makeWorkDir('--data-dir', plan.workDir);
    agents.push(
      await startAgentProcess({
        settings: {...settings, listen: {hostname: plan.listenAt, port: 0}},
        workDir: plan.workDir,
        hostname: plan.hostname,
        resources: plan.resources,
        docker,
        key,
        tokens,
        watch: fixedLeader(masterProcess.address),
        open: openInProcess(masterProcess.master),
        version,
        failed,
        log: log.child({part: plan.name}),
      }),
    );
  }
  return {
    url: masterProcess.url,
    master: masterProcess.master,
    agents,
    docker,
    async close({stopTasks}) {
      // Without a master nobody replaces what is being stopped; its next start hears of the ends.
      await masterProcess.close();
      if (stopTasks) await Promise.all(agents.map(({agent}) => agent.killTasks()));
      for (const agent of agents) await agent.close();
    },
  };
}

interface AgentPlan {
  readonly name: string;
  readonly workDir: string;
  readonly hostname: string;
  readonly listenAt: string;
  readonly resources: Amounts;
}

function planAgents(settings: UpSettings, dataDir: string): readonly AgentPlan[] {
  const machine = readMachine(dataDir);
  const count = settings.agents;
  return Array.from({length: count}, (_, index) => {
    const read = agentResources(settings.resources, settings.role, partOf(machine, count));
    if (!read.ok) throw new StartError(`--resources: ${read.message}`);
    const resources = partOfPorts(read.resources, index, count);
    const name = `agent-${index + 1}`;
    const {hostname, listenAt} = namesOf(settings, index);
    return {name, workDir: join(dataDir, AGENTS, `${index + 1}`), hostname, listenAt, resources};
  });
}

/**
 * Agents are told apart by their names, as constraints want it: Linux has a whole network of
 * loopback addresses.
 */
function namesOf(
  {hostname, listen}: UpSettings,
  index: number,
): {readonly hostname: string; readonly listenAt: string} {
  if (!isLoopback(listen.hostname))
    return {hostname: hostname ?? machineName(), listenAt: listen.hostname};
  const own = platform() === 'linux' ? `127.0.0.${index + 1}` : '127.0.0.1';
  return {hostname: hostname ?? own, listenAt: own};
}

function masterName({hostname, listen}: UpSettings): string {
  return hostname ?? (isLoopback(listen.hostname) ? listen.hostname : machineName());
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || hostname.startsWith('127.');
}

/** @throws FolderError; StartError: the folder is somebody else's. */
function makeDataDir(dataDir: string): void {
  makeFolderOf('--data-dir', dataDir);
  if (existsSync(keyFileIn(dataDir))) return;
  const foreign = readdirSync(dataDir);
  if (foreign.length > 0) throw new StartError(foreignText(dataDir, foreign));
  writeKeyFile(keyFileIn(dataDir));
}

function foreignText(dataDir: string, [first]: readonly string[]): string {
  return (
    `${dataDir} is no data folder of Drydock: it has '${first}' in it, and no ` +
    `key. Choose another one, or an empty one, with --data-dir`
  );
}

/** The clusters own; who can read it can be an agent. */
export function keyFileIn(dataDir: string): string {
  return join(dataDir, KEY);
}

/**
 * Ends what a cluster of this data folder has left running, and removes the folder.
 *
 * @throws StartError it is no data folder.
 */
export async function cleanUp(settings: UpSettings, parts: UpParts): Promise<void> {
  const {dataDir} = parts;
  if (!existsSync(dataDir)) return;
  const entries = readdirSync(dataDir);
  if (entries.length > 0 && !existsSync(keyFileIn(dataDir))) {
    throw new StartError(foreignText(dataDir, entries));
  }
  const works = existsSync(join(dataDir, AGENTS)) ? readdirSync(join(dataDir, AGENTS)) : [];
  if (works.length > 0) {
    const agents = Math.max(...works.map(Number), settings.agents);
    const up = await startUp({...settings, agents, listen: ANY_LOOPBACK}, parts);
    await up.close({stopTasks: true});
  }
  rmSync(dataDir, {recursive: true, force: true});
}

const ANY_LOOPBACK = {hostname: '127.0.0.1', port: 0};

/** A connection that stays in this process. */
function openInProcess(master: Master): OpenChannel {
  return async (_leader, agentListener) => {
    const opened = Promise.withResolvers<Channel>();
    master.acceptAgent((masterListener) => {
      const {near, far} = openChannelPair(masterListener, agentListener);
      opened.resolve(far);
      return near;
    });
    return await opened.promise;
  };
}
