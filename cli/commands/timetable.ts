/** `drydock timetable FILE…`: when jobs will run, and what they will ask of the cluster. */
import {writeFileSync} from 'node:fs';
import {Command, InvalidArgumentError, Option} from 'commander';
import {CHRONOS_PRESETS, ZoneBook, type ChronosPreset, type Zone} from '../../engine/index.ts';
import {loadChartLibrary} from '../../sim/report/assets.io.ts';
import {globPattern} from '../../sim/scenario/behaviours.ts';
import {parseDuration} from '../../sim/scenario/durations.ts';
import {foresee} from '../../sim/timetable/foresee.ts';
import {renderTimetablePage} from '../../sim/timetable/html.ts';
import {readInstant} from '../../sim/timetable/instants.ts';
import {loadPlan} from '../../sim/timetable/load-plan.io.ts';
import {makeTimetable} from '../../sim/timetable/make-timetable.ts';
import {renderPlot} from '../../sim/timetable/plot.ts';
import type {Plan} from '../../sim/timetable/plan.ts';
import {renderTimetable} from '../../sim/timetable/table.ts';
import type {Timetable} from '../../sim/timetable/timetable.ts';
import {dataFolders} from '../data-folders.ts';
import * as exits from '../terminal/exit-codes.ts';
import {printProblems} from '../terminal/problems.ts';

interface TimetableFlags {
  readonly from?: number;
  readonly until?: string;
  readonly zone?: string;
  readonly job?: string;
  readonly limit: number;
  readonly duration?: number;
  readonly history?: string;
  readonly preset: ChronosPreset;
  readonly json?: true;
  readonly html?: string;
  readonly plot?: true;
  readonly data?: string;
}

const LIMIT_DEFAULT = 60;
const DURATION_DEFAULT_MS = 60_000;

const more = `
A FILE holds jobs of Chronos or of Metronome, one or a list, in JSON or YAML, as
they are submitted and as their APIs answer them; or it is a scenario with jobs
(docs/scenarios.md). "-" reads jobs from standard input. Parents of jobs must be
among them.

Runs are foreseen by the very scheduler that will make them, on a machine without
bounds where every run succeeds after the time it is expected to take: known from
--history, from a scenario's behaviours, or assumed. Jobs that run after others are
foreseen, too, and so is what happens when a run is not over when the next is due.
docs/timetable.md has more, with the fields of --json.

Exit code: 0, or 2 for bad input.

Examples:
  curl -s leader:8080/v1/scheduler/jobs | drydock timetable -
  drydock timetable jobs/*.json --from 2026-03-28 --until 3d --zone Europe/Paris
  drydock timetable nightly.yaml --until 31d --html march.html`;

export function makeTimetableCommand(): Command {
  const preset = new Option('--preset <name>', 'which Chronos runs the jobs of plain files')
    .choices(Object.keys(CHRONOS_PRESETS))
    .default('drydock');
  return new Command('timetable')
    .description('Show when jobs will run, and the load that they will be.')
    .argument('<file...>', 'jobs or a scenario, JSON or YAML; "-" is standard input')
    .option(
      '--from <instant>',
      'such as 2026-03-28 or 2026-03-28T18:00Z (default: now, or when a scenario starts)',
      parseFrom,
    )
    .option(
      '--until <time>',
      'an instant, or a duration such as 31d (default: 7d, or when a scenario ends)',
    )
    .option('--zone <id>', 'show times of this zone, too')
    .option('--job <glob>', 'tell only of these jobs and their load, such as "etl-*"')
    .option('--limit <n>', 'rows of the table; 0: all', parseLimit, LIMIT_DEFAULT)
    .option('--history <file>', 'what runs took before: answers of job/history/NAME')
    .option(
      '--duration <time>',
      'what a run takes of which nothing is known (default: 1m)',
      parseDurationOption,
    )
    .addOption(preset)
    .option('--plot', 'draw the load below the table')
    .option('--html <file>', 'write a page with plots there')
    .option('--json', 'print the timetable as JSON on stdout, and nothing else')
    .option('--data <folder>', 'where data:NAME of scenarios is looked for first')
    .addHelpText('after', more)
    .action(async (files: readonly string[], flags: TimetableFlags) => {
      process.exitCode = await runTimetable(files, flags);
    });
}

async function runTimetable(files: readonly string[], flags: TimetableFlags): Promise<number> {
  const loaded = loadPlan(files, {
    dataFolders: dataFolders(flags.data),
    preset: flags.preset,
    fromMs: flags.from,
    nowMs: Math.floor(Date.now() / 1000) * 1000,
    until: flags.until,
    durationMs: flags.duration ?? DURATION_DEFAULT_MS,
    historyFile: flags.history,
  });
  if (!loaded.ok) {
    printProblems(loaded.problems);
    return exits.EXIT_BAD_INPUT;
  }
  const {plan, place} = loaded;
  const zone = zoneOf(flags.zone, plan);
  if (zone === null) return exits.EXIT_BAD_INPUT;
  const isTold = toldBy(flags.job, plan);
  if (isTold === undefined) return exits.EXIT_BAD_INPUT;
  const foreseen = foresee(plan);
  if (!foreseen.ok) {
    printProblems(foreseen.faults.map(place));
    return exits.EXIT_BAD_INPUT;
  }
  const timetable = makeTimetable(plan, foreseen.foresight, {isTold, zone});
  return present(timetable, flags);
}

async function present(timetable: Timetable, flags: TimetableFlags): Promise<number> {
  if (flags.html !== undefined) {
    const page = renderTimetablePage(timetable, await loadChartLibrary());
    try {
      writeFileSync(flags.html, page);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      refuse('--html', error.message);
      return exits.EXIT_BAD_INPUT;
    }
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(timetable)}\n`);
  else {
    const {isTTY: color, columns: width} = process.stdout;
    process.stdout.write(renderTimetable(timetable, {...flags, color}));
    if (flags.plot === true) {
      process.stdout.write(`\n${renderPlot(timetable, {width, color})}`);
    }
  }
  if (flags.html !== undefined) process.stderr.write(`drydock: wrote ${flags.html}\n`);
  return exits.EXIT_OK;
}

/** Null: there is no such zone, which is told. */
function zoneOf(id: string | undefined, {timeZones}: Plan): Zone | null | undefined {
  if (id === undefined) return undefined;
  const zone = new ZoneBook(timeZones).find(id);
  if (zone !== undefined) return zone;
  refuse('--zone', `expected the id of a zone, such as Europe/Paris, found ${id}`);
  return null;
}

/** Undefined: no job is meant, which is told. */
function toldBy(glob: string | undefined, {jobs}: Plan): ((job: string) => boolean) | undefined {
  if (glob === undefined) return () => true;
  const pattern = globPattern(glob);
  if (jobs.some(({definition}) => pattern.test(definition.name))) {
    return (job) => pattern.test(job);
  }
  refuse('--job', `expected a glob that a job matches, found ${glob}`);
  return undefined;
}

function refuse(path: string, message: string): void {
  printProblems([{path, message}]);
}

function parseFrom(text: string): number {
  const instant = readInstant(text);
  if (instant !== undefined) return instant;
  throw new InvalidArgumentError('expected an instant such as 2026-03-28 or 2026-03-28T18:00Z');
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(limit)) return limit;
  throw new InvalidArgumentError('expected a whole number from 0 on');
}

function parseDurationOption(text: string): number {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError('expected a duration like 90s, 5m or 2h');
}
