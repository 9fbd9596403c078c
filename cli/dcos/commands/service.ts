/** `dcos service`: the frameworks that ask for offers, Marathon and Chronos among them. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroupWithDefault, withList, type ListFlags} from '../command.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {ApiFailure} from '../http/api-failure.ts';
import {amountOf, readState, type MesosFramework} from '../mesos/state.ts';
import {Prompter} from '../output/prompt.ts';
import type {Column} from '../output/table.ts';
import {serviceLogCommand} from './service/log.ts';

export function makeServiceGroup(context: Context): Command {
  return makeGroupWithDefault(
    'service',
    'Look at the frameworks that schedule tasks, and tear them down.',
    [listCommand(context), serviceLogCommand(context), shutdownCommand(context)],
  );
}

const COLUMNS: readonly Column<MesosFramework>[] = [
  {head: 'NAME', cell: ({name = ''}) => name},
  {head: 'HOST', cell: ({hostname = ''}) => hostname},
  {head: 'ACTIVE', cell: ({active}) => (active === true ? 'True' : 'False')},
  {head: 'TASKS', cell: ({tasks = []}) => tasks.length},
  {head: 'CPU', cell: ({resources}) => amountOf(resources, 'cpus').toFixed(1)},
  {head: 'MEM', cell: ({resources}) => amountOf(resources, 'mem').toFixed(1)},
  {head: 'DISK', cell: ({resources}) => amountOf(resources, 'disk').toFixed(1)},
  {head: 'ID', cell: ({id}) => id},
];

interface ServiceFlags extends ListFlags {
  readonly completed?: true;
  readonly inactive?: true;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List frameworks with what they use. (`dcos service` alone does the same.)',
    examples: ['dcos service list', 'dcos service list --inactive --completed'],
  })
    .option('--completed', 'those that have left, too')
    .option('--inactive', 'those that are not connected, too');
  return doing(withList(command), async (_: [], flags: ServiceFlags) => {
    const {frameworks = [], completed_frameworks: gone = []} = await readState(context);
    const shown = [
      ...frameworks.filter(({active}) => active === true || flags.inactive === true),
      ...(flags.completed === true ? gone : []),
    ];
    context.printList(shown.sort(byName), {
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
      id: ({id}) => id,
      columns: COLUMNS,
    });
  });
}

function byName(left: MesosFramework, right: MesosFramework): number {
  const [one = '', other = ''] = [left.name, right.name];
  if (one !== other) return one < other ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

function shutdownCommand(context: Context): Command {
  const command = makeCommand('shutdown <framework-id>', {
    summary: 'Tear a framework down, with all its tasks.',
    examples: ['dcos service shutdown 5f6f7c1e-0001'],
  }).option('--yes', 'do not ask');
  return doing(command, async ([id]: [string], {yes}: {yes?: true}) => {
    await checkFramework(context, id);
    if (yes !== true) {
      const prompter = new Prompter(context.world);
      try {
        const question = `Do you really want to teardown ${id} with all its tasks? [yes/no] `;
        if (!(await prompter.confirm(question))) throw new Failure('Nothing was torn down.');
      } finally {
        prompter.close();
      }
    }
    try {
      await context.mesos.call('POST', '/master/teardown', {form: {frameworkId: id}});
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      if (error.status !== 404 && error.status !== 405) throw error;
      throw new Failure('This cluster cannot tear frameworks down.', {
        hints: ['Marathon and Chronos are parts of it. Their apps and jobs can be removed.'],
        cause: error,
      });
    }
  });
}

/** @throws Failure it is not there: nobody should be asked for nothing. */
async function checkFramework(context: Context, id: string): Promise<void> {
  const {frameworks = [], completed_frameworks: gone = []} = await readState(context);
  if (frameworks.some((framework) => framework.id === id)) return;
  const isGone = gone.some((framework) => framework.id === id);
  throw new Failure(
    isGone ? `framework '${id}' has left already` : `framework '${id}' does not exist`,
    {hints: ['See which there are: dcos service list --inactive']},
  );
}
