/** An agent on a machine of its own: it finds the leader in ZooKeeper, or is told the master. */
import {hostname as machineName} from 'node:os';
import type {Logger} from 'pino';
import type {ZkUrl} from '../config/zk-url.ts';
import {fixedLeader, type LeaderWatch} from '../leader-watch.ts';
import {agentResources, readMachine} from '../agent/machine.ts';
import type {AgentSettings} from '../config/tables.ts';
import {openLineChannel} from '../link/channel.ts';
import {readKeyFile} from '../link/cluster-key.ts';
import {connectSecurely} from '../link/secure.ts';
import {watchZkLeader} from '../master/zk-leadership.ts';
import {makeWorkDir, startAgentProcess, type AgentProcess} from './agent-process.ts';
import {chooseDocker} from './executors.ts';
import {readTokenFile} from './tokens.ts';
import {StartError} from './start-error.ts';

export interface LoneAgentParts {
  readonly keyFile: string;
  readonly workDir: string;
  /** Undefined: `--master` says who leads. */
  readonly zk: ZkUrl | undefined;
  readonly version: string;
  readonly failed: (error: unknown) => void;
  readonly log: Logger;
}

/**
 * @throws KeyFileError, TokenFileError, FolderError, StartError, NoDockerError, and as
 * startAgentProcess.
 */
export async function startLoneAgent(
  settings: AgentSettings,
  parts: LoneAgentParts,
): Promise<AgentProcess> {
  const {workDir, log} = parts;
  const key = readKeyFile(parts.keyFile);
  const tokens = readTokenFile(settings['token-file']);
  makeWorkDir('--work-dir', workDir);
  const read = agentResources(settings.resources, settings.role, readMachine(workDir));
  if (!read.ok) throw new StartError(`--resources: ${read.message}`);
  const docker = await chooseDocker(settings);
  log.info({used: docker.isUsed, why: docker.why}, 'Docker');
  return await startAgentProcess({
    settings,
    workDir,
    hostname: settings.hostname ?? nameOf(settings.listen.hostname),
    resources: read.resources,
    region: settings.region,
    zone: settings.zone,
    docker,
    key,
    tokens,
    watch: watchOf(settings, parts),
    open: async (leader, listener) => openLineChannel(await connectSecurely(leader, key), listener),
    version: parts.version,
    failed: parts.failed,
    log,
  });
}

function watchOf(settings: AgentSettings, {zk, log}: LoneAgentParts): LeaderWatch {
  if (zk !== undefined) {
    return watchZkLeader({zk, sessionTimeoutMs: settings['zk-session-timeout']}, log);
  }
  if (settings.master === undefined) throw new StartError('--master: expected HOST:PORT');
  return fixedLeader(settings.master);
}

/** An address that stands for all of the machine's is no name for others. */
function nameOf(listen: string): string {
  return listen === '0.0.0.0' || listen === '::' ? machineName() : listen;
}
