/**
 * Questions to running tasks, and their answers: how a framework learns whether a task is well or
 * ready without its agent. The world asks them over the network; it answers each once, at the
 * latest when its time is over. Plain, JSON-able data.
 */
import type {AgentId, TaskId} from './kernel/ids.ts';

export interface Probe {
  /** Names the question; comes back with the answer. The same task is asked under the same id. */
  readonly probeId: string;
  readonly taskId: TaskId;
  /** Where the task runs: nothing reaches it while that agent is cut off. */
  readonly agentId: AgentId;
  readonly purpose: 'health' | 'readiness';
  /** HTTP and HTTPS: a GET, certificates unverified; TCP: a connection and no more. */
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP';
  readonly host: string;
  readonly port: number;
  /** Of HTTP and HTTPS. */
  readonly path?: string | undefined;
  readonly timeoutMs: number;
}

export type ProbeOutcome =
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly contentType?: string | undefined;
      readonly body?: string | undefined;
    }
  /** TCP: the connection came about. */
  | {readonly kind: 'connected'}
  /** No answer: refused, broken, or too late. */
  | {readonly kind: 'failed'; readonly cause: string};

export interface ProbeResult {
  readonly probeId: string;
  readonly outcome: ProbeOutcome;
}
