/** One run of a scenario from the command line: what `sim` and `start` have in common. */
import {makeFolder} from '../../server/make-folder.ts';
import {formatInstant} from '../../sim/report/format.ts';
import {renderSummary} from '../../sim/report/table.ts';
import type {SimResult} from '../../sim/result.ts';
import {deterministicJson, prepare, runSimulation, writeOutputs} from '../../sim/run.io.ts';
import type {PrepareOptions, RunOutcome} from '../../sim/run.io.ts';
import {Simulation} from '../../sim/simulation.ts';
import {bugText} from '../terminal/bug-text.ts';
import * as exits from '../terminal/exit-codes.ts';
import {printProblems} from '../terminal/problems.ts';
import {makeProgress} from '../terminal/progress.ts';
import {watchSignals} from '../terminal/signals.ts';
import {readVersion} from '../version.ts';

export interface CommandOptions extends PrepareOptions {
  readonly isChecking: boolean;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly outFolder: string | undefined;
}

/** Runs `file` and answers with the exit code. */
export async function runCommand(file: string, options: CommandOptions): Promise<number> {
  const prepared = prepare(file, options);
  if (!prepared.ok) {
    printProblems(prepared.problems);
    return exits.EXIT_BAD_INPUT;
  }
  const {scenario, supplies} = prepared;
  const interruption = watchSignals();
  const isShown = process.stderr.isTTY && !options.isQuiet;
  // Without a terminal there is no bar: a line says what the silence is about.
  if (!isShown && !options.isQuiet) {
    process.stderr.write(`drydock: running ${scenario.name}, seed ${scenario.seed}\n`);
  }
  const progress = makeProgress(isShown);
  let outcome: RunOutcome;
  try {
    const {isChecking} = options;
    outcome = await runSimulation(new Simulation(scenario, supplies, {isChecking}), {
      version: readVersion(),
      isInterrupted: () => interruption.exitCode() !== undefined,
      onProgress: (simulation) => {
        progress.update(simulation);
      },
    });
  } catch (error) {
    progress.stop();
    process.stderr.write(bugText(error, scenario));
    return exits.EXIT_BUG;
  } finally {
    progress.stop();
  }
  if (outcome.refused.length > 0) {
    printProblems(outcome.refused);
    return exits.EXIT_BAD_INPUT;
  }
  await present(outcome.result, options);
  return interruption.exitCode() ?? expectationCode(outcome.result);
}

async function present(result: SimResult, options: CommandOptions): Promise<void> {
  const {outFolder, isJson, isQuiet} = options;
  if (outFolder !== undefined) makeFolder(outFolder);
  const files = outFolder === undefined ? [] : await writeOutputs(outFolder, result);
  if (isJson) process.stdout.write(deterministicJson(result));
  else if (!isQuiet) {
    const {columns, isTTY} = process.stdout;
    process.stdout.write(`${renderSummary(result, {width: columns, color: isTTY})}\n`);
  }
  if (result.partial) {
    process.stderr.write(
      `drydock: interrupted at ${formatInstant(result.endMs)}: the figures are partial\n`,
    );
  }
  if (!isQuiet) for (const file of files) process.stderr.write(`drydock: wrote ${file}\n`);
}

/** Each failed expectation is told: which, when, and what was found instead. */
function expectationCode(result: SimResult): number {
  const failed = result.expectations.filter(({passed}) => !passed);
  for (const {text, failedAtMs, found} of failed) {
    const when = failedAtMs === undefined ? '' : ` at ${formatInstant(failedAtMs)}`;
    process.stderr.write(`drydock: expectation failed: ${text}: found ${found ?? ''}${when}\n`);
  }
  return failed.length > 0 ? exits.EXIT_EXPECTATION : exits.EXIT_OK;
}
