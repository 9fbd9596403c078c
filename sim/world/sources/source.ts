/**
 * Where work and happenings come from: cursors that hold their next instant, asked in the
 * scenario's order.
 */
import type {
  AgentId,
  BatchJob,
  EngineView,
  OperatorRequest,
  Random,
} from '../../../engine/index.ts';
import type {AgentSelection, FaultKind, HealthAnswer} from '../../scenario/schema.ts';
import type {ChronosRequest, JobFace} from './chronos-requests.ts';
import type {MarathonRequest} from './marathon-requests.ts';

/** A job on its way into the engine. */
export interface Submission {
  readonly framework: number;
  readonly job: BatchJob;
  /** How long each task runs; -1: for ever. */
  readonly durationMs: number;
  /** Length of the workload's name, with which the job's id begins. */
  readonly workloadLength: number;
}

/** The id of a job: ids become those of tasks, which hold no slash. */
export function taskName(workload: string, id: string): string {
  return `${workload}.${id.includes('/') ? id.replaceAll('/', '_') : id}`;
}

/** What those who plan for it look at. */
export type MarathonView = Pick<
  NonNullable<ReturnType<EngineView['marathon']>>,
  'app' | 'deployments' | 'instancesOf' | 'summaryOf'
>;

/** The status that the answer to a request over HTTP is to have; `good`: any below 400. */
export type ExpectedStatus = number | 'good';

/** What a source can make happen. */
export interface WorldPort {
  submit(submission: Submission): void;
  /** `label` says in messages where the request comes from: `events[2]`. */
  request(
    framework: number,
    request: ChronosRequest | MarathonRequest,
    label: string,
    status?: ExpectedStatus,
  ): void;
  /** What cannot be asked for at all; `label` as above. */
  refuse(label: string, message: string): void;
  /** Another leader of the framework takes over from what the store holds. */
  failOver(framework: number): void;
  /** How the Marathon that this framework is stands. */
  marathon(framework: number): MarathonView;
  /** The job of the Chronos that this framework is, if it is there now. */
  scheduledJob(framework: number, name: string): JobFace | undefined;
  random(stream: string): Random;
  /** What an operator asks of the master; `label` as above. */
  operate(request: OperatorRequest, label: string): void;
  fault(happening: Happening): void;
  /** What all instances of the app answer to health checks; undefined: as they behave. */
  answerHealth(framework: number, app: string, answer: HealthAnswer | undefined): void;
  /** The agents that are meant, in order; `stream` is what `count` and `fraction` draw from. */
  agentsOf(selection: AgentSelection, stream: string): readonly AgentId[];
  /** Whether the master can talk to the agent. */
  isUp(agentId: AgentId): boolean;
}

export interface Happening {
  readonly fault: FaultKind;
  readonly agents: AgentSelection;
  /** Undefined: for ever. */
  readonly forMs: number | undefined;
  /** Stream from which agents are drawn. */
  readonly stream: string;
}

export interface Source {
  /** Virtual instant of what comes next; Infinity when nothing does. */
  readonly nextAt: number;
  /** Jobs that it will have submitted in the end, as far as that is known; 0 otherwise. */
  readonly jobsExpected: number;
  /** Makes everything happen that is due at `now`, which is `nextAt`. */
  fire(now: number, port: WorldPort): void;
  /** Plain JSON-able data; `restore` takes it back. */
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}
