/** A place in the text of a pattern, and the first thing found wrong with it. */
export interface PatternFault {
  readonly message: string;
  /** Index of the offending part in the pattern. */
  readonly at: number;
}

/**
 * Reads a pattern from left to right. The first fault ends the reading: the cursor then stands at
 * the end, so that every loop over the rest stops by itself, and what was made is thrown away.
 */
export class Cursor {
  readonly text: string;
  #at = 0;
  #fault: PatternFault | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get at(): number {
    return this.#at;
  }

  get fault(): PatternFault | undefined {
    return this.#fault;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  /** What is wrong with the text from `from` to here, which is shown behind the message. */
  fail(message: string, from: number): void {
    this.failWith(`${message}: ${this.text.slice(from, this.#at)}`, from);
  }

  failWith(message: string, at: number): void {
    this.#fault ??= {message, at};
    this.#at = this.text.length;
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.#at);
  }

  /** Goes past `text`, if it comes next. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** Goes past what the pattern, a sticky one, matches here. */
  takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }

  /** The next character, or undefined at the end. */
  next(): string | undefined {
    const code = this.text.codePointAt(this.#at);
    if (code === undefined) return undefined;
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }
}
