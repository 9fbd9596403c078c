/**
 * A fastify app that hands every request to one face, whatever its path: fastify's own router would
 * refuse or change paths that clients send. It stands between a face and hostile clients: limits on
 * size and time, and an answer to everything that goes wrong.
 */
import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import {fastify, type FastifyInstance, type FastifyReply, type FastifyRequest} from 'fastify';
import {Fault, faultFrom} from '../master-errors.ts';
import {AnswerRoom} from './answer-room.ts';
import type {ApiLogger} from './api-logger.ts';
import {answerClientError} from './client-errors.ts';
import type {Exchange, Face} from './exchange.ts';
import {hangUp} from './hang-up.ts';
import type {HttpLimits} from './limits.ts';
import {targetOf, withoutQuery} from './raw-path.ts';
import {ClientGoneError, LET_PASS_BYTES_MAX} from './read-body.ts';
import {sendFault} from './send.ts';
import {limitStall} from './stall.ts';
import {turnOf} from './turns.ts';

export interface ServerParts {
  readonly face: Face;
  readonly limits: HttpLimits;
  readonly logger: ApiLogger;
  /** Hears of every request that was answered. */
  readonly served?: ((reply: FastifyReply) => void) | undefined;
  /** Takes connections over that ask for it with this name in `Upgrade`. */
  readonly upgrade?: UpgradeParts | undefined;
}

export interface UpgradeParts {
  readonly protocol: string;
  /** A {@link Fault} that it throws is answered. */
  readonly take: (raw: IncomingMessage, socket: Socket, head: Buffer) => void;
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'] as const;

/** The only path that fastify sees. */
const ROUTED = '/';

export function makeServer({face, limits, logger, upgrade, served}: ServerParts): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionTimeout: 0,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    rewriteUrl: () => ROUTED,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, limits.headersTimeoutMs),
      shouldUpgradeCallback: (raw: IncomingMessage) => asksFor(raw, upgrade?.protocol),
    },
  });
  limitConnections(app, limits.connectionsMax);
  const answers = new AnswerRoom(limits);
  app.removeAllContentTypeParsers();
  // Faces read bodies themselves: what they pass on must stream.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, request, reply) => answerError(error, exchangeOf(request, reply)));
  app.setNotFoundHandler(async (request, reply) => {
    await sendFault(exchangeOf(request, reply), new Fault('methodNotAllowed'));
    return reply;
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    dropUnread(reply);
    limitStall(request.raw, limits.answerStallMs);
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(logger, request, reply);
    served?.(reply);
    done();
  });
  app.route({
    method: [...METHODS],
    url: ROUTED,
    handler: async (request, reply) => {
      await turnOf(request.raw.socket, reply.raw);
      await face(exchangeOf(request, reply));
      return reply;
    },
  });
  if (upgrade !== undefined) takeUpgrades(app, upgrade, logger);

  function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
    const url = targetOf(request.originalUrl);
    return {method: request.method, path: url, url, raw: request.raw, reply, answers};
  }

  async function answerError(error: unknown, exchange: Exchange): Promise<FastifyReply> {
    const {reply, raw} = exchange;
    const isGone = error instanceof ClientGoneError || raw.socket.destroyed;
    if (isGone || reply.raw.destroyed) {
      reply.hijack();
      reply.raw.destroy();
      return reply;
    }
    const fault = faultFrom(error);
    if (fault.code === 'internal') logger.error({err: error, url: exchange.url}, 'request failed');
    await sendFault(exchange, fault);
    return reply;
  }
  return app;
}

/**
 * Connections may be handed over by another server, which has the port: then Node neither counts
 * them, nor looks after their timeouts before it is told that the server listens.
 */
function limitConnections(app: FastifyInstance, connectionsMax: number): void {
  let connections = 0;
  app.server.on('connection', (socket: Socket) => {
    if (connections >= connectionsMax) {
      socket.destroy();
      return;
    }
    connections += 1;
    socket.once('close', () => {
      connections -= 1;
    });
  });
  app.addHook('onReady', (done) => {
    app.server.emit('listening');
    done();
  });
  app.addHook('preClose', (done) => {
    app.server.closeAllConnections();
    done();
  });
}

/** Connections that left HTTP are closed with the app, which does not know of them. */
function takeUpgrades(app: FastifyInstance, {take}: UpgradeParts, logger: ApiLogger): void {
  const sockets = new Set<Socket>();
  app.server.on('upgrade', (raw: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    try {
      take(raw, socket, head);
    } catch (error) {
      const fault = faultFrom(error);
      if (fault.code === 'internal') logger.error({err: error, url: raw.url}, 'upgrade failed');
      hangUp(socket, fault);
    }
  });
  app.addHook('preClose', (done) => {
    for (const socket of sockets) socket.destroy();
    done();
  });
}

function asksFor({headers}: IncomingMessage, protocol: string | undefined): boolean {
  return protocol !== undefined && headers.upgrade?.toLowerCase() === protocol;
}

/** The rest of a body that is still to come is let pass, unless that would take too long. */
function dropUnread(reply: FastifyReply): void {
  const {raw} = reply.request;
  const length = Number(raw.headers['content-length'] ?? 0);
  if (length > LET_PASS_BYTES_MAX && !raw.complete) void reply.header('connection', 'close');
}

function logRequest(logger: ApiLogger, request: FastifyRequest, reply: FastifyReply): void {
  const details = {
    method: request.method,
    path: withoutQuery(request.originalUrl),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    remoteAddress: request.raw.socket.remoteAddress,
  };
  logger.info(details, 'request');
}
