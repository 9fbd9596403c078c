/** `drydock sim FILE`: runs a scenario. */
import {Command, InvalidArgumentError} from 'commander';
import {parseDuration} from '../../sim/scenario/durations.ts';
import {dataFolders} from '../data-folders.ts';
import {runCommand} from './run.ts';

interface SimFlags {
  readonly seed?: number;
  readonly until?: number;
  readonly json?: true;
  readonly out?: string;
  readonly check?: true;
  readonly quiet?: true;
  readonly lenient?: true;
  readonly data?: string;
}

export function makeSimCommand(): Command {
  return new Command('sim')
    .description('Run a scenario in the simulator.')
    .argument('<file>', 'scenario, YAML or JSON (see docs/scenarios.md)')
    .option('--seed <n>', "instead of the scenario's seed", parseSeed)
    .option('--until <time>', "instead of the scenario's end, such as 24h", parseUntil)
    .option('--json', 'print the result as JSON on stdout, and nothing else')
    .option('--out <folder>', 'write result.json, timeseries.csv and report.html there')
    .option('--check', 'check all invariants while it runs')
    .option('--quiet', 'print neither progress nor tables')
    .option(
      '--lenient',
      'leave out bad rows of traces and jobs that fit no machine, and count them',
    )
    .option('--data <folder>', 'where data:NAME is looked for first')
    .action(async (file: string, flags: SimFlags) => {
      process.exitCode = await runCommand(file, {
        dataFolders: dataFolders(flags.data),
        isLenient: flags.lenient === true,
        seed: flags.seed,
        untilMs: flags.until,
        isChecking: flags.check === true,
        isJson: flags.json === true,
        isQuiet: flags.quiet === true,
        outFolder: flags.out,
      });
    });
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError('expected a whole number from 0 to 9007199254740991');
}

function parseUntil(text: string): number {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError('expected a duration like 250ms, 90s, 5m, 2h or 31d');
}
