/** Answers of Mesos's endpoints: JSON, or a script that calls a function of the page with it. */
import type {Exchange} from '../http/exchange.ts';
import {queryOf} from '../http/raw-path.ts';
import {sendBytes} from '../http/send.ts';
import {sendText} from './send-text.ts';

/** Names such as `angular.callbacks._0` or `cb[3]`. */
const CALLBACK = /^[\w$.[\]]{1,200}$/;

/** Sends JSON that is text already. */
export async function sendJson(exchange: Exchange, json: Buffer | string): Promise<void> {
  const callback = queryOf(exchange.path).get('jsonp');
  if (callback === null || callback === '') {
    void exchange.reply.code(200).header('content-type', 'application/json');
    return sendBytes(exchange, Buffer.from(json));
  }
  if (!CALLBACK.test(callback)) {
    return sendText(exchange, 400, "Expecting 'jsonp' to be the name of a function.\n");
  }
  void exchange.reply.code(200).header('content-type', 'text/javascript');
  const parts = [Buffer.from(`${callback}(`), Buffer.from(json), Buffer.from(');')];
  return sendBytes(exchange, Buffer.concat(parts));
}
