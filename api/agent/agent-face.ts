/**
 * An agent's HTTP face (Mesos reference 4.6): its state, the files of its tasks, and commands run
 * beside them. At the plain path and below `/slave(1)`.
 */
import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import type {FastifyInstance} from 'fastify';
import {filesEndpoints} from '../files/files-endpoints.ts';
import {anyOf, fileAt, type FileRoots} from '../files/file-roots.ts';
import {SILENT, type ApiLogger} from '../http/api-logger.ts';
import type {Face} from '../http/exchange.ts';
import {HTTP_LIMITS, type HttpLimits} from '../http/limits.ts';
import {makeServer} from '../http/make-server.ts';
import {queryOf, targetOf} from '../http/raw-path.ts';
import {Fault} from '../master-errors.ts';
import {MESOS_BUILD} from '../mesos/build.ts';
import {Endpoints} from '../mesos/endpoints.ts';
import {sendJson} from '../mesos/jsonp.ts';
import {sendEmpty} from '../mesos/send-text.ts';
import type {AgentFaceSource} from './agent-face-source.ts';
import {agentMetrics} from './agent-metrics.ts';
import {agentContainers, agentState, agentStatistics} from './agent-state.ts';
import {serveExec} from './exec-endpoint.ts';
import {EXEC_PATH, EXEC_PROTOCOL} from './exec-frames.ts';
import {sandboxRoots} from './sandbox-roots.ts';

export interface AgentFaceOptions {
  readonly limits: HttpLimits;
  readonly logger: ApiLogger;
  /** ms since 1970. */
  readonly now: () => number;
  /**
   * Whether a request may be answered; all but `/health` are asked about. Files and commands of
   * tasks are for masters only, so there is no default.
   */
  readonly authorize: (raw: IncomingMessage) => boolean;
  /** Whether `/state.json` and its like are served, which Mesos had until 1.7. */
  readonly jsonSuffixes: boolean;
}

export const AGENT_FACE_DEFAULTS: Omit<AgentFaceOptions, 'authorize'> = {
  limits: HTTP_LIMITS,
  logger: SILENT,
  now: Date.now,
  jsonSuffixes: false,
};

/**
 * The face of an agent, not listening yet: `app.listen({host, port})` makes it, `app.close()` ends
 * it with all its connections.
 */
export function makeAgentFace(
  source: AgentFaceSource,
  options: Partial<AgentFaceOptions> & Pick<AgentFaceOptions, 'authorize'>,
): FastifyInstance {
  const settings = {...AGENT_FACE_DEFAULTS, ...options};
  const {limits, logger, authorize} = settings;
  const endpoints = agentEndpoints(source, settings);
  const health = endpoints.find('/health')?.endpoint;
  return makeServer({
    face: async (exchange) => {
      const isHealth = endpoints.find(exchange.path)?.endpoint === health;
      if (!isHealth && !authorize(exchange.raw)) throw new Fault('unauthorized', CHALLENGE);
      await endpoints.serve(exchange);
    },
    limits,
    logger,
    upgrade: {
      protocol: EXEC_PROTOCOL,
      take: (raw: IncomingMessage, socket: Socket, head: Buffer) => {
        const found = endpoints.find(targetOf(raw.url ?? '/'));
        if (!authorize(raw)) throw new Fault('unauthorized', CHALLENGE);
        if (found?.endpoint.face !== refuseUpgrade) throw new Fault('notFound');
        serveExec({source, logger}, {raw, socket, head});
      },
    },
  });
}

function agentEndpoints(source: AgentFaceSource, options: AgentFaceOptions): Endpoints {
  const {now} = options;
  const statistics: Face = async (exchange) =>
    sendJson(exchange, JSON.stringify(await agentStatistics(source, now())));
  const endpoints = new Endpoints('slave(1)', options)
    .add('/health', (exchange) => sendEmpty(exchange, 200))
    .add('/version', (exchange) => sendJson(exchange, JSON.stringify(MESOS_BUILD)))
    .add('/flags', (exchange) => sendJson(exchange, JSON.stringify({flags: source.flags})))
    .add('/state', (exchange) => sendJson(exchange, JSON.stringify(agentState(source))))
    .add('/metrics/snapshot', (exchange) =>
      sendJson(exchange, JSON.stringify(agentMetrics(source, now()))),
    )
    .add('/monitor/statistics', statistics)
    // The only one of these names that Mesos never gave up.
    .add('/monitor/statistics.json', statistics)
    .add('/containerizer/debug', (exchange) => sendJson(exchange, '{"pending":[]}'))
    .add('/containers', async (exchange) => {
      const id = queryOf(exchange.path).get('container_id');
      await sendJson(exchange, JSON.stringify(await agentContainers(source, now(), id)));
    })
    .add(EXEC_PATH, refuseUpgrade, ['GET', 'POST']);
  for (const [path, face] of filesEndpoints(rootsOf(source))) endpoints.add(path, face);
  return endpoints;
}

/** As masters ask for a token. */
const CHALLENGE = {'WWW-Authenticate': 'oauthjwt'};

/** Who asks for it without an upgrade is told so. */
async function refuseUpgrade(): Promise<void> {
  throw new Fault('upgradeRequired', {Upgrade: EXEC_PROTOCOL});
}

function rootsOf(source: AgentFaceSource): FileRoots {
  const sandboxes = sandboxRoots({
    workDir: source.workDir,
    agentId: () => source.info.id,
    sandboxes: () => [...source.tasks()].map(({sandbox}) => sandbox),
  });
  if (source.logFile === undefined) return sandboxes;
  return anyOf([fileAt('/slave/log', source.logFile), sandboxes]);
}
