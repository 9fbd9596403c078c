/** Host ports of an instance, taken from the ports that an offer has (reference part 6.4). */
import type {Random} from '../../../kernel/random.ts';
import {
  containsNumber,
  countRanges,
  makeRanges,
  subtractRanges,
  type Ranges,
} from '../../../resources/ranges.ts';
import {usesHostNetwork, type AppDefinition} from '../definition/app-definition.ts';

/** One wanted port: `null` none, 0 any, else exactly this one. */
export type WantedPort = number | null;

type PortFields = Pick<
  AppDefinition,
  'container' | 'portDefinitions' | 'requirePorts' | 'networks'
>;

/** What the app wants, one entry per mapping or port definition. */
export function wantedPorts(app: PortFields): readonly WantedPort[] {
  const mappings = app.container?.portMappings;
  if (mappings !== undefined && !usesHostNetwork(app)) {
    return mappings.map(({hostPort}) => hostPort ?? null);
  }
  return (app.portDefinitions ?? []).map(({port}) => (app.requirePorts ? port : 0));
}

/**
 * The host port for each wanted one, or undefined when the offer lacks one. Dynamic ports begin at
 * a random place of the shuffled ranges and go on consecutively; fixed ports of the same app are
 * kept out of the choice. `random` is only asked when something is left to chance.
 */
export function pickPorts(
  wanted: readonly WantedPort[],
  offered: Ranges,
  random: () => Random,
): readonly WantedPort[] | undefined {
  const fixed = wanted.flatMap((port) => (port === null || port === 0 ? [] : [port]));
  for (const port of fixed) if (!containsNumber(offered, port)) return undefined;
  const dynamic = wanted.reduce<number>((count, port) => count + (port === 0 ? 1 : 0), 0);
  if (dynamic === 0) return wanted;
  const free =
    fixed.length === 0
      ? offered
      : subtractRanges(offered, makeRanges(fixed.map((port) => [port, port] as const)));
  if (countRanges(free) < dynamic) return undefined;
  const chosen = consecutive(free, dynamic, random());
  let next = 0;
  return wanted.map((port) => {
    if (port !== 0) return port;
    const taken = chosen[next];
    next += 1;
    return taken ?? null;
  });
}

function consecutive(free: Ranges, count: number, random: Random): readonly number[] {
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < free.length; at += 2) {
    pairs.push([free[at] as number, free[at + 1] as number]);
  }
  for (let at = pairs.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const held = pairs[at] as readonly [number, number];
    pairs[at] = pairs[other] as readonly [number, number];
    pairs[other] = held;
  }
  const total = countRanges(free);
  let place = random.below(total);
  const out: number[] = [];
  while (out.length < count) {
    out.push(nthOf(pairs, place));
    place = (place + 1) % total;
  }
  return out;
}

function nthOf(pairs: readonly (readonly [number, number])[], index: number): number {
  let left = index;
  for (const [begin, end] of pairs) {
    if (left <= end - begin) return begin + left;
    left -= end - begin + 1;
  }
  return NaN;
}

/** The host ports of an answer of {@link pickPorts}, as ranges to be taken from the offer. */
export function portRanges(ports: readonly WantedPort[]): Ranges {
  return makeRanges(ports.flatMap((port) => (port === null ? [] : [[port, port] as const])));
}
