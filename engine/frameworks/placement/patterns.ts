/**
 * The regular expressions of LIKE and UNLIKE. Unlike Marathon, whose expressions are Java's, they
 * are RE2's and matched in linear time: a pattern comes from a user, and must not be able to stall
 * the core. What both understand means the same; what only Java understands is refused.
 */
import {compileRegex, type Regex, type RegexLimits} from '../../kernel/regex/regex.ts';

/** Room for a list of a few hundred host names. */
const LIMITS: RegexLimits = {programSizeMax: 20_000, memoryBytesMax: 1 << 18};

export type PatternResult =
  | {readonly ok: true; readonly regex: Regex}
  | {readonly ok: false; readonly message: string};

export function compileWholeMatch(pattern: string): PatternResult {
  const javaOnly = javaOnlyClass(pattern);
  if (javaOnly !== undefined) {
    return {ok: false, message: `${javaOnly} are Java's, not RE2's`};
  }
  const result = compileRegex(pattern, LIMITS);
  return result.ok ? result : {ok: false, message: result.error.message};
}

/** Classes that RE2 would read without complaint, and otherwise than Java. */
function javaOnlyClass(pattern: string): string | undefined {
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === '\\') {
      at += 1;
    } else if (depth === 0) {
      if (character === '[') {
        depth = 1;
        if (pattern[at + 1] === '^') at += 1;
        // A bracket that comes first is an ordinary character.
        if (pattern[at + 1] === ']') at += 1;
      }
    } else if (character === ']') {
      depth = 0;
    } else if (character === '&' && pattern[at + 1] === '&') {
      return 'intersections in a set (&&)';
    } else if (character === '[' && pattern[at + 1] !== ':') {
      return 'sets in a set ([)';
    } else if (character === '[') {
      at = pattern.indexOf(':]', at) + 1;
      if (at === 0) return undefined;
    }
  }
  return undefined;
}
