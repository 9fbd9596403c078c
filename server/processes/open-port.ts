/** The port of a process, opened with words that help where it cannot be. */
import type {Address} from '../../api/cluster.ts';
import {hostPort} from '../../api/http/host-port.ts';
import {HTTP_LIMITS} from '../../api/http/limits.ts';
import {openSharedPort, type SharedPort} from '../link/shared-port.ts';

/** It cannot listen where it was told to: the message says why and what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
  }
}

/** @throws ListenError */
export async function openPort(address: Address): Promise<SharedPort> {
  try {
    return await openSharedPort(address, HTTP_LIMITS.connectionsMax);
  } catch (error) {
    const message = `cannot listen on ${hostPort(address)}: ${reasonOf(error)}`;
    throw new ListenError(message, {cause: error});
  }
}

function reasonOf(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return 'another process listens there (choose another port with --listen)';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address';
    case 'EACCES':
      return 'this user may not listen on that port';
    default:
      return message;
  }
}
