/** `dcos marathon`: services, as Marathon runs them. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../command.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {rewording} from '../http/service.ts';
import {makeAppGroup} from './marathon/app.ts';
import {makeDebugGroup} from './marathon/debug.ts';
import {makeDeploymentGroup} from './marathon/deployment.ts';
import {makeGroupGroup} from './marathon/group.ts';
import {canonicalId, pathOf} from './marathon/ids.ts';
import {pingCommand} from './marathon/ping.ts';
import {makeTaskGroup} from './marathon/task.ts';

export function makeMarathonGroup(context: Context): Command {
  const summary = 'Run services that are to stay up: add, update, scale, watch, debug.';
  const group = makeGroup('marathon', summary, [
    makeAppGroup(context),
    makeGroupGroup(context),
    makeDeploymentGroup(context),
    makeTaskGroup(context),
    makeDebugGroup(context),
    makeGroup('delay', 'End the back-off of an app.', [delayResetCommand(context)]),
    makeGroup('leader', 'Look at the leading Marathon, or make it step down.', [
      leaderShowCommand(context),
      leaderDeleteCommand(context),
    ]),
    makeGroup('plugin', 'Look at the plugins of Marathon.', [pluginListCommand(context)]),
    pingCommand(context),
    aboutCommand(context),
  ]);
  return group.addCommand(podCommand(), {hidden: true});
}

function aboutCommand(context: Context): Command {
  const command = makeCommand('about', {
    summary: 'Show what Marathon says of itself, as JSON.',
    examples: ['dcos marathon about'],
  });
  return doing(withJson(command), async () => {
    context.printJson(await context.marathon.get('/v2/info'));
  });
}

function delayResetCommand(context: Context): Command {
  const command = makeCommand('reset <app-id>', {
    summary: 'Let an app that is in back-off start again at once.',
    examples: ['dcos marathon delay reset /hello_world'],
  });
  return doing(command, async ([given]: [string]) => {
    const id = canonicalId(given);
    await context.marathon.call('DELETE', `/v2/queue${pathOf(id)}/delay`);
    context.print(`Delay on [${id}] has been reset`);
  });
}

interface Leader {
  readonly host: string;
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

function leaderShowCommand(context: Context): Command {
  const command = makeCommand('show', {
    summary: 'Show where the leading Marathon is.',
    examples: ['dcos marathon leader show --json'],
  });
  return doing(withJson(command), async (_: [], {json}: JsonFlag) => {
    const {leader: text} = await rewording(404, 'There is no leader', () =>
      context.marathon.get<{leader: string}>('/v2/leader'),
    );
    const leader = parseLeader(text);
    if (json === true) context.printJson(leader);
    else {
      context.printTable<Leader>(
        [
          {head: 'HOST', cell: ({host}) => host},
          {head: 'IP', cell: ({ip}) => ip},
          {head: 'PORT', cell: ({port}) => port},
        ],
        [leader],
      );
    }
  });
}

function parseLeader(text: string): Leader {
  const at = text.lastIndexOf(':');
  const host = at === -1 ? text : text.slice(0, at).replaceAll(/[[\]]/g, '');
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  const port = at === -1 ? undefined : Number(text.slice(at + 1));
  return {host, ip: isAddress ? host : undefined, port};
}

function leaderDeleteCommand(context: Context): Command {
  const command = makeCommand('delete', {
    summary: 'Make the leading Marathon step down; another one takes over.',
    examples: ['dcos marathon leader delete'],
  });
  return doing(command, async () => {
    const {message} = await context.marathon.send<{message?: string}>('DELETE', '/v2/leader');
    context.print(message ?? 'Leadership abdicated');
  });
}

interface Plugin {
  readonly id?: string;
  readonly implementation?: string;
  readonly plugin?: string;
}

function pluginListCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List the plugins of Marathon.',
    examples: ['dcos marathon plugin list'],
  });
  return doing(withJson(command), async (_: [], {json}: JsonFlag) => {
    const answer = await context.marathon.get<{plugins: readonly Plugin[]}>('/v2/plugins');
    context.printList(answer.plugins, {
      isJson: json === true,
      isQuiet: false,
      id: ({id = ''}) => id,
      columns: [
        {head: 'ID', cell: ({id}) => id},
        {head: 'IMPLEMENTATION', cell: ({implementation}) => implementation},
        {head: 'PLUGIN', cell: ({plugin}) => plugin},
      ],
      json: () => answer,
    });
  });
}

/** Several containers as one: Drydock's Marathon does not run them. */
function podCommand(): Command {
  const command = makeCommand('pod [words...]', {
    summary: 'Not there: pods cannot be run.',
    examples: ['dcos marathon app add hello_world.json'],
  }).allowUnknownOption();
  return doing(command, () => {
    throw new Failure('This command is not supported by your version of Marathon', {
      hints: ['Pods cannot be run; apps can: dcos marathon app add FILE'],
    });
  });
}
