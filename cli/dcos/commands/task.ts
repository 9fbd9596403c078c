/** `dcos task`: what runs on the agents. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroupWithDefault, withList, type ListFlags} from '../command.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {readState, regionOf, zoneOf, type MesosAgent} from '../mesos/state.ts';
import {chooseTasks, type FoundTask} from '../mesos/tasks.ts';
import type {Column} from '../output/table.ts';
import {taskDownloadCommand} from './task/download.ts';
import {taskExecCommand} from './task/exec.ts';
import {taskLogCommand} from './task/log.ts';
import {taskLsCommand} from './task/ls.ts';

export function makeTaskGroup(context: Context): Command {
  const group = makeGroupWithDefault(
    'task',
    'Look into what runs: list, read logs and files, run a command inside.',
    [
      listCommand(context),
      taskLogCommand(context),
      taskLsCommand(context),
      taskExecCommand(context),
      taskDownloadCommand(context),
    ],
  );
  for (const [name, reason] of MISSING) group.addCommand(missing(name, reason), {hidden: true});
  return group;
}

const MISSING: ReadonlyMap<string, string> = new Map([
  [
    'attach',
    'The streams of a task are its files: dcos task log --follow TASK; ' +
      'a shell beside it: dcos task exec -it TASK sh',
  ],
  ['metrics', 'Metrics are for a Prometheus to collect: GET /metrics/prometheus of the gateway.'],
]);

function missing(name: string, reason: string): Command {
  const command = makeCommand(`${name} [words...]`, {
    summary: 'Not there.',
    examples: ['dcos task list'],
  }).allowUnknownOption();
  return doing(command, () => {
    throw new Failure(`'dcos task ${name}' is not part of Drydock.`, {hints: [reason]});
  });
}

interface TaskRow extends FoundTask {
  readonly agent: MesosAgent | undefined;
}

const COLUMNS: readonly Column<TaskRow>[] = [
  {head: 'NAME', cell: ({task}) => task.name ?? ''},
  {head: 'HOST', cell: ({agent}) => agent?.hostname},
  {head: 'USER', cell: ({task, frameworkUser = ''}) => task.user ?? frameworkUser},
  {head: 'STATE', cell: ({task}) => task.state.replace(/^TASK_/, '')},
  {head: 'ID', cell: ({task}) => task.id},
  {head: 'AGENT ID', cell: ({task}) => task.slave_id},
  {head: 'REGION', cell: ({agent}) => agent && regionOf(agent)},
  {head: 'ZONE', cell: ({agent}) => agent && zoneOf(agent)},
];

interface TaskListFlags extends ListFlags {
  readonly all?: true;
  readonly completed?: true;
  readonly agentId?: string;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list [task]', {
    summary: 'List tasks. (`dcos task` alone does the same.)',
    more: 'They can be chosen by a part of their id, or by a pattern such as "web*".',
    examples: ['dcos task list', 'dcos task list --all hello'],
  })
    .option('--all', 'those that have ended, too')
    .option('--completed', 'only those that have ended')
    .option('--agent-id <id>', 'only those on this agent');
  return doing(withList(command), async ([name]: [string | undefined], flags: TaskListFlags) => {
    const {all, completed, agentId} = flags;
    if (all === true && completed === true) {
      throw new Failure('cannot accept both options --all and --completed');
    }
    const state = await readState(context);
    const agents = new Map((state.slaves ?? []).map((agent) => [agent.id, agent]));
    const rows = chooseTasks(state, {
      name,
      isActive: completed !== true,
      isCompleted: all === true || completed === true,
    })
      .filter(({task}) => agentId === undefined || task.slave_id === agentId)
      .map((found): TaskRow => ({...found, agent: agents.get(found.task.slave_id ?? '')}));
    context.printList(rows, {
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
      id: ({task}) => task.id,
      columns: COLUMNS,
      json: (list) => list.map(({task}) => task),
    });
  });
}
