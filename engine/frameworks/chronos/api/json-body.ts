/** The JSON of a request to Chronos, or the answer to one that has none. */
import type {ParsedBody} from '../../http/answers.ts';
import type {Call} from '../../http/call.ts';
import {parseJsonText} from '../../json/json-text.ts';
import {badRequest} from './answer-form.ts';

export function jsonOf({body = ''}: Call): ParsedBody {
  const parsed = parseJsonText(body);
  if (parsed.ok) return parsed;
  return {ok: false, answer: badRequest(`the body is no JSON: ${parsed.message}`)};
}
