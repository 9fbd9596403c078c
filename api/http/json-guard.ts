/**
 * Looks at JSON before anything parses it: how deep it is nested, how many values it has, and
 * whether a field is called `__proto__`. One pass without recursion; whether it is valid JSON at
 * all is for the parser to say.
 */

export interface JsonLimits {
  /** Brackets within each other. */
  readonly depthMax: number;
  /** Elements and fields altogether. */
  readonly valuesMax: number;
}

/**
 * The deepest that is of use is a tree of groups, two brackets each, of which the engine takes 64.
 * A body of 8 MiB in which each value has a name of some letters comes near the second.
 */
export const JSON_LIMITS: JsonLimits = {depthMax: 160, valuesMax: 1_000_000};

export type JsonOffence = 'forbiddenKey' | 'tooDeep' | 'tooManyValues';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The first offence; undefined: none. */
export function jsonOffence(text: string, limits: JsonLimits): JsonOffence | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth += 1;
        values += 1;
        if (depth > limits.depthMax) return 'tooDeep';
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
        break;
      default:
        break;
    }
    if (values > limits.valuesMax) return 'tooManyValues';
  }
  return mayNameProto(text) && namesProto(text) ? 'forbiddenKey' : undefined;
}

/** Where the closing quote stands; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** Few bodies need the closer look; any letter can be written as an escape. */
function mayNameProto(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u');
}

function namesProto(text: string): boolean {
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    const end = endOfString(text, at);
    const quoted = text.slice(at + 1, end);
    at = end + 1;
    if (followedByColon(text, at) && unescaped(quoted) === '__proto__') return true;
  }
  return false;
}

function followedByColon(text: string, start: number): boolean {
  let at = start;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return text.charCodeAt(at) === COLON;
}

function unescaped(quoted: string): string {
  return quoted.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
