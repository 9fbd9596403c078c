/**
 * `dcos marathon app endpoints`: where the tasks of an app can be reached. DC/OS leaves that to the
 * JSON of `task show`, and to whoever reads it.
 */
import type {Command} from 'commander';
import {doing, makeCommand, withList, type ListFlags} from '../../command.ts';
import type {Context} from '../../context.ts';
import type {Column} from '../../output/table.ts';
import type {AppForm, MarathonTask} from './forms.ts';

interface Endpoint {
  readonly endpoint: string;
  /** The port that the program itself listens on, where that is another one. */
  readonly containerPort: number | undefined;
  readonly name: string | undefined;
  readonly task: string;
}

const COLUMNS: readonly Column<Endpoint>[] = [
  {head: 'ENDPOINT', cell: ({endpoint}) => endpoint},
  {head: 'CONTAINER PORT', cell: ({containerPort}) => containerPort},
  {head: 'NAME', cell: ({name}) => name},
  {head: 'TASK', cell: ({task}) => task},
];

/** @param find the app, with its id in the one form. */
export function appEndpointsCommand(
  context: Context,
  find: (given: string) => Promise<AppForm>,
): Command {
  const command = makeCommand('endpoints <app-id>', {
    summary: 'List the addresses at which the running tasks of an app can be reached.',
    examples: [
      'dcos marathon app endpoints /hello_world',
      'curl $(dcos marathon app endpoints --quiet /hello_world | head -1)',
    ],
  });
  return doing(withList(command), async ([given]: [string], {json, quiet}: ListFlags) => {
    const app = await find(given);
    const {tasks} = await context.marathon.get<{tasks: readonly MarathonTask[]}>('/v2/tasks');
    const rows = tasks
      .filter(({appId, state}) => appId === app.id && state === 'TASK_RUNNING')
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .flatMap((task) => endpointsOf(app, task));
    context.printList(rows, {
      isJson: json === true,
      isQuiet: quiet === true,
      id: ({endpoint}) => endpoint,
      columns: COLUMNS,
    });
    if (rows.length === 0) context.say(`No task of '${app.id}' runs and has a port.`);
  });
}

/** Ports of a task are in the order of those of its app; without any its address is its own. */
function endpointsOf(app: AppForm, task: MarathonTask): readonly Endpoint[] {
  const {host = '', ports = [], ipAddresses = [], id} = task;
  const mappings = app.container?.portMappings ?? [];
  const published = mappings.filter(({hostPort}) => hostPort !== undefined);
  if (ports.length === 0) {
    const [address] = ipAddresses;
    if (address?.ipAddress === undefined) return [];
    return mappings.flatMap(({containerPort = 0, name}) =>
      containerPort === 0
        ? []
        : [{endpoint: at(`${address.ipAddress}`, containerPort), containerPort, name, task: id}],
    );
  }
  return ports.map((port, index) => {
    const mapping = published[index];
    const containerPort = mapping?.containerPort === 0 ? port : mapping?.containerPort;
    const name = mapping?.name ?? app.portDefinitions?.[index]?.name;
    return {endpoint: at(host, port), containerPort, name, task: id};
  });
}

function at(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
