/**
 * Asks tasks how they are, as the engine wants: over HTTP, HTTPS and TCP, from the leader, as
 * Marathon does. Every question is answered once, in time.
 */
import type {FrameworkId, Input, Probe, ProbeOutcome, ProbeResult} from '../../engine/index.ts';
import {probeHttp, probeTcp} from '../probing.ts';

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

function outcomeOf({protocol, host, port, path = '/', timeoutMs}: Probe): Promise<ProbeOutcome> {
  if (protocol === 'TCP') return probeTcp({host, port}, timeoutMs);
  const scheme = protocol === 'HTTPS' ? 'https' : 'http';
  return probeHttp({scheme, host, port, path}, timeoutMs);
}
