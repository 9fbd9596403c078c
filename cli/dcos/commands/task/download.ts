/** `dcos task download`: files out of the sandbox of a task. */
import {writeFile} from 'node:fs/promises';
import {join, posix, resolve} from 'node:path';
import type {Command} from 'commander';
import {makeFolder} from '../../../../server/make-folder.ts';
import {doing, makeCommand} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure, messageOf} from '../../failure.ts';
import {agentFiles, isMissing, type Files, type SandboxFile} from '../../mesos/sandbox.ts';
import {readState} from '../../mesos/state.ts';
import {findTasks, globPattern} from '../../mesos/tasks.ts';

export function taskDownloadCommand(context: Context): Command {
  const command = makeCommand('download <task> [path]', {
    summary: 'Copy files from the sandbox of a task; without a path, all of it.',
    more: [
      'The last part of the path may be a pattern: "logs/*.txt". Files of the same name',
      'are overwritten.',
    ].join(' '),
    examples: [
      'dcos task download hello_world stdout',
      'dcos task download --target-dir=out hello_world "logs/*"',
    ],
  }).option('--target-dir <folder>', 'copy them there', '.');
  return doing(
    command,
    async ([name, path = '*']: [string, string | undefined], {targetDir}: {targetDir: string}) => {
      const found = findTasks(await readState(context), name, {all: true});
      const [one] = found;
      if (one === undefined || found.length > 1) {
        throw new Failure(`found more than one task with the same name: '${name}'`, {
          hints: found.map(({task}) => `  ${task.id}`),
        });
      }
      const files = agentFiles(context, one.task.slave_id ?? '');
      const sandbox = await files.sandboxOf(one.task);
      const target = resolve(context.world.folder, targetDir);
      const count = await copy({context, files, target, sandbox}, path);
      context.say(`Copied ${count} ${count === 1 ? 'file' : 'files'} to ${target}`);
    },
  );
}

interface CopyParts {
  readonly context: Context;
  readonly files: Files;
  /** Folder here. */
  readonly target: string;
  /** Folder there. */
  readonly sandbox: string;
}

async function copy(parts: CopyParts, path: string): Promise<number> {
  const {files, sandbox} = parts;
  const [folder, pattern] = [posix.dirname(path), posix.basename(path)];
  const listed = await list(files, posix.join(sandbox, folder), path);
  const fits = globPattern(pattern);
  const chosen = listed.filter((file) => fits.test(safeName(file)));
  if (chosen.length === 0) throw new Failure(`no file or directory matched '${path}'`);
  return copyAll(parts, chosen);
}

async function list(files: Files, folder: string, path: string): Promise<readonly SandboxFile[]> {
  try {
    return await files.browse(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Failure(`cannot access '${path}': no such file or directory`, {cause: error});
  }
}

/** Folders with all that is in them. */
async function copyAll(parts: CopyParts, chosen: readonly SandboxFile[]): Promise<number> {
  const {files, target} = parts;
  await write(target, async () => makeFolder(target));
  let count = 0;
  for (const file of chosen) {
    const to = join(target, safeName(file));
    if (file.mode.startsWith('d')) {
      count += await copyAll({...parts, target: to}, await files.browse(file.path));
    } else if (file.mode.startsWith('-')) {
      const content = await files.download(file.path);
      await write(to, () => writeFile(to, content));
      count += 1;
    } else parts.context.say(`Left out, as it is no file: ${file.path}`);
  }
  return count;
}

/** The last part of a path; it comes from a task, and must not lead elsewhere. */
function safeName({path}: SandboxFile): string {
  const name = posix.basename(path);
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return name;
  throw new Failure(`the sandbox has a file of the name ${JSON.stringify(name)}`);
}

async function write(path: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new Failure(`unable to write '${path}': ${messageOf(error)}`, {cause: error});
  }
}
