/** `dcos task log`: the last lines of a file of tasks, and what comes after them. */
import type {Command} from 'commander';
import {doing, makeCommand} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {agentFiles, isMissing} from '../../mesos/sandbox.ts';
import {readState, type MesosTask} from '../../mesos/state.ts';
import {Tail} from '../../mesos/tail.ts';
import {findTasks, hasEnded} from '../../mesos/tasks.ts';
import {POLL_MS} from '../follow.ts';
import {linesOf, withLog, type LogFlags} from '../log-flags.ts';

interface TaskLogFlags extends LogFlags {
  readonly all?: true;
  readonly completed?: true;
}

export function taskLogCommand(context: Context): Command {
  const command = makeCommand('log <task> [file]', {
    summary: 'Print the last lines of what a task has written: stdout, or another file.',
    more: 'Where several tasks are meant, each is headed by its id.',
    examples: ['dcos task log hello_world', 'dcos task log --follow --lines=50 hello_world stderr'],
  })
    .option('--all', 'tasks that have ended, too')
    .option('--completed', 'only tasks that have ended');
  return doing(
    withLog(command),
    async ([name, file = 'stdout']: [string, string | undefined], flags: TaskLogFlags) => {
      const lines = linesOf(flags);
      const found = findTasks(await readState(context), name, flags);
      const logs = await openLogs(
        context,
        found.map(({task}) => task),
        file,
      );
      const writer = new LogWriter(context, found.length > 1);
      for (const log of logs) writer.write(log, await log.tail.last(lines));
      if (flags.follow === true) await follow(context, logs, writer);
    },
  );
}

export interface TaskLog {
  readonly task: MesosTask;
  readonly file: string;
  readonly tail: Tail;
}

/** @throws Failure no task has such a file. */
export async function openLogs(
  context: Context,
  tasks: readonly MesosTask[],
  file: string,
): Promise<readonly TaskLog[]> {
  const opened = await Promise.all(tasks.map((task) => openLog(context, task, file)));
  const logs = opened.filter((log) => log !== undefined);
  if (logs.length === 0) {
    throw new Failure('No files exist. Exiting.', {
      hints: [`No sandbox has a file '${file}'; see \`dcos task ls ${tasks[0]?.id ?? 'TASK'}\`.`],
    });
  }
  return logs;
}

/** Undefined: there is no such file. */
async function openLog(
  context: Context,
  task: MesosTask,
  file: string,
): Promise<TaskLog | undefined> {
  const files = agentFiles(context, task.slave_id ?? '');
  const path = `${await files.sandboxOf(task)}/${file}`;
  try {
    await files.size(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return {task, file, tail: new Tail(files, path)};
}

/** Heads each part by whose it is, where several are shown. */
export class LogWriter {
  readonly #context: Context;
  readonly #isHeaded: boolean;
  #last: TaskLog | undefined;

  constructor(context: Context, isHeaded: boolean) {
    this.#context = context;
    this.#isHeaded = isHeaded;
  }

  write(log: TaskLog, data: Buffer): void {
    if (data.length === 0) return;
    const {stdout} = this.#context.world;
    if (this.#isHeaded && this.#last !== log) {
      stdout.write(`===> ${log.task.id}:${log.file} <===\n`);
      this.#last = log;
    }
    stdout.write(data);
  }
}

/** Until all tasks have ended, and all that they wrote was shown. */
export async function follow(
  context: Context,
  logs: readonly TaskLog[],
  writer: LogWriter,
): Promise<void> {
  const {world} = context;
  let open = logs;
  while (open.length > 0) {
    await world.sleep(POLL_MS);
    if (world.stop.aborted) return;
    // Asked first: what a task writes last is there when it is told to have ended.
    const live = await Promise.all(open.map(({task}) => isLive(context, task)));
    for (const log of open) {
      writer.write(log, await log.tail.more());
      await world.stdout.ready();
    }
    open = open.filter((_, at) => live[at] === true);
  }
}

/** Asks for this task alone: it is asked for often. */
async function isLive(
  {mesos}: Context,
  {id, framework_id: frameworkId}: MesosTask,
): Promise<boolean> {
  const {tasks} = await mesos.get<{tasks: readonly MesosTask[]}>('/master/tasks', {
    task_id: id,
    framework_id: frameworkId,
    limit: -1,
  });
  return tasks.some((task) => task.id === id && !hasEnded(task));
}
