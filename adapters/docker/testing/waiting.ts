/** What tests wait for. */
import {createServer, type AddressInfo} from 'node:net';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Asks again until there is an answer that is not undefined or false. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await delay(25);
  }
}

/** Ports of loopback that nobody has now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({length: count}, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
