/**
 * The agents that the cluster has, written down before any of them is offered: what a new master
 * waits for after a failover (Mesos's registry, reference parts 3.3, 3.5). Questions about tasks on
 * agents that have not come back yet stay open here.
 */
import type {AgentId, FrameworkId, TaskId} from '../kernel/ids.ts';
import type {AgentInfo, Unavailability} from '../scheduler.ts';
import type {StoredRecord} from '../frameworks/records.ts';
import type {MasterContext} from './context.ts';

/** An agent as it is written down. */
export interface RegisteredAgent {
  readonly info: AgentInfo;
  /** Since when it is given up; absent: it is not. */
  readonly unreachableAt?: number | undefined;
}

/** A question about a task that waits for its agent. */
export interface OpenQuestion {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
}

export interface RegistrySnapshot {
  readonly questions: readonly (readonly [AgentId, readonly OpenQuestion[]])[];
}

const FOLDER = 'agents';

export class Registry {
  readonly #context: MasterContext;
  readonly #isStored: boolean;
  readonly #questions = new Map<AgentId, OpenQuestion[]>();

  constructor(context: MasterContext, isStored: boolean) {
    this.#context = context;
    this.#isStored = isStored;
  }

  /** An agent is in the cluster: effects of this step wait until that is written. */
  admit(info: AgentInfo): void {
    this.#put({info});
  }

  /** An agent is given up, and a later master must know that it was. */
  markUnreachable(info: AgentInfo): void {
    this.#put({info, unreachableAt: this.#context.now()});
  }

  /** An agent is forgotten: should it register after all, it is a new one. */
  forget(id: AgentId): void {
    if (this.#isStored) this.#context.deleteRecord(`${FOLDER}/${id}`);
  }

  #put(agent: RegisteredAgent): void {
    if (this.#isStored) this.#context.putRecord(`${FOLDER}/${agent.info.id}`, agent);
  }

  /** A task on an agent that is not back yet: the answer waits for the agent. */
  ask(agentId: AgentId, question: OpenQuestion): void {
    const asked = this.#questions.get(agentId);
    if (asked === undefined) {
      this.#questions.set(agentId, [question]);
      return;
    }
    const {frameworkId, taskId} = question;
    const isKnown = asked.some((one) => one.taskId === taskId && one.frameworkId === frameworkId);
    if (!isKnown) asked.push(question);
  }

  /** The questions that can be answered now, in the order in which they were asked. */
  takeQuestions(agentId: AgentId): readonly OpenQuestion[] {
    const asked = this.#questions.get(agentId) ?? [];
    this.#questions.delete(agentId);
    return asked;
  }

  snapshot(): RegistrySnapshot {
    return {questions: [...this.#questions].map(([id, asked]) => [id, [...asked]])};
  }

  load({questions}: RegistrySnapshot): void {
    for (const [id, asked] of questions) this.#questions.set(id, [...asked]);
  }
}

/** What the master before this one has left in the store. */
export interface MasterDocuments {
  readonly agents: readonly RegisteredAgent[];
  /** role → what it was promised. */
  readonly quotas: readonly (readonly [string, unknown])[];
  readonly weights: readonly (readonly [string, unknown])[];
  /** Host names; null: all agents; undefined: nothing was ever said. */
  readonly whitelist: readonly string[] | null | undefined;
  readonly maintenance: readonly (readonly [string, Unavailability])[];
}

/** Reads the master's records, at their paths below its own. */
export function masterDocuments(records: readonly StoredRecord[]): MasterDocuments {
  const sorted = [...records].sort(([left], [right]) => (left < right ? -1 : 1));
  const below = (folder: string): readonly (readonly [string, unknown])[] =>
    sorted.flatMap(([path, document]) =>
      path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), document] as const] : [],
    );
  const whitelist = sorted.find(([path]) => path === 'whitelist')?.[1];
  return {
    agents: below(FOLDER).map(([, document]) => document as RegisteredAgent),
    quotas: below('quotas'),
    weights: below('weights'),
    whitelist: whitelist as MasterDocuments['whitelist'],
    maintenance: below('maintenance') as MasterDocuments['maintenance'],
  };
}
