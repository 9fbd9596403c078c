/**
 * The agents of a leading master: each has one connection, which it opened. Registrations and
 * updates go to the engine, orders to the agents, and pings tell whether they are there.
 */
import type {Logger} from 'pino';
import type {AgentId, Input} from '../../engine/index.ts';
import type {AgentAccess, AgentReport} from '../../api/cluster.ts';
import {hostPort} from '../../api/http/host-port.ts';
import type {Channel, ChannelListener} from '../link/channel.ts';
import {
  LINK_PROTOCOL,
  readAgentMessage,
  type AgentMessage,
  type AgentOrder,
  type MasterMessage,
} from '../link/messages.ts';

export interface AgentLinksParts {
  readonly masterId: string;
  readonly epoch: number;
  readonly pingTimeoutMs: number;
  readonly pingTimeoutsMax: number;
  /** To the engine; `prepare` right before it hears of it. */
  readonly tell: (input: Input, prepare?: () => void) => void;
  readonly registered: (report: AgentReport) => void;
  readonly log: Logger;
}

interface Link {
  readonly channel: Channel;
  report: AgentReport | undefined;
  /** The engine knows of its registration: orders may be sent to it. */
  isActive: boolean;
  pingSerial: number;
  pongSerial: number;
  /** Pings in a row without an answer. */
  missed: number;
  timer: NodeJS.Timeout | undefined;
}

export class AgentLinks {
  readonly #parts: AgentLinksParts;
  readonly #links = new Set<Link>();
  readonly #byAgent = new Map<AgentId, Link>();

  constructor(parts: AgentLinksParts) {
    this.#parts = parts;
  }

  /** Takes a connection; `open` makes its channel around the listener that it is given. */
  accept(open: (listener: ChannelListener) => Channel): void {
    // Nothing is heard before the channel is there.
    const link: Link = {
      channel: open({
        message: (value) => this.#heard(link, value),
        ended: (reason) => this.#ended(link, reason),
      }),
      report: undefined,
      isActive: false,
      pingSerial: 0,
      pongSerial: 0,
      missed: 0,
      timer: undefined,
    };
    this.#links.add(link);
  }

  /** To an agent that is not connected nothing is sent: it is told anew when it registers. */
  order(order: AgentOrder): void {
    const link = this.#byAgent.get(order.agentId);
    if (link?.isActive === true) this.#say(link, {kind: 'order', order});
  }

  accessTo(agentId: AgentId, headers: () => AgentAccess['headers']): AgentAccess | undefined {
    const report = this.#byAgent.get(agentId)?.report;
    if (report === undefined) return undefined;
    return {origin: `http://${hostPort(report)}`, headers: headers()};
  }

  #say({channel}: Link, message: MasterMessage): void {
    channel.send(message);
  }

  #heard(link: Link, value: unknown): void {
    const read = readAgentMessage(value);
    if (!read.ok) {
      this.#refuse(link, read.problem);
      return;
    }
    this.#take(link, read.message);
  }

  #take(link: Link, message: AgentMessage): void {
    switch (message.kind) {
      case 'register':
        this.#register(link, message);
        break;
      case 'status':
        // What is sent over another agent's connection, or an old one, is of nobody.
        if (this.#byAgent.get(message.status.agentId) === link) this.#parts.tell(message.status);
        break;
      case 'pong':
        this.#pong(link, message.serial);
        break;
    }
  }

  #register(link: Link, message: Extract<AgentMessage, {readonly kind: 'register'}>): void {
    const {protocol, registration, report} = message;
    if (protocol !== LINK_PROTOCOL) {
      this.#refuse(link, `it speaks protocol ${protocol}, this master ${LINK_PROTOCOL}`);
      return;
    }
    if (link.report !== undefined || registration.agent.id !== report.agentId) {
      this.#refuse(link, 'it registers twice, or as two agents');
      return;
    }
    const {agentId} = report;
    const before = this.#byAgent.get(agentId);
    if (before !== undefined) this.#drop(before);
    this.#byAgent.set(agentId, link);
    link.report = report;
    this.#parts.tell(registration, () => this.#activate(link, report));
    link.timer = setInterval(() => this.#ping(link, agentId), this.#parts.pingTimeoutMs);
  }

  #activate(link: Link, report: AgentReport): void {
    const {masterId, epoch, pingTimeoutMs, pingTimeoutsMax, log} = this.#parts;
    const {agentId, hostname, tasks} = report;
    log.info({agentId, hostname, tasks: tasks.length}, 'agent registered');
    this.#parts.registered(report);
    if (this.#byAgent.get(agentId) !== link) return;
    link.isActive = true;
    const silenceMaxMs = pingTimeoutMs * pingTimeoutsMax;
    this.#say(link, {kind: 'welcome', masterId, epoch, silenceMaxMs});
  }

  #ping(link: Link, agentId: AgentId): void {
    if (link.pongSerial < link.pingSerial) {
      link.missed += 1;
      if (link.missed === 1) this.#parts.tell({kind: 'agentSilent', agentId});
      if (link.missed >= this.#parts.pingTimeoutsMax) {
        this.#drop(link);
        this.#lost(link, 'it answers no pings');
        return;
      }
    }
    link.pingSerial += 1;
    this.#say(link, {kind: 'ping', serial: link.pingSerial});
  }

  #pong(link: Link, serial: number): void {
    link.pongSerial = Math.max(link.pongSerial, serial);
    const agentId = link.report?.agentId;
    if (link.missed === 0 || agentId === undefined) return;
    link.missed = 0;
    this.#parts.tell({kind: 'agentHeard', agentId});
  }

  #refuse(link: Link, reason: string): void {
    this.#parts.log.warn({agentId: link.report?.agentId, reason}, 'agent refused');
    this.#say(link, {kind: 'refused', reason});
    this.#drop(link);
    this.#lost(link, reason);
  }

  #ended(link: Link, reason: string): void {
    this.#drop(link);
    this.#lost(link, reason);
  }

  #drop(link: Link): void {
    clearInterval(link.timer);
    this.#links.delete(link);
    link.channel.end();
  }

  /** The engine hears of it, unless the agent has another connection by now. */
  #lost(link: Link, reason: string): void {
    const agentId = link.report?.agentId;
    if (agentId === undefined || this.#byAgent.get(agentId) !== link) return;
    this.#byAgent.delete(agentId);
    this.#parts.log.warn({agentId, reason}, 'agent disconnected');
    this.#parts.tell({kind: 'agentDisconnected', agentId});
  }

  /** The term is over: agents look for the next leader. */
  close(): void {
    for (const link of [...this.#links]) this.#drop(link);
    this.#byAgent.clear();
  }
}
