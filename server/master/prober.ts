/**
 * Asks tasks how they are, as the engine wants: over HTTP, HTTPS and TCP, from the leader, as
 * Marathon does. Every question is answered once, in time.
 */
import {get as httpGet, type IncomingMessage} from 'node:http';
import {get as httpsGet} from 'node:https';
import {connect} from 'node:net';
import type {FrameworkId, Input, Probe, ProbeOutcome, ProbeResult} from '../../engine/index.ts';

/** More of an answer is not kept: readiness shows what a task said. */
const BODY_BYTES_MAX = 64 * 1024;

type Results = Extract<Input, {readonly kind: 'probeResults'}>;

export class Prober {
  readonly #tell: (results: Results) => void;
  /** What has come in since the last turn of the loop. */
  readonly #arrived = new Map<FrameworkId, ProbeResult[]>();
  #isOver = false;

  constructor(tell: (results: Results) => void) {
    this.#tell = tell;
  }

  ask(frameworkId: FrameworkId, probes: readonly Probe[]): void {
    for (const probe of probes) {
      void this.#askOne(frameworkId, probe);
    }
  }

  async #askOne(frameworkId: FrameworkId, probe: Probe): Promise<void> {
    this.#take(frameworkId, {probeId: probe.probeId, outcome: await outcomeOf(probe)});
  }

  #take(frameworkId: FrameworkId, result: ProbeResult): void {
    if (this.#isOver) return;
    const waiting = this.#arrived.get(frameworkId);
    if (waiting !== undefined) {
      waiting.push(result);
      return;
    }
    this.#arrived.set(frameworkId, [result]);
    // Those of one instant belong into one input.
    setImmediate(() => {
      const results = this.#arrived.get(frameworkId) ?? [];
      this.#arrived.delete(frameworkId);
      if (!this.#isOver) this.#tell({kind: 'probeResults', frameworkId, results});
    });
  }

  /** Answers that are still on their way are of no use any more. */
  stop(): void {
    this.#isOver = true;
  }
}

function outcomeOf(probe: Probe): Promise<ProbeOutcome> {
  return probe.protocol === 'TCP' ? connects(probe) : answers(probe);
}

function connects({host, port, timeoutMs}: Probe): Promise<ProbeOutcome> {
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

function answers(probe: Probe): Promise<ProbeOutcome> {
  const {protocol, host, port, path = '/', timeoutMs} = probe;
  return new Promise((resolve) => {
    let isDone = false;
    const end = (outcome: ProbeOutcome): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      resolve(outcome);
      request.destroy();
    };
    const get = protocol === 'HTTPS' ? httpsGet : httpGet;
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
