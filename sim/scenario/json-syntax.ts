/**
 * Where a JSON text stops being JSON, in words that help. `JSON.parse` speaks of positions, if at
 * all, and says nothing of the brackets that were never closed, the commonest slip in a copied
 * file.
 */

export interface SyntaxProblem {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** `undefined` when the text is JSON. */
export function jsonSyntaxProblem(text: string): SyntaxProblem | undefined {
  const scan = scanJson(text);
  if (scan === undefined) return undefined;
  const {position, expected, open} = scan;
  const place = placeOf(text, position);
  const found = /^(?:[\w.+-]+|.)/su.exec(text.slice(position).trimEnd())?.[0];
  if (found !== undefined) {
    const shown = JSON.stringify(found.slice(0, 30));
    return {message: `not JSON: expected ${expected}, found ${shown}`, ...place};
  }
  const where = open.map((from) => `"${text.charAt(from)}" of line ${placeOf(text, from).line}`);
  const still = `while ${where.join(' and ')} ${where.length === 1 ? 'is' : 'are'} still open`;
  const end = `not JSON: the text ends at line ${place.line}`;
  return {
    message: where.length === 0 ? `${end}: expected ${expected}` : `${end} ${still}`,
    ...place,
  };
}

interface Fault {
  readonly position: number;
  readonly expected: string;
  /** Positions of the brackets (and of a quote) that are open there. */
  readonly open: readonly number[];
}

type State = 'value' | 'firstItem' | 'firstName' | 'name' | 'colon' | 'next' | 'end';

const EXPECTED: Readonly<Record<State, string>> = {
  value: 'a value',
  firstItem: 'a value or "]"',
  firstName: 'a name in quotes or "}"',
  name: 'a name in quotes',
  colon: '":"',
  next: '"," or the closing bracket',
  end: 'nothing more',
};

const BLANKS = /[ \t\n\r]*/y;
/** Between the quotes: everything from the blank on, but the quote and the backslash. */
const TEXT = String.raw`"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])`;
const TOKEN = new RegExp(String.raw`${TEXT}|${NUMBER}|(?:true|false|null)(?!\w)|[{}[\],:]`, 'y');

/**
 * Walks over the tokens with a stack of open brackets; the first token that cannot stand there ends
 * it.
 */
function scanJson(text: string): Fault | undefined {
  const open: number[] = [];
  let state: State = 'value';
  let position = skipBlanks(text, 0);
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return brokenToken(text, position, {expected: EXPECTED[state], open});
    const inList = text.charAt(open.at(-1) ?? -1) === '[';
    const next = stateAfter(state, token, inList);
    if (next === undefined) return {position, expected: EXPECTED[state], open};
    if (token === '{' || token === '[') open.push(position);
    if (token === '}' || token === ']') open.pop();
    state = next === 'next' && open.length === 0 ? 'end' : next;
    position = skipBlanks(text, position + token.length);
  }
  // The place of a text that ends too early is behind its last character that is not blank.
  return state === 'end'
    ? undefined
    : {position: text.trimEnd().length, expected: EXPECTED[state], open};
}

/**
 * A quote without its partner is an open bracket; anything else is a character that cannot stand
 * there.
 */
function brokenToken(
  text: string,
  position: number,
  {expected, open}: Pick<Fault, 'expected' | 'open'>,
): Fault {
  if (text.charAt(position) !== '"') return {position, expected, open};
  for (let at = position + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character < ' ') return {position, expected: 'a text that ends on its line', open};
    if (character === '\\') at += 1;
    else if (character === '"') return {position, expected: 'a text without odd escapes', open};
  }
  return {position: text.trimEnd().length, expected, open: [...open, position]};
}

function stateAfter(state: State, token: string, inList: boolean): State | undefined {
  const first = token.charAt(0);
  switch (state) {
    case 'firstItem':
      return token === ']' ? 'next' : stateAfter('value', token, inList);
    case 'value':
      if (token === '{') return 'firstName';
      if (token === '[') return 'firstItem';
      return '}],:'.includes(first) ? undefined : 'next';
    case 'firstName':
      return token === '}' ? 'next' : stateAfter('name', token, inList);
    case 'name':
      return first === '"' ? 'colon' : undefined;
    case 'colon':
      return token === ':' ? 'value' : undefined;
    case 'next':
      if (token === ',') return inList ? 'value' : 'name';
      return token === (inList ? ']' : '}') ? 'next' : undefined;
    case 'end':
      return undefined;
    default:
      return state satisfies never;
  }
}

function skipBlanks(text: string, from: number): number {
  BLANKS.lastIndex = from;
  BLANKS.exec(text);
  return BLANKS.lastIndex;
}

function placeOf(text: string, position: number): {line: number; column: number} {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {line: before.split('\n').length, column: position - lineStart + 1};
}
