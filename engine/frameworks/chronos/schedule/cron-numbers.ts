/** A field of a cron that is a set of numbers: `*`, `5`, `MON-FRI`, `10-30/5`, lists of these. */

export interface NumberField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for the numbers from `namedFrom` on, in capitals. */
  readonly names: readonly string[];
  readonly namedFrom: number;
}

export interface NumberRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Undefined for text that is no such set. Ascending, each number once. */
export function parseNumbers(text: string, field: NumberField): readonly number[] | undefined {
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const range = parseRange(item, field);
    if (range === undefined) return undefined;
    for (const value of numbersOf(range)) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

export function numbersOf({from, to, step}: NumberRange): readonly number[] {
  const numbers: number[] = [];
  for (let value = from; value <= to; value += step) numbers.push(value);
  return numbers;
}

const ITEM = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/;

/** One item of a list; a step without an end goes on to the end of the field. */
export function parseRange(text: string, field: NumberField): NumberRange | undefined {
  const match = ITEM.exec(text);
  if (match === null) return undefined;
  const [, star, first, last, stepText] = match;
  const step = Number(stepText ?? 1);
  if (step < 1 || step > field.max - field.min + 1) return undefined;
  if (star !== undefined) return {from: field.min, to: field.max, step};
  const from = parseNumber(first ?? '', field);
  const end = stepText === undefined ? from : field.max;
  const to = last === undefined ? end : parseNumber(last, field);
  return from === undefined || to === undefined || to < from ? undefined : {from, to, step};
}

/** A number of the field, or a name of one. */
export function parseNumber(text: string, field: NumberField): number | undefined {
  const named = field.names.indexOf(text);
  if (named !== -1) return field.namedFrom + named;
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const value = Number(text);
  return value < field.min || value > field.max ? undefined : value;
}
