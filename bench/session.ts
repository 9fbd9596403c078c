/** A session: measures the benches of a suite in turns and sums their readings up. */
import type {Bench, BenchContext, Reading, Suite} from './bench.ts';
import {figureOf, gather} from './statistics.ts';
import type {Figure} from './statistics.ts';

export interface SessionOptions {
  readonly context: BenchContext;
  /** Only benches whose name contains it. */
  readonly filter: string | undefined;
  /** Only benches whose name goes on with one of these behind the suite's; absent or none: all. */
  readonly parts?: readonly string[] | undefined;
  /** Instead of each bench's own number. */
  readonly rounds: number | undefined;
  /** Gets one line before each measurement. */
  readonly progress: (line: string) => void;
}

/** Figures of all benches that could run, and what follows from them. */
export async function measureSuite(
  suite: Suite,
  options: SessionOptions,
): Promise<readonly Figure[]> {
  const benches = runnable(suite, options);
  const rounds = new Map(benches.map((bench) => [bench, roundsOf(bench, options)]));
  const roundsMax = Math.max(0, ...rounds.values());
  const readings: Reading[] = [];
  for (let round = 1; round <= roundsMax; round += 1) {
    for (const bench of benches) {
      const own = rounds.get(bench) ?? 0;
      if (round > own) continue;
      options.progress(`${bench.name} (${round} of ${own})`);
      // One after the other on purpose: two measurements at once would disturb each other.
      readings.push(...(await bench.measure(options.context)));
    }
  }
  const gathered = inOrderOf(benches, gather(readings));
  const derived = suite.derive((name) => gathered.find((one) => one.name === name)?.values);
  return [...gathered, ...derived].map(figureOf);
}

function runnable(suite: Suite, options: SessionOptions): readonly Bench[] {
  const {filter, parts = [], context, progress} = options;
  const wanted = suite.benches.filter(
    ({name}) =>
      (filter === undefined || name.includes(filter)) &&
      (parts.length === 0 || parts.includes(name.split('/')[1] ?? '')),
  );
  return wanted.filter((bench) => {
    const reason = bench.skipReason(context);
    if (reason !== undefined) progress(`${bench.name} skipped: ${reason}`);
    return reason === undefined;
  });
}

function roundsOf(bench: Bench, {rounds, context}: SessionOptions): number {
  return rounds ?? (context.isQuick ? 1 : bench.rounds);
}

/**
 * Short benches come later in the first rounds and alone in the last: order by suite, not by round.
 */
function inOrderOf(benches: readonly Bench[], readings: readonly Reading[]): readonly Reading[] {
  const own = ({name}: Bench) =>
    readings.filter((reading) => ownerOf(benches, reading)?.name === name);
  return benches.flatMap(own);
}

/** The bench with the longest name that the reading's name begins with. */
function ownerOf(benches: readonly Bench[], reading: Reading): Bench | undefined {
  return benches
    .filter(({name}) => reading.name === name || reading.name.startsWith(`${name}/`))
    .sort((left, right) => right.name.length - left.name.length)[0];
}
