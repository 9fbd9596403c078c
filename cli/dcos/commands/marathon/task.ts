/** `dcos marathon task`: the tasks of apps, as Marathon sees them. */
import type {Command} from 'commander';
import {
  doing,
  makeCommand,
  makeGroup,
  withJson,
  withList,
  type JsonFlag,
  type ListFlags,
} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import type {Column} from '../../output/table.ts';
import {deploymentOf} from './changes.ts';
import type {ChangeForm, MarathonTask} from './forms.ts';
import {canonicalId} from './ids.ts';

export function makeTaskGroup(context: Context): Command {
  return makeGroup('task', 'Look at the tasks of apps, and end them.', [
    listCommand(context),
    showCommand(context),
    stopCommand(context),
    killCommand(context),
  ]);
}

const COLUMNS: readonly Column<MarathonTask>[] = [
  {head: 'APP', cell: ({appId}) => appId},
  {head: 'HEALTHY', cell: (task) => (isHealthy(task) ? 'True' : 'False')},
  {head: 'STARTED', cell: ({startedAt = 'N/A'}) => startedAt},
  {head: 'HOST', cell: ({host = 'N/A'}) => host},
  {head: 'ID', cell: ({id}) => id},
  {head: 'ROLE', cell: ({role = ''}) => role},
];

/** As in DC/OS, what has no result yet is not held against it. */
function isHealthy({healthCheckResults = []}: MarathonTask): boolean {
  return healthCheckResults.every((result) => result?.alive !== false);
}

async function tasksOf(context: Context): Promise<readonly MarathonTask[]> {
  return (await context.marathon.get<{tasks: readonly MarathonTask[]}>('/v2/tasks')).tasks;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list [app-id]', {
    summary: 'List the tasks of all apps, or of one.',
    examples: ['dcos marathon task list', 'dcos marathon task list /hello_world'],
  });
  return doing(
    withList(command),
    async ([given]: [string | undefined], {json, quiet}: ListFlags) => {
      const appId = given === undefined ? undefined : canonicalId(given);
      const tasks = (await tasksOf(context)).filter(
        (task) => appId === undefined || task.appId === appId,
      );
      context.printList(tasks.sort(byApp), {
        isJson: json === true,
        isQuiet: quiet === true,
        id: ({id}) => id,
        columns: COLUMNS,
      });
    },
  );
}

function byApp(left: MarathonTask, right: MarathonTask): number {
  if (left.appId !== right.appId) return left.appId < right.appId ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

function showCommand(context: Context): Command {
  const command = makeCommand('show <task-id>', {
    summary: 'Show a task, as JSON.',
    examples: ['dcos marathon task show hello_world.instance-c1…._app.1'],
  });
  return doing(withJson(command), async ([id]: [string]) => {
    const task = (await tasksOf(context)).find((one) => one.id === id);
    if (task === undefined) throw unknownTask(id);
    context.printJson(task);
  });
}

function unknownTask(id: string): Failure {
  return new Failure(`Task '${id}' does not exist`, {hints: ['See `dcos marathon task list`.']});
}

interface KillFlags extends JsonFlag {
  readonly scale?: true;
  readonly wipe?: true;
}

function kill(
  context: Context,
  ids: readonly string[],
  {scale, wipe}: KillFlags,
): Promise<ChangeForm & {readonly tasks?: readonly MarathonTask[]}> {
  return context.marathon.send('POST', '/v2/tasks/delete', {
    body: {ids},
    query: {scale: scale === true, wipe: wipe === true},
  });
}

function stopCommand(context: Context): Command {
  const command = makeCommand('stop <task-id>', {
    summary: 'End a task; another takes its place.',
    examples: ['dcos marathon task stop hello_world.instance-c1…._app.1'],
  }).option('--wipe', 'give up its persistent volumes, too');
  return doing(withJson(command), async ([id]: [string], flags: KillFlags) => {
    const {tasks = []} = await kill(context, [id], flags);
    const task = tasks.find((one) => one.id === id);
    if (task === undefined) throw unknownTask(id);
    context.printJson(task);
  });
}

function killCommand(context: Context): Command {
  const command = makeCommand('kill <task-ids...>', {
    summary: 'End tasks; others take their place.',
    examples: ['dcos marathon task kill --scale hello_world.instance-c1…._app.1'],
  })
    .option('--scale', 'have that many fewer instances afterwards')
    .option('--wipe', 'give up their persistent volumes, too');
  return doing(withJson(command), async ([ids]: [readonly string[]], flags: KillFlags) => {
    const killed = await kill(context, ids, flags);
    const {tasks = []} = killed;
    if (flags.json === true) context.printJson(killed);
    else if (flags.scale === true) context.print(`Created deployment: ${deploymentOf(killed)}`);
    else context.print(`Killed tasks: ${JSON.stringify(tasks.map(({id}) => id))}`);
    if (flags.scale !== true && tasks.length === 0) {
      throw new Failure('Failed to kill tasks. task-ids seems to be unknown');
    }
  });
}
