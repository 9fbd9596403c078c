/** Answers to what is no HTTP, or comes too slowly: told in one line, and hung up. */
import type {Socket} from 'node:net';
import {Fault, type FaultCode} from '../master-errors.ts';
import {hangUp} from './hang-up.ts';

const CODES: Readonly<Record<string, FaultCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
};

export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET') socket.destroy();
  else hangUp(socket, new Fault(CODES[error.code ?? ''] ?? 'malformedRequest'));
}
