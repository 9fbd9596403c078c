/** Asks a task over the network how it is: once, and in time. */
import {get as httpGet, type IncomingMessage} from 'node:http';
import {get as httpsGet} from 'node:https';
import {connect} from 'node:net';
import {hostPort} from '../api/http/host-port.ts';
import type {ProbeOutcome} from '../engine/index.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

/** curl's. */
const REDIRECTS_MAX = 50;
const DEFAULT_PORTS = {http: 80, https: 443};
/** More of an answer is not kept: readiness shows what a task said. */
const BODY_BYTES_MAX = 64 * 1024;

/** Whether a connection comes about. */
export function probeTcp({host, port}: ProbeTarget, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({host, port});
    const end = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(tooLate(timeoutMs)), timeoutMs);
    socket.once('connect', () => end({kind: 'connected'}));
    socket.once('error', (error) => end({kind: 'failed', cause: causeOf(error)}));
  });
}

export interface HttpTarget extends ProbeTarget {
  readonly scheme: 'http' | 'https';
  readonly path: string;
}

/** A GET, answered whole within the time; who answers is not looked at (no certificates). */
export async function probeHttp(target: HttpTarget, timeoutMs: number): Promise<ProbeOutcome> {
  return (await get(target, timeoutMs)).outcome;
}

/** As {@link probeHttp}, but what an answer leads to is asked too, as `curl -L` does. */
export async function probeHttpOnwards(
  target: HttpTarget,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const giveUpAt = performance.now() + timeoutMs;
  let at: HttpTarget | undefined = target;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const {outcome, location} = await get(at, Math.max(1, giveUpAt - performance.now()));
    if (location === undefined) return outcome;
    at = targetAt(location, at);
    if (at === undefined) return {kind: 'failed', cause: `it leads to '${location}'`};
  }
  return {kind: 'failed', cause: `it leads on more than ${REDIRECTS_MAX} times`};
}

function targetAt(
  location: string,
  {scheme, host, port, path}: HttpTarget,
): HttpTarget | undefined {
  const url = URL.parse(location, `${scheme}://${hostPort({hostname: host, port})}${path}`);
  const next = url?.protocol.slice(0, -1);
  if (url === null || (next !== 'http' && next !== 'https')) return undefined;
  return {
    scheme: next,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[next] : Number(url.port),
    path: `${url.pathname}${url.search}`,
  };
}

interface Answer {
  readonly outcome: ProbeOutcome;
  /** Where else to ask. */
  readonly location?: string | undefined;
}

function get({scheme, host, port, path}: HttpTarget, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let isDone = false;
    const end = (outcome: ProbeOutcome, location?: string): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      resolve({outcome, location});
      request.destroy();
    };
    const ask = scheme === 'https' ? httpsGet : httpGet;
    const options = {host, port, path, agent: false, rejectUnauthorized: false};
    const request = ask({...options, headers: {Accept: '*/*'}}, (response) => {
      read(response, (body) => {
        const {statusCode: status = 0, headers} = response;
        const contentType = headers['content-type'];
        const isElsewhere = status >= 300 && status < 400;
        end(
          {kind: 'http', status, ...(contentType === undefined ? {} : {contentType}), body},
          isElsewhere ? headers.location : undefined,
        );
      });
    });
    const timer = setTimeout(() => end(tooLate(timeoutMs)), timeoutMs);
    request.on('error', (error) => end({kind: 'failed', cause: causeOf(error)}));
  });
}

/** Its text, as far as it is kept; a body that breaks off is an answer all the same. */
function read(response: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => done(Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString());
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= BODY_BYTES_MAX) finish();
  });
  response.on('end', finish);
  response.on('error', finish);
}

function tooLate(timeoutMs: number): ProbeOutcome {
  return {kind: 'failed', cause: `no answer within ${timeoutMs} ms`};
}

function causeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
