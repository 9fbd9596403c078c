/**
 * What a master tells of itself in ZooKeeper: Mesos's MasterInfo as JSON, so that whoever finds a
 * Mesos master (mesos-dns, Marathon, an agent) finds ours.
 */
import {isIPv4} from 'node:net';

export interface MasterInfo {
  /** Another for each start of the process. */
  readonly id: string;
  /** IPv4, dotted. */
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly version: string;
}

/** @throws RangeError if the address is no IPv4 address: Mesos's form has no room for another. */
export function printMasterInfo({id, ip, port, hostname, version}: MasterInfo): string {
  if (!isIPv4(ip)) throw new RangeError(`ip: expected an IPv4 address, not ${JSON.stringify(ip)}`);
  return JSON.stringify({
    address: {hostname, ip, port},
    capabilities: [],
    hostname,
    id,
    // In network byte order, read as a number of the little-endian machines it was made for.
    ip: Buffer.from(ip.split('.').map(Number)).readUInt32LE(0),
    pid: `master@${ip}:${port}`,
    port,
    version,
  });
}

/** Undefined: it is no MasterInfo. What Mesos may leave out is found in its other fields. */
export function parseMasterInfo(text: string): MasterInfo | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const {address, id, ip, port, hostname, version} = parsed as Readonly<Record<string, unknown>>;
  const more = (typeof address === 'object' && address !== null ? address : {}) as Readonly<
    Record<string, unknown>
  >;
  const foundIp = textOf(more['ip']) ?? dotted(ip);
  const foundPort = numberOf(more['port']) ?? numberOf(port);
  if (typeof id !== 'string' || foundIp === undefined || foundPort === undefined) return undefined;
  return {
    id,
    ip: foundIp,
    port: foundPort,
    hostname: textOf(more['hostname']) ?? textOf(hostname) ?? foundIp,
    version: textOf(version) ?? '',
  };
}

function dotted(ip: unknown): string | undefined {
  const number = numberOf(ip);
  if (number === undefined || number > 0xff_ff_ff_ff) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return [...bytes].join('.');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
