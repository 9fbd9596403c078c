/**
 * `drydock start`: the main job, with the traces where they are at hand and with synthesised ones
 * elsewhere.
 */
import {existsSync, readFileSync, statSync} from 'node:fs';
import {join, relative} from 'node:path';
import {Command} from 'commander';
import {dataFolders, packagePath} from '../data-folders.ts';
import * as exits from '../terminal/exit-codes.ts';
import {runCommand} from './run.ts';

const OUT_FOLDER = 'out';

export function makeStartCommand(): Command {
  return new Command('start')
    .description('Run the main job: a month of services and batch jobs on a large cluster.')
    .argument('[data]', 'folder of the trace files (default: DRYDOCK_DATA, then ../shared/data)')
    .action(async (data: string | undefined) => {
      process.exitCode = await start(data);
    });
}

async function start(data: string | undefined): Promise<number> {
  if (data !== undefined && !isFolder(data)) {
    process.stderr.write(`drydock: ${data}: not a folder\n`);
    return exits.EXIT_BAD_INPUT;
  }
  const folders = dataFolders(data);
  const main = packagePath('scenarios/main.yaml');
  const missing = missingFiles(main, folders);
  const file = missing.length === 0 ? main : packagePath('scenarios/main-synthetic.yaml');
  say(
    missing.length === 0
      ? `running ${shown(file)} with the traces`
      : `running ${shown(file)}: the workload is synthesised, because these traces are not at ` +
          `hand: ${missing.join(', ')} (name their folder, or set DRYDOCK_DATA)`,
  );
  const code = await runCommand(file, {
    dataFolders: folders,
    isLenient: false,
    isChecking: false,
    isJson: false,
    isQuiet: false,
    outFolder: OUT_FOLDER,
  });
  const report = join(OUT_FOLDER, 'report.html');
  if (code !== exits.EXIT_BAD_INPUT && code !== exits.EXIT_BUG) say(`the report is in ${report}`);
  return code;
}

/**
 * Traces that a scenario names and no folder has. The scenario itself is read properly afterwards.
 */
function missingFiles(scenario: string, folders: readonly string[]): readonly string[] {
  const names = readFileSync(scenario, 'utf8').matchAll(/\bdata:([\w.-]+)/g);
  return [...new Set([...names].map(([, name = '']) => name))].filter(
    (name) => !folders.some((folder) => existsSync(join(folder, name))),
  );
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

const shown = (path: string): string => relative(process.cwd(), path);

function say(text: string): void {
  process.stderr.write(`drydock: ${text}\n`);
}
