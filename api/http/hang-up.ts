/** An answer on a connection that no server looks after any more, and its end. */
import {STATUS_CODES} from 'node:http';
import type {Duplex} from 'node:stream';
import {faultBody, type Fault} from '../master-errors.ts';

/** How long the client has to take the answer. */
const LINGER_MS = 1000;

export function hangUp(socket: Duplex, {status, code, headers}: Fault): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(faultBody(code));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.on('error', () => {});
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  // Whatever else comes on it is read away, so that the answer is not lost to a reset.
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
