/** Refusals of Mesos's endpoints: a line of text, or nothing at all. */
import type {Exchange} from '../http/exchange.ts';
import {sendAnswer} from '../http/send.ts';

export function sendText(exchange: Exchange, status: number, text: string): Promise<void> {
  const headers = {'Content-Type': 'text/plain; charset=utf-8'};
  return sendAnswer(exchange, {status, headers, body: text});
}

export function sendEmpty(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  return sendAnswer(exchange, {status, headers, body: undefined});
}
