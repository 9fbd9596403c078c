/**
 * What the master says of its own accord: answers to reconciliation, refused launches, lost agents,
 * offers that a call has ended. It waits here while a framework is calling, and is delivered when
 * that has returned.
 */
import type {AgentId, OfferId, TaskId} from '../kernel/ids.ts';
import type {StatusReason, StatusUpdate, TaskOrigin, TaskState} from '../scheduler.ts';
import type {FrameworkRecord, OfferRecord} from './records.ts';

/** What an update of the master's own says; it asks for no acknowledgement. */
export interface MadeUpStatus {
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  readonly origin: TaskOrigin | undefined;
  readonly state: TaskState;
  readonly reason: StatusReason;
  readonly message: string;
  readonly healthy?: boolean | undefined;
  readonly containerIp?: string | undefined;
}

interface Mail {
  readonly framework: FrameworkRecord;
  readonly news: StatusUpdate | OfferId;
}

export class Mailbox {
  readonly #mails: Mail[] = [];

  get isEmpty(): boolean {
    return this.#mails.length === 0;
  }

  send(framework: FrameworkRecord, status: MadeUpStatus): void {
    this.#mails.push({framework, news: {source: 'SOURCE_MASTER', ...status}});
  }

  /** An offer was taken back. */
  rescinded({framework, offer}: OfferRecord): void {
    this.#mails.push({framework, news: offer.id});
  }

  /** Delivers everything in order, also what the deliveries cause. */
  deliver(): void {
    if (this.#mails.length === 0) return;
    for (let at = 0; at < this.#mails.length; at += 1) {
      const {framework, news} = this.#mails[at] as Mail;
      if (typeof news === 'object') framework.scheduler.statusUpdate(news);
      else framework.scheduler.offerRescinded(news);
    }
    this.#mails.length = 0;
  }
}
