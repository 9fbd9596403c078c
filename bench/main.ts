/**
 * `npm run -s bench -- NAME [PART...] [--json] [--quick] [--filter TEXT] [--rounds N] [--write]`
 * measures a suite, and `npm run -s bench -- profile BENCH` says where one whole run spends its
 * time. See docs/benchmarks.md.
 */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Command, InvalidArgumentError} from 'commander';
import {WrongRunError} from './bench.ts';
import type {Bench, BenchContext, Suite} from './bench.ts';
import {findDataFolder} from './data-folder.ts';
import {readCircumstances} from './machine.ts';
import {topSelfTimes} from './profile.ts';
import type {CpuProfile, SelfTime} from './profile.ts';
import {measureSuite} from './session.ts';
import {circumstancesText, markdownTable, putBetweenMarkers, terminalTable} from './show.ts';
import type {Measure} from './show.ts';
import {suiteNames, SUITES} from './suites.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const EXIT_WRONG_RUN = 1;
const EXIT_USAGE = 2;
const PLACES = 10;

interface MeasureFlags {
  readonly json?: true;
  readonly quick?: true;
  readonly write?: true;
  readonly filter?: string;
  readonly rounds?: number;
}

interface ProfileFlags {
  readonly json?: true;
  readonly quick?: true;
  readonly places: number;
}

/** What was asked for does not exist. */
class UsageError extends Error {}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function makeContext(isQuick: boolean, profileFile?: string): BenchContext {
  return {isQuick, dataFolder: findDataFolder(process.env), profileFile};
}

function findSuite(name: string): Suite {
  const make = SUITES.get(name);
  if (make === undefined) throw new UsageError(`no suite '${name}'; there are: ${suiteNames()}`);
  return make();
}

function findBench(name: string): Bench {
  const benches = [...SUITES.values()].flatMap((make) => make().benches);
  const found = benches.find((bench) => bench.name === name);
  if (found?.isWholeRun === true) return found;
  const names = benches.filter(({isWholeRun}) => isWholeRun).map((bench) => bench.name);
  throw new UsageError(`no bench '${name}' to profile; there are: ${names.join(', ')}`);
}

async function measure(name: string, parts: readonly string[], flags: MeasureFlags): Promise<void> {
  const suite = findSuite(name);
  const isQuick = flags.quick === true;
  if (isQuick && flags.write === true) {
    throw new UsageError('figures of --quick are not to be written down');
  }
  if (isQuick) progress('quick: these figures are not to be compared');
  const circumstances = readCircumstances(
    `npm run -s bench -- ${commandLine([name, ...parts], flags)}`,
  );
  const figures = await measureSuite(suite, {
    context: makeContext(isQuick),
    filter: flags.filter,
    parts,
    rounds: flags.rounds,
    progress,
  });
  if (figures.length === 0) throw new UsageError(`no bench of '${name}' can run like this`);
  // What is measured with less work says nothing about the targets.
  const heldAgainst: Measure = isQuick ? {targets: []} : suite;
  if (flags.write === true) {
    const table = markdownTable(figures, heldAgainst);
    writePage(name, `\n${circumstancesText(circumstances)}\n\n${table}\n`);
  }
  const shown =
    flags.json === true
      ? JSON.stringify(figures)
      : `${circumstancesText(circumstances)}\n${terminalTable(figures, heldAgainst)}`;
  process.stdout.write(`${shown}\n`);
}

function commandLine(names: readonly string[], {filter, rounds, write}: MeasureFlags): string {
  return [
    ...names,
    ...(filter === undefined ? [] : ['--filter', filter]),
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(write === true ? ['--write'] : []),
  ].join(' ');
}

function writePage(suite: string, block: string): void {
  const page = putBetweenMarkers(readFileSync(PAGE, 'utf8'), suite, block);
  if (page === undefined) throw new UsageError(`docs/benchmarks.md has no markers for '${suite}'`);
  writeFileSync(PAGE, page);
  progress('written to docs/benchmarks.md');
}

async function profile(name: string, flags: ProfileFlags): Promise<void> {
  const bench = findBench(name);
  const folder = mkdtempSync(join(tmpdir(), 'drydock-profile-'));
  try {
    const file = join(folder, 'run.cpuprofile');
    const context = makeContext(flags.quick === true, file);
    const reason = bench.skipReason(context);
    if (reason !== undefined) throw new UsageError(`${name}: ${reason}`);
    progress(`${name} with the profiler on`);
    await bench.measure(context);
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    const top = topSelfTimes(recorded, ROOT, flags.places);
    process.stdout.write(flags.json === true ? `${JSON.stringify(top)}\n` : profileText(top));
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function profileText(top: readonly SelfTime[]): string {
  const lines = top.map(({place, seconds, ratio}) => {
    const percent = (100 * ratio).toFixed(1).padStart(5);
    return `${percent} %  ${seconds.toFixed(2).padStart(7)} s  ${place}`;
  });
  return `${lines.join('\n')}\n`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number from 1.');
  }
  return value;
}

function makeProgram(): Command {
  const program = new Command('bench')
    .description('Measures Drydock. Progress goes to stderr, figures to stdout.')
    .argument('<suite>', `one of: ${suiteNames()}`)
    .argument('[part...]', 'only these of its benches, such as A C of the allocator')
    .option('--json', 'an array of {name, unit, median, min, max, samples}')
    .option('--quick', 'less work, one round: to see that everything works')
    .option('--filter <text>', 'only benches whose name contains it')
    .option('--rounds <n>', 'so often, instead of each bench’s own number', positive)
    .option('--write', 'also into docs/benchmarks.md')
    .enablePositionalOptions()
    .exitOverride()
    .action(measure);
  program
    .command('profile')
    .description('The functions in which one whole run spends most time.')
    .argument('<bench>', 'such as sim/lcg')
    .option('--json', 'an array of {place, seconds, ratio}')
    .option('--quick', 'less work')
    .option('--places <n>', 'how many functions', positive, PLACES)
    .exitOverride()
    .action(profile);
  return program;
}

async function main(): Promise<number> {
  try {
    await makeProgram().parseAsync();
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** Says what went wrong, unless it has been said; a bug is thrown on. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) {
    progress(error.message);
    return EXIT_USAGE;
  }
  if (error instanceof WrongRunError) {
    progress(`wrong run, not timed: ${error.message}`);
    return EXIT_WRONG_RUN;
  }
  // Commander has printed its own: help and version end with 0.
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  throw error;
}

process.exitCode = await main();
