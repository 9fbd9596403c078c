/** Asks a task over the network how it is: once, and in time. */
import {get as httpGet, type IncomingMessage} from 'node:http';
import {get as httpsGet} from 'node:https';
import {connect} from 'node:net';
import type {ProbeOutcome} from '../engine/index.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

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

/** A GET, answered whole within the time; who answers is not looked at (no certificates). */
export function probeHttp(
  {
    scheme,
    host,
    port,
    path,
  }: ProbeTarget & {
    readonly scheme: 'http' | 'https';
    readonly path: string;
  },
  timeoutMs: number,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    let isDone = false;
    const end = (outcome: ProbeOutcome): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      resolve(outcome);
      request.destroy();
    };
    const get = scheme === 'https' ? httpsGet : httpGet;
    const options = {host, port, path, agent: false, rejectUnauthorized: false};
    const request = get({...options, headers: {Accept: '*/*'}}, (response) => {
      read(response, (body) => {
        const contentType = response.headers['content-type'];
        end({
          kind: 'http',
          status: response.statusCode ?? 0,
          ...(contentType === undefined ? {} : {contentType}),
          body,
        });
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
