/** `dcos task ls`: what is in the sandbox of tasks. */
import {posix} from 'node:path';
import type {Command} from 'commander';
import {doing, makeCommand, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {agentFiles, isMissing, type SandboxFile} from '../../mesos/sandbox.ts';
import {readState, type MesosTask} from '../../mesos/state.ts';
import {findTasks} from '../../mesos/tasks.ts';
import {plainText, type Column} from '../../output/table.ts';

interface LsFlags extends JsonFlag {
  readonly long?: true;
  readonly all?: true;
  readonly completed?: true;
}

export function taskLsCommand(context: Context): Command {
  const command = makeCommand('ls <task> [path]', {
    summary: 'List the files in the sandbox of a task.',
    examples: ['dcos task ls hello_world', 'dcos task ls --long hello_world logs'],
  })
    .option('--long', 'with mode, owner, size and time')
    .option('--all', 'tasks that have ended, too')
    .option('--completed', 'only tasks that have ended');
  return doing(
    withJson(command),
    async ([name, path = '.']: [string, string | undefined], flags: LsFlags) => {
      const found = findTasks(await readState(context), name, flags);
      for (const {task} of found) {
        const files = await browse(context, task, path);
        if (flags.json === true) context.printJson(files);
        else {
          if (found.length > 1) context.print(`===> ${task.id} <===`);
          if (flags.long === true) context.printTable(COLUMNS, files);
          else context.print(files.map((file) => plainText(nameOf(file))).join('  '));
        }
      }
    },
  );
}

async function browse(
  context: Context,
  task: MesosTask,
  path: string,
): Promise<readonly SandboxFile[]> {
  const files = agentFiles(context, task.slave_id ?? '');
  const sandbox = await files.sandboxOf(task);
  try {
    return await files.browse(posix.join(sandbox, path));
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Failure(`cannot access '${path}': no such file or directory`, {cause: error});
  }
}

const COLUMNS: readonly Column<SandboxFile>[] = [
  {head: 'MODE', cell: ({mode}) => mode},
  {head: 'LINKS', cell: ({nlink}) => nlink, align: 'right'},
  {head: 'UID', cell: ({uid}) => uid},
  {head: 'GID', cell: ({gid}) => gid},
  {head: 'SIZE', cell: ({size}) => size, align: 'right'},
  {head: 'DATE', cell: ({mtime}) => dateText(mtime)},
  {head: 'NAME', cell: nameOf},
];

function nameOf({path}: SandboxFile): string {
  return posix.basename(path);
}

function dateText(seconds: number | undefined): string | undefined {
  return seconds === undefined
    ? undefined
    : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
