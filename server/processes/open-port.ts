/** The port of a process, opened with words that help where it cannot be. */
import {HTTP_LIMITS} from '../../api/http/limits.ts';
import type {HostPort} from '../config/setting.ts';
import {openSharedPort, type SharedPort} from '../link/shared-port.ts';

/** It cannot listen where it was told to: the message says why and what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
  }
}

/** @throws ListenError */
export async function openPort({hostname, port}: HostPort): Promise<SharedPort> {
  try {
    return await openSharedPort(hostname, port, HTTP_LIMITS.connectionsMax);
  } catch (error) {
    throw new ListenError(`cannot listen on ${hostname}:${port}: ${reasonOf(error)}`, {
      cause: error,
    });
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
