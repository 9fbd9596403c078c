/** What the master keeps of agents, frameworks, offers and tasks. */
import type {AgentSlot} from '../allocator/agent-table.ts';
import type {Subscriber} from '../allocator/subscribers.ts';
import type {TaskId} from '../kernel/ids.ts';
import type {Resources} from '../resources/vector.ts';
import type {
  AgentInfo,
  Framework,
  FrameworkInfo,
  Offer,
  TaskOrigin,
  TaskState,
  Unavailability,
} from '../scheduler.ts';
import type {CallTally} from './call-tally.ts';

/**
 * `active`: offered and heard of. `disconnected`: its connection broke, not offered.
 * `unreachable`: given up, its resources are out of the cluster until it registers again.
 * `recovered`: known of the master before this one; it has some time to register here.
 */
export type AgentState = 'active' | 'disconnected' | 'recovered' | 'unreachable';

/** Whether its resources are in the cluster; else it must register (again) first. */
export function isPresent({state}: Pick<AgentRecord, 'state'>): boolean {
  return state === 'active' || state === 'disconnected';
}

export interface AgentRecord {
  info: AgentInfo;
  state: AgentState;
  total: Resources;
  /** Planned maintenance, also while it is not present. */
  unavailability: Unavailability | undefined;
  /** Its row in the allocator; -1 while it is not present. */
  slot: AgentSlot;
  /** Every task that is or may be running there, and ended ones until they are acknowledged. */
  readonly tasks: TaskRecord[];
  /** The offers of it that are out, linked by `next`: mostly one, so no list of their own. */
  offers: OfferRecord | undefined;
}

export interface FrameworkRecord {
  readonly info: FrameworkInfo;
  /** The scheduler itself, set as soon as it is made. */
  scheduler: Framework;
  readonly partitionAware: boolean;
  readonly tasks: Map<TaskId, TaskRecord>;
  /** Thousandths by kind that its tasks use. */
  readonly used: number[];
  /** The same by role; roles in which it never had a task are missing. */
  readonly usedInRole: Map<string, number[]>;
  readonly tally: CallTally;
}

export interface OfferRecord {
  readonly offer: Offer;
  readonly framework: FrameworkRecord;
  /** The framework in the role of the offer. */
  readonly subscriber: Subscriber;
  readonly agent: AgentRecord;
  /** The next offer of the same agent. */
  next: OfferRecord | undefined;
}

export interface TaskRecord {
  readonly id: TaskId;
  readonly framework: FrameworkRecord;
  /** The role that its resources were offered in. */
  readonly role: string;
  /** The framework in that role: stays the same as long as the task holds anything. */
  readonly subscriber: Subscriber;
  readonly agent: AgentRecord;
  /** In its agent's list. */
  position: number;
  readonly name: string;
  readonly origin: TaskOrigin;
  readonly resources: Resources;
  state: TaskState;
  /** The last update that was forwarded and not yet acknowledged. */
  unacknowledged: string | undefined;
  healthy: boolean | undefined;
}

/** All offers of an agent that are out. */
export function offersOf(agent: AgentRecord): OfferRecord[] {
  const offers: OfferRecord[] = [];
  for (let record = agent.offers; record !== undefined; record = record.next) offers.push(record);
  return offers;
}

/** Files an offer with its agent. */
export function linkOffer(record: OfferRecord): void {
  record.next = record.agent.offers;
  record.agent.offers = record;
}

/** Takes an offer out of its agent's list. */
export function unlinkOffer(record: OfferRecord): void {
  const {agent} = record;
  if (agent.offers === record) {
    agent.offers = record.next;
    return;
  }
  let before = agent.offers;
  while (before !== undefined && before.next !== record) before = before.next;
  if (before !== undefined) before.next = record.next;
}

const TERMINAL: ReadonlySet<TaskState> = new Set<TaskState>([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

/** Whether a task in this state has ended for good (reference part 3.1). */
export function isTerminal(state: TaskState): boolean {
  return TERMINAL.has(state);
}
