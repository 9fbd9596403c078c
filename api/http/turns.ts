/**
 * Requests that a client sends one behind the other are served in this order, each when the one
 * before it is answered: else a single connection could have thousands of answers made at once.
 */
import type {ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {ClientGoneError} from './read-body.ts';

/** Many more than clients send without having an answer; each takes some KiB. */
const WAITING_MAX = 1000;

interface Queue {
  isBusy: boolean;
  readonly waiting: (() => void)[];
}

const queues = new WeakMap<Socket, Queue>();

/**
 * Resolves when it is this response's turn.
 *
 * @throws ClientGoneError the client went away before, or sent too many.
 */
export async function turnOf(socket: unknown, response: ServerResponse): Promise<void> {
  // Requests that tests inject have no connection.
  if (!(socket instanceof Socket)) return;
  const queue = queueOf(socket);
  if (queue.isBusy) {
    if (queue.waiting.length >= WAITING_MAX) socket.destroy();
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
  }
  if (socket.destroyed) throw new ClientGoneError();
  queue.isBusy = true;
  response.once('finish', () => {
    const wake = queue.waiting.shift();
    if (wake === undefined) queue.isBusy = false;
    else wake();
  });
}

function queueOf(socket: Socket): Queue {
  const known = queues.get(socket);
  if (known !== undefined) return known;
  const queue: Queue = {isBusy: false, waiting: []};
  queues.set(socket, queue);
  socket.once('close', () => {
    for (const wake of queue.waiting.splice(0)) wake();
  });
  return queue;
}
