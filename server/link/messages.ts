/**
 * What agents and masters say to each other over their one connection, which the agent opens. Both
 * have proved to hold the cluster's key before the first message; what they say is checked all the
 * same, for they may be of different versions.
 */
import {z} from 'zod';
import type {AgentId, Effect, FrameworkId, Input, TaskId, TaskState} from '../../engine/index.ts';
import type {AgentReport} from '../../api/cluster.ts';

/** Raised when older ones could not understand what is said. */
export const LINK_PROTOCOL = 1;

/** Orders that go to an agent as they leave the engine. */
export type AgentOrder = Extract<
  Effect,
  {readonly kind: 'acknowledgeStatus' | 'applyOperations' | 'killTask' | 'launchTask'}
>;

export type Registration = Extract<Input, {readonly kind: 'agentRegistered'}>;
export type StatusMessage = Extract<Input, {readonly kind: 'taskStatus'}>;

export type MasterMessage =
  /** The agent is registered: what it reported stands, and orders follow. */
  | {
      readonly kind: 'welcome';
      readonly masterId: string;
      /** Agents take no orders of a master that has been replaced. */
      readonly epoch: number;
      /** Silence of the master for so long means that the connection is dead. */
      readonly silenceMaxMs: number;
    }
  /** It does not lead, or cannot have this agent. */
  | {readonly kind: 'refused'; readonly reason: string}
  | {readonly kind: 'order'; readonly order: AgentOrder}
  | {readonly kind: 'ping'; readonly serial: number};

export type AgentMessage =
  | {
      readonly kind: 'register';
      readonly protocol: number;
      readonly registration: Registration;
      readonly report: AgentReport;
    }
  | {readonly kind: 'status'; readonly status: StatusMessage}
  | {readonly kind: 'pong'; readonly serial: number};

const text = z.string().min(1);
const id = text.refine((value) => !value.includes('/') && value !== '.' && value !== '..');
const agentId = id.transform((value) => value as AgentId);
const frameworkId = id.transform((value) => value as FrameworkId);
const taskId = id.transform((value) => value as TaskId);
const state = z.string().regex(/^TASK_[A-Z_]+$/) as unknown as z.ZodType<TaskState>;
const whole = z.int().min(0);
const amounts = z.looseObject({scalars: z.record(z.string(), z.number())});

const task = z.looseObject({
  frameworkId,
  taskId,
  state,
  name: z.string(),
  origin: z.looseObject({kind: z.enum(['app', 'job', 'run'])}),
  resources: amounts,
  role: z.string().optional(),
});

const reportedTask = z.looseObject({
  frameworkId,
  taskId,
  statuses: z.array(z.looseObject({state, at: z.number()})),
});

const agentMessage = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('register'),
    protocol: whole,
    registration: z.looseObject({
      kind: z.literal('agentRegistered'),
      agent: z.looseObject({
        id: agentId,
        hostname: text,
        attributes: z.record(z.string(), z.unknown()),
      }),
      resources: amounts,
      tasks: z.array(task),
    }),
    report: z.looseObject({
      agentId,
      hostname: text,
      ip: text.optional(),
      port: whole,
      version: text,
      startedAt: z.number(),
      tasks: z.array(reportedTask),
    }),
  }),
  z.looseObject({
    kind: z.literal('status'),
    status: z.looseObject({
      kind: z.literal('taskStatus'),
      agentId,
      frameworkId,
      taskId,
      state,
      updateId: text,
    }),
  }),
  z.looseObject({kind: z.literal('pong'), serial: whole}),
]);

export type Read<T> =
  | {readonly ok: true; readonly message: T}
  | {readonly ok: false; readonly problem: string};

/** What an agent says, or what is wrong with it by the path of the field. */
export function readAgentMessage(value: unknown): Read<AgentMessage> {
  const read = agentMessage.safeParse(value);
  if (read.success) return {ok: true, message: read.data as unknown as AgentMessage};
  const [issue] = read.error.issues;
  return {ok: false, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`};
}

const MASTER_KINDS: readonly string[] = ['welcome', 'refused', 'order', 'ping'];

/** The master is who the agent obeys: only the kind is looked at. */
export function readMasterMessage(value: unknown): Read<MasterMessage> {
  const {kind} = (typeof value === 'object' && value !== null ? value : {}) as {kind?: string};
  if (kind !== undefined && MASTER_KINDS.includes(kind)) {
    return {ok: true, message: value as MasterMessage};
  }
  return {ok: false, problem: `unknown kind of message '${String(kind)}'`};
}
