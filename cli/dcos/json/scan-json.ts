/**
 * Looks at a text that should be JSON and tells where it stops being so, and what is open there.
 * Node's own parser says neither. A text is well formed here exactly if JSON.parse takes it.
 */

/** A bracket that is not closed yet. */
export interface OpenBracket {
  readonly sign: '[' | '{';
  readonly offset: number;
  /** What it holds: `container.docker`; empty for the whole text. */
  readonly path: string;
}

export interface JsonTrouble {
  readonly kind: 'cut' | 'wrong';
  /** Where it is seen. */
  readonly offset: number;
  /** A sentence without its first word's capital: "a comma is missing". */
  readonly message: string;
  /** Innermost last. */
  readonly open: readonly OpenBracket[];
  /** Ends between two members or values: closing all that is open would complete it. */
  readonly isClosable: boolean;
}

export interface JsonScan {
  /** Undefined: it is well formed. */
  readonly trouble: JsonTrouble | undefined;
  /** It begins with a member, as if the first brace had not been copied; read as if it had. */
  readonly lacksFirstBrace: boolean;
}

export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  const lacksFirstBrace = scanner.beginsWithMember();
  return {trouble: scanner.scan(lacksFirstBrace), lacksFirstBrace};
}

/** What may come next. */
type State =
  | 'value'
  | 'valueOrClose'
  | 'key'
  | 'keyOrClose'
  | 'colon'
  /** After a value: a comma, a closing bracket, or the end. */
  | 'rest';

interface Level extends OpenBracket {
  /** The key of the member that is being read, or the index of the value. */
  at: string | number;
}

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?/y;
const WORD = /[\p{L}\p{N}_$.+-]+/uy;

class Scanner {
  readonly #text: string;
  readonly #levels: Level[] = [];
  #at = 0;
  #state: State = 'value';
  /** Where the last value, comma or colon ended. */
  #before = 0;
  #comma: number | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  beginsWithMember(): boolean {
    this.#take(SPACE);
    const isMember = this.#takeText() && /^\s*:/.test(this.#text.slice(this.#at));
    this.#at = 0;
    return isMember;
  }

  scan(isInside: boolean): JsonTrouble | undefined {
    if (isInside) this.#push('{', 0);
    for (;;) {
      this.#take(SPACE);
      if (this.#at === this.#text.length) return this.#end();
      const trouble = this.#step(this.#text[this.#at] as string);
      if (trouble !== undefined) return trouble;
    }
  }

  #end(): JsonTrouble | undefined {
    const isClosable = ['rest', 'keyOrClose', 'valueOrClose'].includes(this.#state);
    if (this.#state === 'rest' && this.#levels.length === 0) return undefined;
    const level = this.#levels.at(-1);
    const told: Readonly<Record<State, string>> = {
      rest: 'it ends before everything in it is closed',
      keyOrClose: 'it ends before everything in it is closed',
      valueOrClose: 'it ends before everything in it is closed',
      value: level === undefined ? 'there is nothing in it' : this.#lacking(level),
      key: 'it ends after a comma, which another member must follow',
      colon: `it ends after the key ${JSON.stringify(level?.at)}, which has no value`,
    };
    return this.#trouble('cut', this.#before, told[this.#state], isClosable);
  }

  #lacking({sign, at}: Level): string {
    if (sign === '{') return `it ends before the value of ${JSON.stringify(at)}`;
    return 'it ends after a comma, which another value must follow';
  }

  #step(sign: string): JsonTrouble | undefined {
    switch (this.#state) {
      case 'value':
        return this.#value(sign);
      case 'valueOrClose':
        return sign === ']' ? this.#close(sign) : this.#value(sign);
      case 'key':
        return this.#key(sign);
      case 'keyOrClose':
        return sign === '}' ? this.#close(sign) : this.#key(sign);
      case 'colon':
        if (sign !== ':') return this.#wrong('expected a colon after the key, found');
        this.#go(1, 'value');
        return undefined;
      case 'rest':
        return this.#rest(sign);
    }
  }

  #value(sign: string): JsonTrouble | undefined {
    if (sign === '{' || sign === '[') {
      this.#push(sign, this.#at);
      this.#at += 1;
      this.#before = this.#at;
      return undefined;
    }
    if (sign === '"') return this.#string('rest');
    const number = this.#take(NUMBER);
    const word = number ?? this.#take(WORD) ?? '';
    const length = word.length;
    const isWhole = !this.#isWordGoingOn();
    this.#at -= length;
    if ((number !== undefined || /^(true|false|null)$/.test(word)) && isWhole) {
      this.#go(length, 'rest');
      return undefined;
    }
    if (sign === '}' || sign === ']') return this.#closedTooSoon(sign);
    return this.#wrong('expected a value, found');
  }

  /** `12abc` is no number. */
  #isWordGoingOn(): boolean {
    WORD.lastIndex = this.#at;
    return WORD.test(this.#text);
  }

  #key(sign: string): JsonTrouble | undefined {
    if (sign === '"') {
      const begin = this.#at;
      const trouble = this.#string('colon');
      if (trouble === undefined)
        this.#label(JSON.parse(this.#text.slice(begin, this.#at)) as string);
      return trouble;
    }
    if (sign === '}' || sign === ']') return this.#closedTooSoon(sign);
    const word = /^[\w$-]+/.exec(this.#text.slice(this.#at, this.#at + WORD_MAX))?.[0];
    if (word === undefined) return this.#wrong('expected a key in double quotes, found');
    return this.#trouble('wrong', this.#at, `the key ${word} must stand in double quotes`);
  }

  #closedTooSoon(sign: string): JsonTrouble {
    if (this.#comma !== undefined && this.#comma + 1 === this.#before) {
      const message = `there is a comma before the closing ${sign}: remove it`;
      return this.#trouble('wrong', this.#comma, message);
    }
    return this.#trouble('wrong', this.#at, `expected a value, found the closing ${sign}`);
  }

  #string(next: State): JsonTrouble | undefined {
    if (!this.#takeText()) return this.#brokenText();
    this.#before = this.#at;
    this.#state = next;
    return undefined;
  }

  #brokenText(): JsonTrouble {
    const at = this.#endOfText();
    const sign = this.#text[at];
    if (sign === undefined) {
      return this.#trouble('cut', this.#at, 'the text that begins here is not closed');
    }
    if (sign === '\n' || sign === '\r') {
      const message = 'the text that begins here is not closed in its line';
      return this.#trouble('wrong', this.#at, message);
    }
    if (sign === '\\') {
      const isCut = at + ESCAPE_LENGTH > this.#text.length && !/["\n]/.test(this.#text.slice(at));
      if (isCut) return this.#trouble('cut', this.#at, 'the text that begins here is not closed');
      const escape = `${sign}${this.#text[at + 1] ?? ''}`;
      return this.#trouble('wrong', at, `JSON knows no ${escape} in a text (a \\ itself is \\\\)`);
    }
    const code = sign.charCodeAt(0).toString(16).padStart(4, '0');
    return this.#trouble('wrong', at, `a control character must be written as \\u${code}`);
  }

  #rest(sign: string): JsonTrouble | undefined {
    const level = this.#levels.at(-1);
    if (level === undefined) {
      return this.#wrong('the definition is complete before this; after it there is');
    }
    if (sign === ',') {
      this.#comma = this.#at;
      if (typeof level.at === 'number') level.at += 1;
      this.#go(1, level.sign === '{' ? 'key' : 'value');
      return undefined;
    }
    if (sign === '}' || sign === ']') return this.#close(sign);
    if (/["[{\w-]/.test(sign)) {
      return this.#trouble('wrong', this.#before, 'a comma is missing after this');
    }
    return this.#wrong(`expected a comma or ${closerOf(level)}, found`);
  }

  #close(sign: string): JsonTrouble | undefined {
    const level = this.#levels.at(-1);
    if (level === undefined || closerOf(level) !== sign) {
      return this.#wrong(`expected ${level === undefined ? 'a value' : closerOf(level)}, found`);
    }
    this.#levels.pop();
    this.#go(1, 'rest');
    return undefined;
  }

  #push(sign: '[' | '{', offset: number): void {
    const path = this.#path();
    this.#levels.push({sign, offset, path, at: sign === '[' ? 0 : ''});
    this.#state = sign === '[' ? 'valueOrClose' : 'keyOrClose';
  }

  #path(): string {
    const level = this.#levels.at(-1);
    if (level === undefined) return '';
    if (typeof level.at === 'number') return `${level.path}[${level.at}]`;
    return level.path === '' ? level.at : `${level.path}.${level.at}`;
  }

  #label(key: string): void {
    const level = this.#levels.at(-1);
    if (level !== undefined) level.at = key;
  }

  #go(length: number, state: State): void {
    this.#at += length;
    this.#before = this.#at;
    this.#state = state;
  }

  #wrong(message: string): JsonTrouble {
    const found = this.#text.slice(this.#at, this.#at + WORD_MAX);
    const word = /^[\w$-]+/.exec(found)?.[0] ?? Array.from(found)[0] ?? '';
    const isCut = this.#at + word.length === this.#text.length && isBeginning(word);
    const advice = adviceOn(word);
    return this.#trouble(isCut ? 'cut' : 'wrong', this.#at, `${message} ${word}${advice}`);
  }

  #trouble(
    kind: JsonTrouble['kind'],
    offset: number,
    message: string,
    isClosable = false,
  ): JsonTrouble {
    const open = this.#levels.map(({sign, offset: at, path}) => ({sign, offset: at, path}));
    return {kind, offset, message, open, isClosable};
  }

  #takeText(): boolean {
    if (this.#text[this.#at] !== '"') return false;
    const end = this.#endOfText();
    if (this.#text[end] !== '"') return false;
    this.#at = end + 1;
    return true;
  }

  /** Of the text that begins here: its closing quote, or what cannot be in it. */
  #endOfText(): number {
    let at = this.#at + 1;
    for (; at < this.#text.length; at += 1) {
      const sign = this.#text[at] as string;
      if (sign === '"' || sign < ' ') break;
      if (sign !== '\\') continue;
      ESCAPE.lastIndex = at;
      const escape = ESCAPE.exec(this.#text)?.[0];
      if (escape === undefined) break;
      at += escape.length - 1;
    }
    return at;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** The most of a wrong word that is shown. */
const WORD_MAX = 40;
/** Of the longest escape, \uABCD. */
const ESCAPE_LENGTH = 6;

export function closerOf({sign}: Pick<OpenBracket, 'sign'>): ']' | '}' {
  return sign === '{' ? '}' : ']';
}

/** Of what may go on to become a value. */
function isBeginning(word: string): boolean {
  return (
    word !== '' && (['true', 'false', 'null'].some((one) => one.startsWith(word)) || word === '-')
  );
}

function adviceOn(word: string): string {
  if (/^['‘’‚“”„«»`]$/.test(word)) return ' (JSON wants plain double quotes: ")';
  if (word === '/' || word === '#') return ' (JSON has no comments)';
  if (word === '=') return ' (JSON has a colon between key and value)';
  if (word === ';') return ' (JSON has commas between members)';
  const plain = word.toLowerCase();
  if (plain === 'true' || plain === 'false' || plain === 'null') {
    return word === plain ? '' : ` (write ${plain})`;
  }
  if (word === 'None' || word === 'undefined' || word === 'nil') return ' (write null)';
  return '';
}
