/** Outages of a trace: each takes down a share of the selected agents at once, for a time. */
import type {FailureProcess} from '../../scenario/schema.ts';
import type {OutageTrace} from '../../traces/trace.ts';
import type {Source, WorldPort} from './source.ts';

export type OutageProcess = Extract<FailureProcess, {kind: 'outages'}>;

export class OutageSource implements Source {
  readonly jobsExpected = 0;
  readonly #process: OutageProcess;
  readonly #index: number;
  readonly #trace: OutageTrace;
  #next = 0;

  /** `index` is that of the failure process: it names the streams. */
  constructor(process: OutageProcess, index: number, trace: OutageTrace) {
    this.#process = process;
    this.#index = index;
    this.#trace = trace;
  }

  get nextAt(): number {
    if (this.#next >= this.#trace.count) return Infinity;
    return Math.round((this.#trace.startMs[this.#next] as number) * this.#process.timeScale);
  }

  fire(now: number, port: WorldPort): void {
    const {agents, fault, intensityScale} = this.#process;
    while (this.nextAt === now) {
      const outage = this.#next;
      this.#next += 1;
      const intensity = (this.#trace.intensity[outage] as number) * intensityScale;
      const share = Math.min(1, intensity * (agents.fraction ?? 1));
      port.fault({
        fault,
        agents: {...agents, fraction: share},
        forMs: Math.max(1, Math.round(this.#trace.durationMs[outage] as number)),
        stream: `failures/${this.#index}/outage/${outage}`,
      });
    }
  }

  snapshot(): number {
    return this.#next;
  }

  restore(snapshot: unknown): void {
    this.#next = snapshot as number;
  }
}
