/** `drydock conformance DIR`: runs the case files of a folder. */
import {statSync} from 'node:fs';
import {Command, InvalidArgumentError} from 'commander';
import {caseFilesIn, runFiles, type ConformanceReport} from '../../conformance/run-folder.ts';
import {conformanceText} from '../terminal/conformance-text.ts';
import * as exits from '../terminal/exit-codes.ts';

const SEEDS_DEFAULT = 20;
const SEEDS_MAX = 10_000;

interface ConformanceFlags {
  readonly json?: true;
  readonly seeds: number;
}

const more = `
A case file is YAML: a list of inputs to the engine (an agent joins, an offer is
declined, a second passes) and what must come out of it; or a suite of many cases,
each a situation, a stimulus and its result. Each case is run from the beginning
with several seeds of the engine's random choices and must hold with all of them.
docs/conformance.md describes both forms.

Exit code: 0 if all cases hold, 1 if one does not, 2 if nothing could be run.

Example:
  drydock conformance conformance/allocator
  drydock conformance conformance/marathon
  drydock conformance conformance/chronos`;

export function makeConformanceCommand(): Command {
  return new Command('conformance')
    .description('Check the engine against the case files of a folder.')
    .argument('<dir>', 'folder; all *.yaml in it and below are run')
    .option('--json', 'print the result as JSON on stdout, and nothing else')
    .option('--seeds <n>', 'how many seeds each case must hold with', parseSeeds, SEEDS_DEFAULT)
    .addHelpText('after', more)
    .action((folder: string, flags: ConformanceFlags) => {
      process.exitCode = runConformance(folder, flags);
    });
}

function runConformance(folder: string, {json, seeds}: ConformanceFlags): number {
  const files = filesIn(folder);
  if (typeof files === 'string') {
    process.stderr.write(`drydock: ${folder}: ${files}\n`);
    return exits.EXIT_BAD_INPUT;
  }
  const report = runFiles(files, folder, seeds);
  process.stdout.write(
    json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : conformanceText(report, {seeds, color: process.stdout.isTTY}),
  );
  return failures(report) > 0 ? exits.EXIT_EXPECTATION : exits.EXIT_OK;
}

/** The case files, or why there are none. */
function filesIn(folder: string): readonly string[] | string {
  if (statSync(folder, {throwIfNoEntry: false})?.isDirectory() !== true) return 'not a folder';
  try {
    const files = caseFilesIn(folder);
    return files.length > 0 ? files : 'no cases: there is no *.yaml file in it';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.message;
    throw error;
  }
}

function failures({suites}: ConformanceReport): number {
  return suites.reduce((sum, {failed}) => sum + failed, 0);
}

function parseSeeds(text: string): number {
  const seeds = Number(text);
  if (/^\d+$/.test(text) && seeds >= 1 && seeds <= SEEDS_MAX) return seeds;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${SEEDS_MAX}`);
}
