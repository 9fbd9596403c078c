/** Clients that ask and then take nothing: what is ready for them must not be held for ever. */
import type {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';

/**
 * Cuts the connection if so long nothing of the answer can be sent. Node takes it back with the
 * end of the answer.
 */
export function limitStall({socket}: IncomingMessage, stallMs: number): void {
  // Requests that tests inject have no connection.
  if (socket instanceof Socket) socket.setTimeout(stallMs);
}
