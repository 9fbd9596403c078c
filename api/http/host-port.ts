/** `host:port`, with an IPv6 address in brackets. */
import type {Address} from '../cluster.ts';

export function hostPort({hostname, port}: Address): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
