/**
 * The run as points over time: the series of the result and the map of how full the agents were.
 */
import type {FillMap, TimeSeries} from './result.ts';
import type {Sampling} from './scenario/schema.ts';
import type {AgentTable} from './world/agents.ts';

/**
 * More points than this say no more to the eye: every second one is dropped and the pace halved.
 */
const POINTS_MAX = 4000;
const FILL_COLUMNS_MAX = 400;

/** What a point is made of. */
export interface Reading {
  readonly running: number;
  readonly waiting: number;
  readonly agentsUp: number;
  /** By scalar kind, and by framework. */
  readonly usedRatio: readonly number[];
  readonly shareRatio: readonly number[];
}

export interface SamplerSnapshot {
  readonly everyMs: number;
  readonly nextAt: number;
  readonly fillStride: number;
  readonly points: readonly Point[];
  readonly fillAt: readonly number[];
  readonly fill: readonly (readonly number[])[];
}

type Point = Reading & {readonly atMs: number};

export class Sampler {
  readonly #agents: AgentTable;
  readonly #rowOf: Int32Array;
  readonly #rowLabels: readonly string[];
  #everyMs: number;
  #nextAt = 0;
  #points: Point[] = [];
  /** The fill is taken with every so many-th point. */
  #fillStride = 1;
  #fillAt: number[] = [];
  /** Columns of the map: one cell per row of agents. */
  #fill: (readonly number[])[] = [];

  constructor(sampling: Sampling, agents: AgentTable) {
    this.#everyMs = sampling.everyMs;
    this.#agents = agents;
    const rows = Math.max(1, Math.min(sampling.fillRows, agents.count));
    this.#rowOf = new Int32Array(agents.count).map((_, agent) =>
      Math.floor((agent * rows) / agents.count),
    );
    this.#rowLabels = rowLabels(agents, this.#rowOf);
  }

  /** Instant of the next point. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Takes every point that is due before `before`: nothing has changed since the last one. */
  take(before: number, reading: Reading): void {
    while (this.#nextAt < before) {
      this.#add(this.#nextAt, reading);
      // The pace may just have been halved: the next point is on its grid.
      this.#nextAt = (Math.floor(this.#nextAt / this.#everyMs) + 1) * this.#everyMs;
    }
  }

  /** The last point, at the end of the run. */
  finish(at: number, reading: Reading): void {
    this.take(at + 1, reading);
    if (this.#points.at(-1)?.atMs !== at) this.#add(at, reading);
  }

  #add(atMs: number, reading: Reading): void {
    if (this.#points.length % this.#fillStride === 0) this.#addFill(atMs);
    this.#points.push({...reading, atMs});
    if (this.#points.length < POINTS_MAX) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#everyMs *= 2;
    this.#fillStride = Math.max(1, this.#fillStride / 2);
  }

  #addFill(atMs: number): void {
    const {cpus, usedCpus} = this.#agents;
    const rows = this.#rowLabels.length;
    const used = new Float64Array(rows);
    const total = new Float64Array(rows);
    for (let agent = 0; agent < this.#agents.count; agent += 1) {
      if (!this.#agents.isUp(agent)) continue;
      const row = this.#rowOf[agent] as number;
      used[row] = (used[row] as number) + (usedCpus[agent] as number);
      total[row] = (total[row] as number) + (cpus[agent] as number);
    }
    this.#fillAt.push(atMs);
    this.#fill.push(
      Array.from(used, (part, row) => {
        const whole = total[row] as number;
        return whole > 0 ? Math.round((1e4 * part) / whole) / 1e4 : -1;
      }),
    );
    if (this.#fillAt.length < FILL_COLUMNS_MAX) return;
    this.#fillAt = this.#fillAt.filter((_, index) => index % 2 === 0);
    this.#fill = this.#fill.filter((_, index) => index % 2 === 0);
    this.#fillStride *= 2;
  }

  series(kinds: readonly string[], frameworks: readonly string[]): TimeSeries {
    const points = this.#points;
    return {
      atMs: points.map(({atMs}) => atMs),
      runningTasks: points.map(({running}) => running),
      waitingTasks: points.map(({waiting}) => waiting),
      agentsUp: points.map(({agentsUp}) => agentsUp),
      usedRatio: columnsBy(kinds, (kind) => points.map(({usedRatio}) => usedRatio[kind] ?? 0)),
      shareRatio: columnsBy(frameworks, (at) => points.map(({shareRatio}) => shareRatio[at] ?? 0)),
    };
  }

  fillMap(): FillMap {
    return {
      resource: 'cpus',
      atMs: this.#fillAt,
      rows: this.#rowLabels,
      cells: this.#rowLabels.map((_, row) => this.#fill.map((column) => column[row] ?? -1)),
    };
  }

  snapshot(): SamplerSnapshot {
    return {
      everyMs: this.#everyMs,
      nextAt: this.#nextAt,
      fillStride: this.#fillStride,
      points: [...this.#points],
      fillAt: [...this.#fillAt],
      fill: [...this.#fill],
    };
  }

  restore(snapshot: SamplerSnapshot): void {
    this.#everyMs = snapshot.everyMs;
    this.#nextAt = snapshot.nextAt;
    this.#fillStride = snapshot.fillStride;
    this.#points = [...snapshot.points];
    this.#fillAt = [...snapshot.fillAt];
    this.#fill = [...snapshot.fill];
  }
}

/** Names that are empty are left out: they are kinds that no agent has. */
function columnsBy(
  names: readonly string[],
  column: (index: number) => readonly number[],
): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    names.flatMap((name, index) => (name === '' ? [] : [[name, column(index)]])),
  );
}

function rowLabels(agents: AgentTable, rowOf: Int32Array): readonly string[] {
  const ends: {first: string; last: string}[] = [];
  for (const [agent, {hostname}] of agents.agents.entries()) {
    const row = rowOf[agent] as number;
    const known = ends[row];
    if (known === undefined) ends[row] = {first: hostname, last: hostname};
    else known.last = hostname;
  }
  return ends.map(({first, last}) => (first === last ? first : `${first} … ${last}`));
}
