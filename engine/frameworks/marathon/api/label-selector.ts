/**
 * Label selectors (reference part 2.1):
 *
 *     selectors = [selector {"," selector}]
 *     selector  = term ("in" | "notin") "(" [term {"," term}] ")" | term ("==" | "!=") term | term
 *     term      = one or more of A-Z a-z 0-9 - _ . and of any character after a backslash
 *
 * White space may stand between all of these.
 */

export type Labels = Readonly<Record<string, string>>;

/** One condition on the value of a label; the label must be there. */
export interface LabelSelector {
  readonly key: string;
  readonly operator: 'exists' | 'in' | 'notIn';
  readonly values: readonly string[];
}

export type ParsedSelectors =
  | {readonly ok: true; readonly selectors: readonly LabelSelector[]}
  | {readonly ok: false; readonly message: string};

export function parseLabelSelectors(text: string): ParsedSelectors {
  const reader = new Reader(text);
  const selectors = reader.isAtEnd ? [] : readList(reader, readSelector);
  if (selectors !== undefined && reader.isAtEnd) return {ok: true, selectors};
  const reason = `unexpected text at position ${reader.furthest + 1}`;
  return {ok: false, message: `Can not parse label selector ${text}. Reason: ${reason}`};
}

export function matchesSelectors(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.every(({key, operator, values}) => {
    if (!Object.hasOwn(labels, key)) return false;
    const isListed = values.includes(labels[key] ?? '');
    return operator === 'exists' || isListed === (operator === 'in');
  });
}

/** Walks over the text, white space skipped; may go back to a place where it was. */
class Reader {
  readonly #text: string;
  #at = 0;
  /** How far anything could be read: where the fault is. */
  furthest = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return /^\s*$/.test(this.#text.slice(this.#at));
  }

  goBack(at: number): undefined {
    this.#at = at;
  }

  read(pattern: RegExp): string | undefined {
    const space = new RegExp(`\\s*(${pattern.source})`, 'sy');
    space.lastIndex = this.#at;
    const match = space.exec(this.#text);
    if (match === null) return undefined;
    this.#at = space.lastIndex;
    this.furthest = Math.max(this.furthest, this.#at);
    return match[1];
  }
}

function readTerm(reader: Reader): string | undefined {
  return reader.read(/(?:\\.|[-\w.])+/)?.replaceAll(/\\(.)/gs, '$1');
}

function readList<T>(reader: Reader, item: (reader: Reader) => T | undefined): T[] | undefined {
  const items: T[] = [];
  do {
    const read = item(reader);
    if (read === undefined) return undefined;
    items.push(read);
  } while (reader.read(/,/) !== undefined);
  return items;
}

function readSelector(reader: Reader): LabelSelector | undefined {
  const key = readTerm(reader);
  if (key === undefined) return undefined;
  const {at} = reader;
  return readSet(reader, key) ?? reader.goBack(at) ?? readEquality(reader, key, at);
}

function readSet(reader: Reader, key: string): LabelSelector | undefined {
  const word = reader.read(/in|notin/);
  if (word === undefined || reader.read(/\(/) === undefined) return undefined;
  const {at} = reader;
  const values = readList(reader, readTerm) ?? reader.goBack(at) ?? [];
  if (reader.read(/\)/) === undefined) return undefined;
  return {key, operator: word === 'in' ? 'in' : 'notIn', values};
}

function readEquality(reader: Reader, key: string, start: number): LabelSelector {
  const sign = reader.read(/==|!=/);
  const value = sign === undefined ? undefined : readTerm(reader);
  if (value !== undefined) return {key, operator: sign === '==' ? 'in' : 'notIn', values: [value]};
  reader.goBack(start);
  return {key, operator: 'exists', values: []};
}
