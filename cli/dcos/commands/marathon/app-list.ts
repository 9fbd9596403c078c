/** `dcos marathon app list`: all apps, one a line. */
import type {Command} from 'commander';
import {doing, makeCommand, withList, type ListFlags} from '../../command.ts';
import type {Context} from '../../context.ts';
import {EMPTY, type Column} from '../../output/table.ts';
import {actionWord} from './actions.ts';
import {queuedId, type AppForm, type DeploymentForm, type QueueForm} from './forms.ts';

interface AppRow {
  readonly app: AppForm;
  readonly actions: readonly string[];
  readonly isWaiting: boolean;
}

const CMD_MAX = 30;

const COLUMNS: readonly Column<AppRow>[] = [
  {head: 'ID', cell: ({app}) => app.id},
  {head: 'MEM', cell: ({app}) => app.mem},
  {head: 'CPUS', cell: ({app}) => app.cpus},
  {head: 'TASKS', cell: ({app}) => `${app.tasksRunning ?? 0}/${app.instances ?? 0}`},
  {head: 'HEALTH', cell: ({app}) => healthOf(app)},
  {head: 'DEPLOYMENT', cell: ({actions}) => actionsText(actions)},
  {head: 'WAITING', cell: ({isWaiting}) => `${isWaiting}`},
  {head: 'CONTAINER', cell: ({app}) => app.container?.type ?? 'MESOS'},
  {head: 'CMD', cell: ({app}) => commandOf(app), widthMin: 10},
  {head: 'ROLE', cell: ({app}) => app.role ?? ''},
];

export function appListCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List all apps.',
    more: 'WAITING is true where an instance could start and nothing fits; see `debug`.',
    examples: ['dcos marathon app list', 'dcos marathon app list --quiet'],
  });
  return doing(withList(command), async (_: [], {json, quiet}: ListFlags) => {
    const {marathon} = context;
    const isPlain = json === true || quiet === true;
    const [{apps}, deployments, {queue}] = await Promise.all([
      marathon.get<{apps: readonly AppForm[]}>('/v2/apps'),
      isPlain ? [] : marathon.get<readonly DeploymentForm[]>('/v2/deployments'),
      isPlain ? {queue: []} : marathon.get<QueueForm>('/v2/queue'),
    ]);
    const waiting = new Set(queue.filter(({delay}) => delay?.overdue === true).map(queuedId));
    const byId = new Map(deployments.map((deployment) => [deployment.id, deployment]));
    const rows = [...apps]
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((app) => ({app, actions: actionsOf(app, byId), isWaiting: waiting.has(app.id)}));
    context.printList(rows, {
      isJson: json === true,
      isQuiet: quiet === true,
      id: ({app}) => app.id,
      columns: COLUMNS,
      json: (list) => list.map(({app}) => app),
    });
  });
}

function healthOf({healthChecks = [], tasksHealthy = 0, tasksRunning = 0}: AppForm): string {
  return healthChecks.length === 0 ? EMPTY : `${tasksHealthy}/${tasksRunning}`;
}

function actionsOf(
  {id, deployments = []}: AppForm,
  byId: ReadonlyMap<string, DeploymentForm>,
): readonly string[] {
  return deployments.flatMap((one) =>
    (byId.get(one.id)?.currentActions ?? [])
      .filter(({app}) => app === id)
      .map(({action}) => actionWord(action)),
  );
}

function actionsText(actions: readonly string[]): string {
  if (actions.length === 0) return EMPTY;
  return actions.length === 1 ? `${actions[0]}` : `(${actions.join(', ')})`;
}

function commandOf({cmd, args}: AppForm): string {
  const text = cmd ?? (args === null || args === undefined ? '' : `[${args.join(', ')}]`);
  const letters = Array.from(text === '[]' ? '' : text);
  if (letters.length === 0) return EMPTY;
  if (letters.length <= CMD_MAX) return letters.join('');
  return `${letters.slice(0, CMD_MAX - '...'.length).join('')}...`;
}
