/** API tokens: `Authorization: token=…` as the DC/OS command sends it, or `Bearer …`. */
import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {headerOf} from './exchange.ts';

export class Tokens {
  /** Digests are of one length, so comparing them takes one time. */
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest);
  }

  /** Whether the request shows one of them. */
  admits(raw: IncomingMessage): boolean {
    const token = tokenOf(headerOf(raw, 'authorization') ?? '');
    return token !== undefined && this.has(token);
  }

  has(token: string): boolean {
    const asked = digest(token);
    let isKnown = false;
    for (const known of this.#digests) if (timingSafeEqual(known, asked)) isKnown = true;
    return isKnown;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function tokenOf(authorization: string): string | undefined {
  return /^\s*(?:token\s*=|bearer\s+)\s*(.+?)\s*$/i.exec(authorization)?.[1];
}
