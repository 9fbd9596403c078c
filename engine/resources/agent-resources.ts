/** What an agent is told to offer, as text or as JSON (Mesos `--resources`, reference part 2.3). */
import {parseAmounts, type AmountsResult} from './amounts.ts';
import {DEFAULT_ROLE} from './role-names.ts';
import {fromWire} from './wire.ts';

/**
 * Reads `cpus:4;mem(web):1024` or a JSON list of resources. What names no role is reserved to
 * `defaultRole`. An agent cannot start with volumes, dynamic reservations or revocable resources.
 */
export function parseAgentResources(
  text: string,
  defaultRole: string = DEFAULT_ROLE,
): AmountsResult {
  if (!/^\s*[[{]/.test(text)) return parseAmounts(text, defaultRole);
  const json = parseJson(text);
  if (json === undefined) return {ok: false, message: 'the resources are not valid JSON'};
  const read = fromWire(json.value, defaultRole);
  if (!read.ok) return read;
  for (const {name, reservations = [], disk, revocable} of read.amounts.special ?? []) {
    const isDynamic = reservations.at(-1)?.type === 'DYNAMIC';
    if (disk?.persistence !== undefined) return refused(name, 'a persistent volume');
    if (revocable !== undefined) return refused(name, 'revocable');
    if (isDynamic) return refused(name, 'reserved dynamically');
  }
  return read;
}

function refused(name: string, what: string): AmountsResult {
  return {ok: false, message: `'${name}': an agent cannot start with what is ${what}`};
}

function parseJson(text: string): {readonly value: unknown} | undefined {
  try {
    return {value: JSON.parse(text)};
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
