/** What is measured: scenarios, and the meter that they note their times on. */
import {cpuUsage, threadCpuUsage} from 'node:process';
import {medianOf} from '../statistics.ts';

/** Sizes and variants: `agents=10000 roles=own`. */
export type Parameters = Readonly<Record<string, number | string>>;

/**
 * Sets a cluster up, does what is to be measured, and throws a wrong run if the answer is not the
 * one that the rules demand.
 */
export type Scenario = (parameters: Parameters, meter: Meter) => void;

/** One figure of one run. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Of what was timed: milliseconds of CPU, those of all threads. */
  readonly cpuMs?: number | undefined;
}

/** What the measured program prints. */
export interface MeterReport {
  readonly measured: readonly Measured[];
  /** Milliseconds of all that was timed. */
  readonly wallMs: number;
  /** Those of all threads: the collector's and the compiler's too. */
  readonly cpuMs: number;
  /** Those of the thread that did the work; less than the wall time when it had to wait. */
  readonly ownMs: number;
}

/** Each lap of one name, in milliseconds. */
interface Laps {
  readonly wall: number[];
  readonly cpu: number[];
}

export class Meter {
  readonly #laps = new Map<string, Laps>();
  readonly #notes: Measured[] = [];
  #wallMs = 0;
  #cpuMs = 0;
  #ownMs = 0;

  /** Times a piece of work; of several laps of one name the median counts. */
  time<T>(name: string, work: () => T): T {
    const ownBefore = threadCpuUsage();
    const cpuBefore = cpuUsage();
    const startedAt = performance.now();
    const result = work();
    const wall = performance.now() - startedAt;
    const cpu = cpuUsage(cpuBefore);
    const own = threadCpuUsage(ownBefore);
    this.#wallMs += wall;
    this.#cpuMs += (cpu.user + cpu.system) / 1000;
    this.#ownMs += (own.user + own.system) / 1000;
    const laps = this.#lapsOf(name);
    laps.wall.push(wall);
    laps.cpu.push((cpu.user + cpu.system) / 1000);
    return result;
  }

  #lapsOf(name: string): Laps {
    const known = this.#laps.get(name);
    if (known !== undefined) return known;
    const laps: Laps = {wall: [], cpu: []};
    this.#laps.set(name, laps);
    return laps;
  }

  /** Sum of the laps of a name so far, in milliseconds. */
  total(name: string): number {
    return this.#lapsOf(name).wall.reduce((sum, lap) => sum + lap, 0);
  }

  note(name: string, unit: string, value: number): void {
    this.#notes.push({name, unit, value});
  }

  /** The resident set at this moment. */
  noteMemory(name: string): void {
    this.note(name, 'MiB', process.memoryUsage.rss() / 2 ** 20);
  }

  report(): MeterReport {
    const times = [...this.#laps].map(([name, laps]): Measured => {
      return {name, unit: 'ms', value: medianOf(laps.wall), cpuMs: medianOf(laps.cpu)};
    });
    return {
      measured: [...times, ...this.#notes],
      wallMs: this.#wallMs,
      cpuMs: this.#cpuMs,
      ownMs: this.#ownMs,
    };
  }
}

/** A size that the scenario cannot do without. */
export function numberOf(parameters: Parameters, name: string): number {
  const value = parameters[name];
  if (typeof value !== 'number') throw new TypeError(`no number '${name}' in the parameters`);
  return value;
}

/** A variant that the scenario cannot do without. */
export function textOf(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (typeof value !== 'string') throw new TypeError(`no text '${name}' in the parameters`);
  return value;
}
