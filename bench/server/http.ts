/** Requests of benches: what is not answered as it should be is a wrong run. */
import {Agent, request} from 'node:http';
import {demand} from '../bench.ts';

/** Connections are kept: what is measured is the answer, not the handshake. */
const agent = new Agent({keepAlive: true, maxSockets: 256});

export interface Asked {
  readonly status: number;
  readonly text: string;
  /** From sending to the last byte. */
  readonly ms: number;
}

export function ask(url: string, method = 'GET', body?: unknown): Promise<Asked> {
  const startedAt = performance.now();
  const headers = {Accept: 'application/json', 'Content-Type': 'application/json'};
  return new Promise((resolve, reject) => {
    const asked = request(url, {method, agent, headers}, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({status: response.statusCode ?? 0, text, ms: performance.now() - startedAt});
      });
      response.on('error', reject);
    });
    asked.on('error', (cause) => {
      reject(new Error(`${method} ${url}: ${cause.message}`, {cause}));
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An answer of 2xx, read. */
export async function askJson(url: string, method = 'GET', body?: unknown): Promise<unknown> {
  const {status, text} = await ask(url, method, body);
  demand(status >= 200 && status < 300, () => `${method} ${url}: ${status} ${text.slice(0, 300)}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
