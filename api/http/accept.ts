/** What a client takes, by its `Accept` (RFC 9110, 12.5.1). */
import type {IncomingMessage} from 'node:http';
import {headerOf} from './exchange.ts';

/** Whether it takes `type/subtype`; without a word it takes everything. */
export function accepts(raw: IncomingMessage, mediaType: string): boolean {
  const accepted = (headerOf(raw, 'accept') ?? '').trim().toLowerCase();
  if (accepted === '') return true;
  const [type = ''] = mediaType.split('/');
  const fitting = new Set(['*/*', '*', `${type}/*`, mediaType]);
  return accepted.split(',').some((range) => fitting.has((range.split(';')[0] ?? '').trim()));
}
