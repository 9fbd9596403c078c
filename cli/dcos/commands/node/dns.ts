/** `dcos node dns`: what the name service of the cluster says. */
import type {Command} from 'commander';
import {doing, makeCommand, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {rewording} from '../../http/service.ts';
import type {MasterHost} from '../../mesos/masters.ts';

export function nodeDnsCommand(context: Context): Command {
  const command = makeCommand('dns <host>', {
    summary: 'Look up a name of the cluster, such as leader.mesos.',
    examples: ['dcos node dns leader.mesos'],
  });
  return doing(withJson(command), async ([host]: [string], {json}: JsonFlag) => {
    const path = `/mesos_dns/v1/hosts/${encodeURIComponent(host)}`;
    const hosts = await rewording(404, 'This cluster has no name service.', () =>
      context.dcos.get<readonly MasterHost[]>(path),
    );
    // One row of empty texts is how it says that there is nothing.
    const known = hosts.filter(({ip}) => ip !== '');
    if (known.length === 0) throw new Failure(`the name '${host}' is not known`);
    context.printList(known, {
      isJson: json === true,
      isQuiet: false,
      id: ({ip}) => ip,
      columns: [
        {head: 'HOST', cell: (one) => one.host},
        {head: 'IP', cell: ({ip}) => ip},
      ],
    });
  });
}
