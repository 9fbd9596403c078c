/**
 * Regular expressions in the syntax and with the meaning of RE2, matched against whole texts in
 * linear time: a pattern comes from a framework, and must not be able to stall a master, which
 * JavaScript's own expressions can.
 */
import {compilePattern, type CompiledPattern} from './compile.ts';
import {parsePattern} from './parse.ts';
import {accepts, runProgram, type Run} from './program.ts';
import {bytesOf} from './utf8.ts';

/** What a pattern may cost, in RE2's measures. */
export interface RegexLimits {
  /** Most steps of the program (Mesos: `--offer_constraints_re2_max_program_size`). */
  readonly programSizeMax: number;
  /** Memory of RE2 (Mesos: `--offer_constraints_re2_max_mem`), see {@link instructionsMax}. */
  readonly memoryBytesMax: number;
}

/** The defaults of a Mesos master. */
export const REGEX_LIMITS: RegexLimits = {programSizeMax: 100, memoryBytesMax: 4096};

/** RE2's bytes for a program without instructions, and for one instruction. */
const PROGRAM_BYTES = 416;
const INSTRUCTION_BYTES = 8;

export type RegexResult =
  | {readonly ok: true; readonly regex: Regex}
  | {readonly ok: false; readonly error: RegexError};

/** Why a pattern is refused; `at` is the index of what is wrong in it. */
export type RegexError =
  | {readonly code: 'badSyntax'; readonly message: string; readonly at: number}
  | {readonly code: 'tooLarge'; readonly message: string}
  | {readonly code: 'tooComplex'; readonly message: string; readonly programSize: number};

export function compileRegex(pattern: string, limits: RegexLimits = REGEX_LIMITS): RegexResult {
  const tooLarge = {code: 'tooLarge', message: 'pattern too large'} as const;
  // Unlike in RE2 a pattern longer than the memory is not even read: reading takes time as well.
  if (pattern.length > limits.memoryBytesMax) return {ok: false, error: tooLarge};
  const parsed = parsePattern(pattern);
  if (!parsed.ok) {
    const {message, at} = parsed.fault;
    return {ok: false, error: {code: 'badSyntax', message: `${message} (at ${at})`, at}};
  }
  const compiled = compilePattern(parsed.tree, instructionsMax(limits.memoryBytesMax));
  if (compiled === undefined) return {ok: false, error: tooLarge};
  const {size} = compiled.program;
  if (size > limits.programSizeMax) {
    const message = `too complex: program size of ${size} is larger than ${limits.programSizeMax}`;
    return {ok: false, error: {code: 'tooComplex', message, programSize: size}};
  }
  return {ok: true, regex: new Regex(pattern, compiled)};
}

/**
 * The rule for memory is RE2's: two thirds of it are for the program, which takes 416 bytes and 8
 * for each instruction before it is flattened. So 4096 bytes are enough for 289 instructions.
 */
function instructionsMax(memoryBytesMax: number): number {
  const bytes = Math.floor((memoryBytesMax * 2) / 3) - PROGRAM_BYTES;
  return Math.max(0, Math.floor(bytes / INSTRUCTION_BYTES));
}

export class Regex {
  readonly pattern: string;
  readonly #compiled: CompiledPattern;

  /** Use {@link compileRegex}. */
  constructor(pattern: string, compiled: CompiledPattern) {
    this.pattern = pattern;
    this.#compiled = compiled;
  }

  /**
   * RE2's `ProgramSize`, by the rule of {@link flatten}. Of random patterns four in a thousand come
   * out otherwise, by a few steps: those with repeated anchors or odd sets beyond ASCII.
   */
  get programSize(): number {
    return this.#compiled.program.size;
  }

  /** Whether all of the text matches. */
  matches(text: string): boolean {
    return this.run(text).isMatch;
  }

  /** As {@link matches}, and what it cost. */
  run(text: string): Run {
    const bytes = bytesOf(text);
    const {prefix, program} = this.#compiled;
    for (const [at, range] of prefix.entries()) {
      if (at >= bytes.length || !accepts(range, bytes[at] ?? 0)) return {isMatch: false, steps: at};
    }
    return runProgram(program, bytes, prefix.length);
  }
}
