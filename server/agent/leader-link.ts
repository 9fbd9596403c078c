/**
 * An agent's connection to whoever leads: found, opened, registered, given up when silent, opened
 * again. It takes orders of one master at a time, and never of one that has been replaced.
 */
import type {Logger} from 'pino';
import type {Address} from '../../api/cluster.ts';
import type {Channel, ChannelListener} from '../link/channel.ts';
import type {LeaderWatch} from '../leader-watch.ts';
import {
  readMasterMessage,
  type AgentMessage,
  type AgentOrder,
  type MasterMessage,
  type StatusMessage,
} from '../link/messages.ts';

/** Opens a channel to a master; rejects where nobody answers, or the wrong one. */
export type OpenChannel = (leader: Address, listener: ChannelListener) => Promise<Channel>;

export interface LeaderLinkParts {
  readonly watch: LeaderWatch;
  readonly open: OpenChannel;
  /** What this agent says of itself now. */
  readonly registration: () => Extract<AgentMessage, {readonly kind: 'register'}>;
  readonly registered: (masterId: string) => void;
  readonly lost: () => void;
  readonly order: (order: AgentOrder) => void;
  readonly log: Logger;
}

/** From an attempt that failed to the next: doubled each time, and spread by chance. */
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 15_000;
/** A master that has not answered the registration after this will not. */
const WELCOME_MS_MAX = 30_000;

export class LeaderLink {
  readonly #parts: LeaderLinkParts;
  readonly #unwatch: () => void;
  #channel: Channel | undefined;
  #isRegistered = false;
  #silenceMaxMs = WELCOME_MS_MAX;
  #epochSeen = 0;
  #retryMs = RETRY_MS_MIN;
  #retryTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** Attempts are numbered: what belongs to an older one is over. */
  #attempt = 0;
  #isClosed = false;

  constructor(parts: LeaderLinkParts) {
    this.#parts = parts;
    this.#unwatch = parts.watch.onChange(() => {
      this.#retryMs = RETRY_MS_MIN;
      this.#drop();
      this.#connect();
    });
    this.#connect();
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  send(status: StatusMessage): void {
    if (this.#isRegistered) this.#say({kind: 'status', status});
  }

  #say(message: AgentMessage): void {
    this.#channel?.send(message);
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    const {leader} = this.#parts.watch;
    if (this.#isClosed || leader === undefined) return;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isPresent = (): boolean => attempt === this.#attempt && !this.#isClosed;
    const listener: ChannelListener = {
      message: (value) => {
        if (isPresent()) this.#heard(value);
      },
      ended: (reason) => {
        if (isPresent()) this.#lose(reason);
      },
    };
    void this.#open(leader, listener, isPresent);
  }

  async #open(leader: Address, listener: ChannelListener, isPresent: () => boolean): Promise<void> {
    let channel: Channel;
    try {
      channel = await this.#parts.open(leader, listener);
    } catch (error) {
      if (isPresent()) this.#lose((error as Error).message);
      return;
    }
    if (!isPresent()) {
      channel.end();
      return;
    }
    this.#channel = channel;
    this.#silenceMaxMs = WELCOME_MS_MAX;
    this.#listenFor();
    this.#say(this.#parts.registration());
  }

  #heard(value: unknown): void {
    const read = readMasterMessage(value);
    if (!read.ok) {
      this.#parts.log.warn({problem: read.problem}, 'the master says what this agent cannot read');
      return;
    }
    this.#listenFor();
    this.#take(read.message);
  }

  #take(message: MasterMessage): void {
    switch (message.kind) {
      case 'welcome':
        if (message.epoch < this.#epochSeen) {
          this.#lose(`its epoch ${message.epoch} is over, ${this.#epochSeen} has been here`);
          return;
        }
        this.#epochSeen = message.epoch;
        this.#silenceMaxMs = message.silenceMaxMs;
        this.#isRegistered = true;
        this.#retryMs = RETRY_MS_MIN;
        this.#parts.registered(message.masterId);
        break;
      case 'refused':
        this.#lose(`it refuses this agent: ${message.reason}`);
        break;
      case 'order':
        this.#parts.order(message.order);
        break;
      case 'ping':
        this.#say({kind: 'pong', serial: message.serial});
        break;
    }
  }

  /** Pings come all the time: a master that says nothing at all is not there. */
  #listenFor(): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(
      () => this.#lose(`it has said nothing for ${this.#silenceMaxMs} ms`),
      this.#silenceMaxMs,
    );
  }

  #lose(reason: string): void {
    this.#parts.log.warn({reason, leader: this.#parts.watch.leader}, 'no connection to the master');
    this.#drop();
    const waitMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
  }

  #drop(): void {
    this.#attempt += 1;
    clearTimeout(this.#silenceTimer);
    this.#channel?.end();
    this.#channel = undefined;
    if (!this.#isRegistered) return;
    this.#isRegistered = false;
    this.#parts.lost();
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    clearTimeout(this.#retryTimer);
    this.#drop();
  }
}
