/**
 * The little TOML that `dcos.toml` is written in: tables, dotted keys, and texts, numbers and
 * booleans for values. Everything comes as one flat map by dotted key.
 */

export type TomlValue = string | number | boolean;
export type TomlDocument = ReadonlyMap<string, TomlValue>;

/** Says what is wrong, and in which line. */
export class TomlError extends Error {
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'TomlError';
  }
}

/** @throws TomlError */
export function parseToml(text: string): TomlDocument {
  const values = new Map<string, TomlValue>();
  let table: readonly string[] = [];
  for (const [at, written] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = new LineReader(written, at + 1);
    if (line.isOver()) continue;
    if (line.takes('[')) {
      if (line.takes('[')) throw line.error('lists of tables are not known here');
      table = line.readKey();
      line.expect(']');
    } else {
      const key = [...table, ...line.readKey()].join('.');
      line.expect('=');
      if (values.has(key)) throw line.error(`${key} is there twice`);
      values.set(key, line.readValue());
    }
    if (!line.isOver()) throw line.error(`unexpected ${line.rest()}`);
  }
  return values;
}

/** Keys in their order by text, each table once. */
export function printToml(values: TomlDocument): string {
  const tables = new Map<string, string[]>();
  for (const [key, value] of [...values].sort(byText)) {
    const dot = key.lastIndexOf('.');
    const lines = `${printKey(key.slice(dot + 1))} = ${printValue(value)}`;
    const table = dot === -1 ? '' : key.slice(0, dot);
    const known = tables.get(table);
    if (known === undefined) tables.set(table, [lines]);
    else known.push(lines);
  }
  return [...tables]
    .sort(byText)
    .map(([table, lines]) => {
      const head = table === '' ? [] : [`[${table.split('.').map(printKey).join('.')}]`];
      return `${[...head, ...lines].join('\n')}\n`;
    })
    .join('\n');
}

function byText([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function printKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : printText(key);
}

function printValue(value: TomlValue): string {
  return typeof value === 'string' ? printText(value) : `${value}`;
}

/** JSON escapes all that TOML wants escaped, but for DEL. */
function printText(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007F`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

class LineReader {
  readonly #text: string;
  readonly #line: number;
  #at = 0;

  constructor(text: string, line: number) {
    this.#text = text;
    this.#line = line;
  }

  error(message: string): TomlError {
    return new TomlError(this.#line, message);
  }

  rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  /** Nothing but a comment is left. */
  isOver(): boolean {
    this.#skip();
    return this.#at === this.#text.length || this.#text[this.#at] === '#';
  }

  takes(sign: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  expect(sign: string): void {
    if (!this.takes(sign)) throw this.error(`expected ${sign}, found ${this.rest() || 'nothing'}`);
  }

  readKey(): readonly string[] {
    const parts: string[] = [];
    do parts.push(this.#readKeyPart());
    while (this.takes('.'));
    return parts;
  }

  #readKeyPart(): string {
    this.#skip();
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") return this.#readText(quote);
    const bare = this.#take(/[\w-]+/y);
    if (bare === undefined) throw this.error(`expected a key, found ${this.rest() || 'nothing'}`);
    return bare;
  }

  readValue(): TomlValue {
    this.#skip();
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") return this.#readText(quote);
    const word = this.#take(/[^\s#,\]}]+/y) ?? '';
    if (word === 'true' || word === 'false') return word === 'true';
    const number = Number(word.replaceAll('_', ''));
    if (/^[+-]?\d/.test(word) && !Number.isNaN(number)) return number;
    throw this.error(
      `expected a text in quotes, a number, true or false, found ${word || 'nothing'}`,
    );
  }

  #readText(quote: string): string {
    if (this.#text.startsWith(quote.repeat(3), this.#at)) {
      throw this.error('texts of several lines are not known here');
    }
    this.#at += 1;
    let text = '';
    for (;;) {
      const sign = this.#text[this.#at];
      if (sign === undefined) throw this.error('a text is not closed');
      this.#at += 1;
      if (sign === quote) return text;
      text += sign === '\\' && quote === '"' ? this.#readEscape() : sign;
    }
  }

  #readEscape(): string {
    const code = this.#take(/u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}/y);
    if (code !== undefined) {
      const point = Number.parseInt(code.slice(1), 16);
      if (point > 0x10_ff_ff) throw this.error(`there is no character ${code}`);
      return String.fromCodePoint(point);
    }
    const sign = this.#text[this.#at] ?? '';
    const meant = ESCAPES[sign];
    if (meant === undefined) throw this.error(`unknown escape \\${sign}`);
    this.#at += 1;
    return meant;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
  }
}
