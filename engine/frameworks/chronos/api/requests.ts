/** Requests to a Chronos, and their defensive reading: any JSON becomes a request or a refusal. */
import type {Refusal} from '../../../scheduler.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {mapOf, object, oneOf, required, text, type Fault} from '../../json/json-shape.ts';

export type ParsedRequest =
  | {readonly ok: true; readonly request: HttpRequest}
  | {readonly ok: false; readonly refusal: Refusal};

const http = object(
  {kind: required(oneOf('http')), method: required(text()), path: required(text())},
  {headers: mapOf(text()), body: text(), remoteAddress: text()},
);

export function parseRequest(value: unknown): ParsedRequest {
  const faults: Fault[] = [];
  const request = http(value, '', faults);
  if (request !== undefined && faults.length === 0) return {ok: true, request};
  const refusal = {code: 'invalidRequest', message: 'Invalid request', errors: faults};
  return {ok: false, refusal};
}
