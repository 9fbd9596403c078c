/**
 * Where a request is answered: here, if this master leads, else at the leader, on the way that
 * Marathon's followers take (reference 9.3). While a leadership ends nothing is answered from the
 * engine that is deposed.
 */
import type {IncomingMessage} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {NotLeadingError, type Address, type Cluster} from './cluster.ts';
import type {ProxyTiming} from './gateway-options.ts';
import {headerOf, isRead, type Exchange, type Face} from './http/exchange.ts';
import {
  fetchAnswer,
  forward,
  type FetchedAnswer,
  type ForwardTerms,
  type Upstream,
} from './http/forward.ts';
import {hostPort} from './http/host-port.ts';
import {Fault, type FaultCode} from './master-errors.ts';

const VIA = 'x-marathon-via';

export interface ProxyTerms {
  /** When nobody leads. */
  readonly leaderless: FaultCode;
  /** Beside those of the client. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Added to the leader's answer. */
  readonly answerHeaders: (leader: Address) => Readonly<Record<string, string>>;
}

export const PLAIN_PROXY: ProxyTerms = {
  leaderless: 'leaderUnknown',
  headers: () => ({}),
  answerHeaders: () => ({}),
};

export class LeaderProxy {
  readonly #cluster: Cluster;
  readonly #timing: ProxyTiming;

  constructor(cluster: Cluster, timing: ProxyTiming) {
    this.#cluster = cluster;
    this.#timing = timing;
  }

  /** `host:port` of this master. */
  get own(): string {
    return hostPort(this.#cluster.self);
  }

  /** A face that only a leader has. */
  leading(face: Face, terms: ProxyTerms = PLAIN_PROXY): Face {
    return (exchange) => this.#serve(exchange, face, terms);
  }

  /** A face that answers much by itself, and asks for the leader by a {@link NotLeadingError}. */
  localFirst(face: Face, terms: ProxyTerms = PLAIN_PROXY): Face {
    return async (exchange) => {
      if (!(await this.#tryHere(exchange, face))) await this.#serve(exchange, face, terms);
    };
  }

  async #serve(exchange: Exchange, face: Face, terms: ProxyTerms): Promise<void> {
    if (this.#cluster.isLeader && (await this.#tryHere(exchange, face))) return;
    const leader = await this.findLeader(terms.leaderless);
    if (leader === 'here') {
      if (await this.#tryHere(exchange, face)) return;
      throw new Fault(terms.leaderless);
    }
    await this.#pass(exchange, leader, terms);
  }

  /**
   * False: it stopped leading meanwhile, and the question can be asked elsewhere.
   *
   * @throws Fault the same, but it was no question: what was asked for may have been done.
   */
  async #tryHere(exchange: Exchange, face: Face): Promise<boolean> {
    try {
      await face(exchange);
      return true;
    } catch (error) {
      if (!(error instanceof NotLeadingError)) throw error;
      if (!isRead(exchange)) throw new Fault('outcomeUnknown');
      return false;
    }
  }

  /**
   * Looks for somebody who leads, for a while.
   *
   * @throws Fault `leaderless`: there is nobody.
   */
  async findLeader(leaderless: FaultCode): Promise<Address | 'here'> {
    const {looksMax, lookIntervalMs} = this.#timing;
    for (let look = 0; ; look += 1) {
      if (this.#cluster.isLeader) return 'here';
      const {leader} = this.#cluster;
      // One that is said to be this process, which does not lead (yet), is nobody.
      if (leader !== undefined && hostPort(leader) !== this.own) return leader;
      if (look === looksMax) throw new Fault(leaderless);
      await sleep(lookIntervalMs);
    }
  }

  async #pass(exchange: Exchange, leader: Address, terms: ProxyTerms): Promise<void> {
    await forward(exchange, this.#upstream(exchange, leader, terms), this.#forwarding);
  }

  /** What the leader answers, to be changed; or that this master leads by now. */
  async fetch(exchange: Exchange, terms: ProxyTerms): Promise<FetchedAnswer | 'here'> {
    const leader = await this.findLeader(terms.leaderless);
    if (leader === 'here') return leader;
    return fetchAnswer(exchange, this.#upstream(exchange, leader, terms), this.#forwarding);
  }

  /**
   * Where a connection that leaves HTTP is to be joined to; without a leader nobody waits.
   *
   * @throws Fault nobody leads.
   */
  leaderUpstream(raw: IncomingMessage, url: string): Upstream {
    const {leader} = this.#cluster;
    if (leader === undefined || hostPort(leader) === this.own) throw new Fault('noLeader');
    return this.#upstream({raw, url}, leader, PLAIN_PROXY);
  }

  #upstream(
    {raw, url}: Pick<Exchange, 'raw' | 'url'>,
    leader: Address,
    terms: ProxyTerms,
  ): Upstream {
    const via = headerOf(raw, VIA);
    if (via?.split(',').some((hop) => hop.trim() === `1.1 ${this.own}`) === true) {
      throw new Fault('proxyLoop');
    }
    const hops = [via ?? [], `1.1 ${this.own}`].flat().join(', ');
    return {
      ...leader,
      path: url,
      headers: {...terms.headers(), [VIA]: hops},
      answerHeaders: {'X-Marathon-Via': hops, ...terms.answerHeaders(leader)},
    };
  }

  get #forwarding(): ForwardTerms {
    const {connectMs, silenceMs} = this.#timing;
    return {connectMs, silenceMs, refused: 'leaderRefused', failed: 'leaderFailed'};
  }
}
