/**
 * What a master shows an agent when it asks it over plain HTTP: that it holds the cluster's key. It
 * is good for about a minute, so that one that is overheard is soon worth nothing.
 */
import {createHmac, timingSafeEqual} from 'node:crypto';
import type {IncomingHttpHeaders} from 'node:http';
import type {ClusterKey} from './cluster-key.ts';

const HEADER = 'x-drydock-proof';
const PROOF_MS = 60_000;
/** Nothing that is signed with the key for another purpose passes for this. */
const PURPOSE = 'agent-http';

/** Headers to ask with at `nowMs` (since 1970). */
export function proofHeaders(key: ClusterKey, nowMs: number): Readonly<Record<string, string>> {
  const until = `${nowMs + PROOF_MS}`;
  return {[HEADER]: `${until}.${signature(key, until)}`};
}

/** Whether who asks with these headers at `nowMs` holds the key. */
export function isProven(headers: IncomingHttpHeaders, key: ClusterKey, nowMs: number): boolean {
  const proof = headers[HEADER];
  if (typeof proof !== 'string') return false;
  const [until = '', given = ''] = proof.split('.');
  const good = Buffer.from(signature(key, until));
  const shown = Buffer.from(given);
  if (good.length !== shown.length || !timingSafeEqual(good, shown)) return false;
  // Clocks of machines differ a little; a proof from the far future is none.
  return Number(until) >= nowMs && Number(until) <= nowMs + 2 * PROOF_MS;
}

function signature(key: ClusterKey, until: string): string {
  return createHmac('sha256', key).update(`${PURPOSE}\n${until}`).digest('hex');
}
