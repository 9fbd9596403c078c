/** What Mesos calls the address of a process: `master@ip:port` (reference 4.5). */
import type {Place} from '../cluster.ts';
import {hostPort} from '../http/host-port.ts';

export function pidOf(name: 'master' | 'slave(1)', {hostname, ip = hostname, port}: Place): string {
  return `${name}@${hostPort({hostname: ip, port})}`;
}
