/**
 * Updates that the master makes up itself: answers to reconciliation, refused launches, lost
 * agents. They wait here while a framework is calling, and are delivered when it has returned.
 */
import type {AgentId, TaskId} from '../kernel/ids.ts';
import type {StatusReason, StatusUpdate, TaskOrigin, TaskState} from '../scheduler.ts';
import type {FrameworkRecord} from './records.ts';

/** What an update of the master's own says; it asks for no acknowledgement. */
export interface MadeUpStatus {
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  readonly origin: TaskOrigin | undefined;
  readonly state: TaskState;
  readonly reason: StatusReason;
  readonly message: string;
  readonly healthy?: boolean | undefined;
}

interface Mail {
  readonly framework: FrameworkRecord;
  readonly update: StatusUpdate;
}

export class Mailbox {
  readonly #mails: Mail[] = [];

  get isEmpty(): boolean {
    return this.#mails.length === 0;
  }

  send(framework: FrameworkRecord, status: MadeUpStatus): void {
    this.#mails.push({framework, update: {source: 'SOURCE_MASTER', ...status}});
  }

  /** Delivers everything in order, also what the deliveries cause. */
  deliver(): void {
    if (this.#mails.length === 0) return;
    for (let at = 0; at < this.#mails.length; at += 1) {
      const {framework, update} = this.#mails[at] as Mail;
      framework.scheduler.statusUpdate(update);
    }
    this.#mails.length = 0;
  }
}
