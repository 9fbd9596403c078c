/** Properties as they are given to `update`: `cpus=0.5`, `env='{"A": "b"}'`, `cmd=null`. */
import {Failure} from '../failure.ts';
import {jsonHint} from './json-hint.ts';

/** @throws Failure */
export function readJsonItems(items: readonly string[]): Readonly<Record<string, unknown>> {
  const read = new Map<string, unknown>();
  for (const item of items) {
    const at = item.indexOf('=');
    if (at < 1) {
      throw new Failure(`'${item}' is not a valid json-item`, {
        hints: ['Write properties as KEY=VALUE: instances=3 cpus=0.5 env=\'{"NAME": "value"}\''],
      });
    }
    const key = unquoted(item.slice(0, at));
    if (read.has(key)) throw new Failure(`Key '${key}' was specified more than once`);
    read.set(key, readItem(key, unquoted(item.slice(at + 1))));
  }
  return Object.fromEntries(read);
}

/** By guess, as DC/OS does: number, boolean, null, list, object, and else the text itself. */
function readItem(key: string, text: string): unknown {
  if (text === 'null') return null;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d+)?$/.test(text)) return Number(text);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A command may well begin with a bracket: [ -f x ] && y.
    if (!/^\s*(\{\s*["}]|\[\s*["{[\]])/.test(text)) return text;
    const hint = jsonHint(text, `the value of ${key}`);
    throw new Failure(`error loading JSON: ${hint?.message ?? error.message}`, {
      hints: hint?.lines,
      cause: error,
    });
  }
}

/** Quotes that a shell has left on. */
function unquoted(text: string): string {
  const [first] = text;
  const isQuoted = text.length > 1 && (first === '"' || first === "'") && text.endsWith(first);
  return isQuoted ? text.slice(1, -1) : text;
}
