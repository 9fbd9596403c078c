/** The address of this machine in numbers: Mesos's clients look for it behind `master@`. */
import {lookup} from 'node:dns/promises';
import {isIP} from 'node:net';
import {networkInterfaces} from 'node:os';
import type {Address} from '../../api/cluster.ts';

/**
 * Of the host that others reach this process at, or that it listens on. Undefined: neither tells,
 * and nobody knows the name.
 */
export async function ownIp(
  {hostname}: Pick<Address, 'hostname'>,
  listen: Pick<Address, 'hostname'>,
): Promise<string | undefined> {
  for (const host of [hostname, listen.hostname]) if (isIP(host) > 0 && !isAny(host)) return host;
  const found = await lookup(hostname).catch(() => undefined);
  // Many machines call themselves by their own name: 127.0.1.1 is of no use to others.
  if (found !== undefined && !isLoopback(found.address)) return found.address;
  return (isAny(listen.hostname) ? outerIp() : undefined) ?? found?.address;
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** The first that is of more than this machine. */
function outerIp(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({family, internal}) => family === 'IPv4' && !internal)?.address;
}
