/**
 * Writes large JSON without holding the process: lists that are long are written in parts, and
 * between two of them others have their turn. What is listed must not change meanwhile.
 */
import {setImmediate as others} from 'node:timers/promises';

const PART = 500;

/** Values of which each is made when it is written. */
export class JsonList<T> {
  readonly items: readonly T[];
  readonly form: (item: T) => unknown;

  constructor(items: readonly T[], form: (item: T) => unknown) {
    this.items = items;
    this.form = form;
  }

  async write(out: string[]): Promise<void> {
    out.push('[');
    for (let at = 0; at < this.items.length; at += PART) {
      if (at > 0) {
        out.push(',');
        await others();
      }
      const part = this.items.slice(at, at + PART).map(this.form);
      out.push(JSON.stringify(part).slice(1, -1));
    }
    out.push(']');
  }
}

/** Of an object in whose fields, or theirs, such lists may stand. */
export async function jsonOf(value: object): Promise<string> {
  const out: string[] = [];
  await write(value, out);
  return out.join('');
}

async function write(value: unknown, out: string[]): Promise<void> {
  if (value instanceof JsonList) return value.write(out);
  if (!holdsList(value)) {
    out.push(JSON.stringify(value));
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      out.push(index === 0 ? '[' : ',');
      await write(item, out);
    }
    out.push(']');
    return;
  }
  let before = '{';
  for (const [name, field] of Object.entries(value as object)) {
    if (field === undefined) continue;
    out.push(`${before}${JSON.stringify(name)}:`);
    await write(field, out);
    before = ',';
  }
  out.push('}');
}

/** Not deeper than two levels: a list of objects that have lists. */
function holdsList(value: unknown, depth = 2): boolean {
  if (typeof value !== 'object' || value === null || depth < 0) return false;
  return Object.values(value).some(
    (field) => field instanceof JsonList || holdsList(field, depth - 1),
  );
}
