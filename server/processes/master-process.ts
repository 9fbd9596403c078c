/** A master as a process: its port, its faces, and whatever leadership it is given. */
import {randomUUID} from 'node:crypto';
import type {Logger} from 'pino';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import type {Address} from '../../api/cluster.ts';
import {makeGateway} from '../../api/gateway.ts';
import type {ApiLogger} from '../../api/http/api-logger.ts';
import {hostPort} from '../../api/http/host-port.ts';
import {HTTP_LIMITS} from '../../api/http/limits.ts';
import {makeClock} from '../clock.ts';
import {shownSettings} from '../config/shown-settings.ts';
import type {ClusterSettings} from '../config/tables.ts';
import {openLineChannel} from '../link/channel.ts';
import {idOfKey, type ClusterKey} from '../link/cluster-key.ts';
import {proofHeaders} from '../link/proof.ts';
import {makeSecureServer, peerOf} from '../link/secure.ts';
import type {SharedPort} from '../link/shared-port.ts';
import type {Leadership} from '../master/leadership.ts';
import {Master} from '../master/master.ts';
import {engineOptions} from './engine-options.ts';
import {ownIp} from './own-ip.ts';
import {openPort} from './open-port.ts';

export interface MasterProcessParts {
  readonly settings: ClusterSettings & {
    readonly listen: Address;
    readonly advertise?: Address | undefined;
    /** In place of the host that it listens on, where nothing is advertised. */
    readonly hostname?: string | undefined;
    readonly 'log-file'?: string | undefined;
  };
  /** Opened where it listens; absent: it is opened now. */
  readonly port?: SharedPort | undefined;
  /** Agents that connect must have it, too. */
  readonly key: ClusterKey;
  readonly tokens: readonly string[];
  /** Made when it is known where the master listens. */
  readonly makeLeadership: (self: Address & {readonly id: string}) => Promise<Leadership>;
  readonly version: string;
  readonly log: Logger;
}

export interface MasterProcess {
  readonly master: Master;
  /** Where others reach it. */
  readonly address: Address;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens, and contends for the leadership.
 *
 * @throws ListenError
 */
export async function startMasterProcess(parts: MasterProcessParts): Promise<MasterProcess> {
  const {settings, key, tokens, version, log} = parts;
  const shared = parts.port ?? (await openPort(settings.listen));
  const {advertise, hostname = settings.listen.hostname} = settings;
  const address = advertise ?? {hostname, port: shared.port};
  const ip = await ownIp(address, settings.listen);
  const clock = makeClock();
  const id = randomUUID();
  const leadership = await parts.makeLeadership({...address, id});
  const master = new Master({
    self: {...address, ip, id, version, startedAt: clock.now()},
    leadership,
    options: engineOptions(settings, hostPort(address)),
    flags: shownSettings(settings),
    timeZones: temporalZones,
    clock,
    proof: () => proofHeaders(key, Date.now()),
    log,
  });
  const gateway = makeGateway(master, {
    limits: {...HTTP_LIMITS, bodyBytesMax: settings['body-limit']},
    tokens,
    corsOrigin: settings['access-control-allow-origin'],
    logger: accessLog(log),
    clusterName: settings.cluster,
    clusterId: idOfKey(key),
    logFile: settings['log-file'],
    jsonSuffixes: settings['mesos-json-suffixes'],
  });
  const agents = makeSecureServer(key, (socket) => {
    master.acceptAgent((listener) => openLineChannel(socket, listener));
  });
  agents.on('tlsClientError', (error, socket) => {
    log.warn({peer: peerOf(socket), reason: error.message}, 'a connection without the key');
  });
  await gateway.ready();
  shared.serve({http: gateway.server, agents});
  log.info({address: hostPort(address), id}, 'master listens');
  await master.start();
  return {
    master,
    address,
    url: `http://${hostPort(address)}`,
    async close() {
      await master.close();
      await gateway.close();
      await shared.close();
    },
  };
}

/** Every request is more than most want to read. */
function accessLog(log: Logger): ApiLogger {
  return {
    info: (details, message) => log.debug(details, message),
    warn: (details, message) => log.warn(details, message),
    error: (details, message) => log.error(details, message),
  };
}
