/**
 * A whole run: one program in a process of its own, measured from its first to its last
 * instruction.
 */
import {spawnSync} from 'node:child_process';
import {basename, dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {demand} from './bench.ts';
import type {Reading} from './bench.ts';

const USAGE_REPORTER = new URL('./report-usage.ts', import.meta.url);
const OUTPUT_BYTES_MAX = 2 ** 30;

export interface WholeRunOptions {
  readonly program: URL;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The working folder; absent: this process's own. */
  readonly folder?: string | undefined;
  readonly profileFile?: string | undefined;
}

export interface WholeRun {
  readonly stdout: string;
  readonly wallSeconds: number;
  /** User and system time of all threads, start-up included. */
  readonly processSeconds: number;
  readonly memoryPeakMiB: number;
}

/** Runs it with the same Node; an exit code other than 0 makes it a wrong run. */
export function runWhole(options: WholeRunOptions): WholeRun {
  const program = fileURLToPath(options.program);
  const nodeOptions = ['--import', USAGE_REPORTER.href, ...profileOptions(options.profileFile)];
  const startedAt = performance.now();
  const {status, signal, output, error} = spawnSync(
    process.execPath,
    [...nodeOptions, program, ...options.arguments],
    {
      // Options of the caller's Node would change what is measured.
      env: {...process.env, NODE_OPTIONS: '', ...options.environment},
      cwd: options.folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
    },
  );
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const what = `${basename(program)} ${options.arguments.join(' ')}`;
  if (error !== undefined) throw new Error(`cannot run ${what}`, {cause: error});
  const [, stdout, stderr, usage] = output;
  demand(status === 0, () => `${what}: exit ${status ?? signal}\n${(stderr ?? '').slice(-2000)}`);
  return {stdout: stdout ?? '', wallSeconds, ...parseUsage(usage ?? '', what)};
}

function profileOptions(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  return [
    '--cpu-prof',
    `--cpu-prof-dir=${dirname(file)}`,
    `--cpu-prof-name=${basename(file)}`,
    '--cpu-prof-interval=500',
  ];
}

function parseUsage(
  text: string,
  what: string,
): Pick<WholeRun, 'processSeconds' | 'memoryPeakMiB'> {
  const usage: unknown = text === '' ? {} : JSON.parse(text);
  demand(isUsage(usage), () => `${what} did not say what it used`);
  return {
    processSeconds: usage.cpuMicroseconds / 1_000_000,
    memoryPeakMiB: usage.memoryPeakKiB / 1024,
  };
}

function isUsage(
  value: unknown,
): value is {readonly cpuMicroseconds: number; readonly memoryPeakKiB: number} {
  return (
    typeof value === 'object' &&
    value !== null &&
    'cpuMicroseconds' in value &&
    typeof value.cpuMicroseconds === 'number' &&
    'memoryPeakKiB' in value &&
    typeof value.memoryPeakKiB === 'number'
  );
}

/** What every whole run is measured by. */
export function usageReadings(name: string, run: WholeRun): readonly Reading[] {
  return [
    {name: `${name}/process-time`, unit: 's', values: [run.processSeconds]},
    {name: `${name}/wall-time`, unit: 's', values: [run.wallSeconds]},
    {name: `${name}/memory-peak`, unit: 'MiB', values: [run.memoryPeakMiB]},
  ];
}
