/**
 * JSON as text from a client: parsed, or told where it goes wrong. The answers do not depend on the
 * wording of the runtime, and nesting is bounded before anything walks the value.
 */

/** No definition comes near; a group is at most 64 deep, two brackets a group. */
export const NESTING_MAX = 256;

export type ParsedText =
  | {readonly ok: true; readonly value: unknown}
  | {readonly ok: false; readonly message: string};

export function parseJsonText(text: string): ParsedText {
  const fault = jsonFault(text);
  if (fault === undefined) return {ok: true, value: JSON.parse(text) as unknown};
  const before = text.slice(0, fault.at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return {ok: false, message: `${fault.message} at line ${before.length}, column ${column}`};
}

interface TextFault {
  readonly at: number;
  readonly message: string;
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** What may come next; a closing bracket may only follow an opening one or a value. */
type Wanted = 'value' | 'valueOrEnd' | 'nameOrEnd' | 'name' | 'next';

/** The first fault of a JSON text, found without recursion (RFC 8259). */
function jsonFault(text: string): TextFault | undefined {
  const open: ('[' | '{')[] = [];
  let at = skip(text, SPACE, 0);
  let wanted: Wanted = 'value';
  for (;;) {
    const character = text[at];
    if (wanted === 'next' && open.length === 0) {
      return at === text.length ? undefined : {at, message: 'Unexpected text after the value'};
    }
    if (character === undefined) return {at, message: 'Unexpected end of the text'};
    const isEnd = character === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (isEnd && wanted !== 'value' && wanted !== 'name') {
      open.pop();
      at += 1;
      wanted = 'next';
    } else if (wanted === 'next') {
      if (character !== ',') return {at, message: 'Expected a comma or a closing bracket'};
      at += 1;
      wanted = open.at(-1) === '{' ? 'name' : 'value';
    } else if (wanted === 'name' || wanted === 'nameOrEnd') {
      const end = endOfString(text, at);
      if (end === at) return {at, message: 'Expected the name of a field in double quotes'};
      at = skip(text, SPACE, end);
      if (text[at] !== ':') return {at, message: 'Expected a colon'};
      at += 1;
      wanted = 'value';
    } else if (character === '[' || character === '{') {
      if (open.length === NESTING_MAX) {
        return {at, message: `Nested deeper than ${NESTING_MAX} brackets`};
      }
      open.push(character);
      at += 1;
      wanted = character === '{' ? 'nameOrEnd' : 'valueOrEnd';
    } else {
      const end = endOfScalar(text, at);
      if (end === at) return {at, message: 'Expected a value'};
      at = end;
      wanted = 'next';
    }
    at = skip(text, SPACE, at);
  }
}

function endOfScalar(text: string, at: number): number {
  const character = text[at] ?? '';
  if (character === '"') return endOfString(text, at);
  return skip(text, /[-\d]/.test(character) ? NUMBER : WORD, at);
}

const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** Behind the closing quote; `at` itself if no string stands there. */
function endOfString(text: string, at: number): number {
  if (text[at] !== '"') return at;
  for (let next = at + 1; next < text.length;) {
    const code = text.charCodeAt(next);
    next += 1;
    if (code === 0x22) return next;
    if (code < 0x20) return at;
    if (code !== 0x5c) continue;
    const end = skip(text, ESCAPE, next);
    if (end === next) return at;
    next = end;
  }
  return at;
}

/** Where the match at `at` ends; `at` itself if there is none. */
function skip(text: string, pattern: RegExp, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
