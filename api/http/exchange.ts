/** One request and its answer, as the faces get them: the path is the one that was sent. */
import type {IncomingMessage} from 'node:http';
import type {FastifyReply} from 'fastify';
import type {AnswerRoom} from './answer-room.ts';

export interface Exchange {
  readonly method: string;
  /**
   * As sent, behind what leads to the face: begins with a slash and has its query. Nothing is
   * decoded, and no slash is taken away.
   */
  readonly path: string;
  /** The whole of it. */
  readonly url: string;
  readonly raw: IncomingMessage;
  readonly reply: FastifyReply;
  /** Where its answer is counted until the client has it. */
  readonly answers: AnswerRoom;
}

/** Answers what comes its way; what it throws is answered by its caller. */
export type Face = (exchange: Exchange) => void | Promise<void>;

/** The same request with another path. */
export function at(exchange: Exchange, path: string): Exchange {
  return {...exchange, path};
}

/** Whether nothing is changed by asking once more. */
export function isRead({method}: Exchange): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The value of a header; several of one name are joined. */
export function headerOf({headers}: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
