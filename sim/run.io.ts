/**
 * From a scenario file to a run and its files: the disk and the clock around the pure simulation.
 */
import {mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {checkWorkloads} from './workload-check.ts';
import {temporalZones} from '../adapters/zones/temporal-zones.ts';
import {makeResult} from './outcome.ts';
import {loadChartLibrary} from './report/assets.io.ts';
import {renderReport} from './report/html.ts';
import {renderTimeSeries} from './report/timeseries.ts';
import type {MachineFigures, SimResult} from './result.ts';
import {printDuration} from './scenario/durations.ts';
import {loadScenario} from './scenario/load.ts';
import type {Scenario, ScenarioProblem} from './scenario/schema.ts';
import type {Simulation} from './simulation.ts';
import type {Supplies} from './supplies.ts';
import {loadSupplies} from './supplies.io.ts';

export interface PrepareOptions {
  /** Where `data:NAME` is looked for, in this order. */
  readonly dataFolders: readonly string[];
  readonly isLenient: boolean;
  /** Instead of the scenario's own. */
  readonly seed?: number | undefined;
  readonly untilMs?: number | undefined;
}

export type Prepared =
  | {readonly ok: true; readonly scenario: Scenario; readonly supplies: Supplies}
  | {readonly ok: false; readonly problems: readonly ScenarioProblem[]};

/** Reads and checks everything; a run of what comes out has no bad input left in it. */
export function prepare(file: string, options: PrepareOptions): Prepared {
  const loaded = loadScenario(file, {dataFolders: options.dataFolders});
  if (!loaded.ok) return loaded;
  const {seed, untilMs} = options;
  const scenario: Scenario = {
    ...loaded.scenario,
    ...(seed !== undefined && {seed}),
    ...(untilMs !== undefined && {until: {kind: 'time', atMs: untilMs}}),
  };
  const refused = checkWorkloads(scenario, temporalZones);
  if (refused.length > 0) return {ok: false, problems: refused};
  const supplied = loadSupplies(scenario, {isLenient: options.isLenient});
  return supplied.ok ? {ok: true, scenario, supplies: supplied.supplies} : supplied;
}

export interface RunOptions {
  readonly version: string;
  /** Asked between slices of the run: true stops it where it is. */
  readonly isInterrupted: () => boolean;
  /** Called between slices. */
  readonly onProgress: (simulation: Simulation) => void;
}

export interface RunOutcome {
  readonly result: SimResult;
  /** Requests of the scenario that were refused while it ran: bad input that shows only then. */
  readonly refused: readonly ScenarioProblem[];
}

/** Between two slices the process sees signals. */
const SLICE_REAL_MS = 50;

/** Runs to the end, or until it is interrupted or a request of the scenario is refused. */
export async function runSimulation(
  simulation: Simulation,
  options: RunOptions,
): Promise<RunOutcome> {
  const startedAt = performance.now();
  const {refused} = simulation.world;
  let steps = 1000;
  let isPartial = false;
  for (;;) {
    const sliceAt = performance.now();
    if (!simulation.advance(steps) || refused.length > 0) break;
    const tookMs = performance.now() - sliceAt;
    // Steps differ much in cost: the number follows what the last slice took.
    steps = Math.max(1, Math.round(steps * Math.min(2, SLICE_REAL_MS / Math.max(1, tookMs))));
    options.onProgress(simulation);
    await nextTurn();
    if (options.isInterrupted()) {
      simulation.interrupt();
      isPartial = true;
      break;
    }
  }
  options.onProgress(simulation);
  const result = makeResult(simulation, {version: options.version, isPartial});
  const machine = machineFigures(simulation, performance.now() - startedAt);
  return {
    result: {...result, machine},
    refused: refused.map(({label, atMs, message}) => ({
      path: `${label} at ${printDuration(atMs)}`,
      message,
    })),
  };
}

function machineFigures(simulation: Simulation, wallRealMs: number): MachineFigures {
  const seconds = Math.max(wallRealMs, 0.001) / 1000;
  return {
    wallRealMs: Math.round(wallRealMs),
    eventsPerSecond: Math.round(simulation.events / seconds),
    virtualToRealRatio: Math.round(simulation.now / 1000 / seconds),
    // The system gives kibibytes.
    memoryPeakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    node: process.version,
  };
}

/** The result without what differs between two machines: what `--json` prints. */
export function deterministicJson(result: SimResult): string {
  const {machine: _, ...rest} = result;
  return `${JSON.stringify(rest)}\n`;
}

/**
 * Writes the files of a result. All of them are written beside their places first and then moved,
 * so that nobody ever finds half a file.
 */
export async function writeOutputs(folder: string, result: SimResult): Promise<readonly string[]> {
  const report = renderReport(result, await loadChartLibrary());
  const files: readonly (readonly [string, string])[] = [
    ['result.json', `${JSON.stringify(result)}\n`],
    ['timeseries.csv', renderTimeSeries(result)],
    ['report.html', report],
  ];
  mkdirSync(folder, {recursive: true});
  const temporary = files.map(([name]) => join(folder, `.${name}.${process.pid}.part`));
  try {
    for (const [index, [, text]] of files.entries()) {
      writeFileSync(temporary[index] as string, text);
    }
    for (const [index, [name]] of files.entries()) {
      renameSync(temporary[index] as string, join(folder, name));
    }
  } finally {
    for (const path of temporary) rmSync(path, {force: true});
  }
  return files.map(([name]) => join(folder, name));
}
