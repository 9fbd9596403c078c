/** `dcos node log`: what the processes of the cluster themselves have logged. */
import type {Command} from 'commander';
import {doing, makeCommand, withIgnored} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {ApiFailure} from '../../http/api-failure.ts';
import {agentFiles, Files} from '../../mesos/sandbox.ts';
import {Tail} from '../../mesos/tail.ts';
import {linesOf, withLog, type LogFlags} from '../log-flags.ts';
import {followOne} from '../follow.ts';

interface NodeLogFlags extends LogFlags {
  readonly leader?: true;
  readonly master?: true;
  readonly mesosId?: string;
  readonly slave?: string;
}

export function nodeLogCommand(context: Context): Command {
  const command = makeCommand('log [mesos-id]', {
    summary: 'Print what the leading master or an agent has logged.',
    more: 'Only where its process keeps its log in a file.',
    examples: ['dcos node log --leader', 'dcos node log --follow 5f6f7c1e-S0'],
  })
    .option('--leader', 'of the leading master')
    .option('--mesos-id <id>', 'of this agent');
  withIgnored(withIgnored(command, '--master'), '--slave <id>');
  return doing(withLog(command), async ([given]: [string | undefined], flags: NodeLogFlags) => {
    if (flags.master === true) context.say('The --master option is deprecated; use --leader.');
    if (flags.slave !== undefined) context.say('The --slave option is deprecated; use --mesos-id.');
    const isLeader = flags.leader === true || flags.master === true;
    const id = given ?? flags.mesosId ?? flags.slave;
    if (isLeader === (id !== undefined)) {
      throw new Failure(
        isLeader
          ? "unable to use '--leader' and an agent at the same time"
          : "'--leader' or '<mesos-id>' must be provided",
      );
    }
    const [files, path] =
      id === undefined
        ? [new Files(context.mesos), '/master/log']
        : [agentFiles(context, id), '/slave/log'];
    await show(context, new Tail(files, path), flags, id);
  });
}

async function show(
  context: Context,
  tail: Tail,
  flags: LogFlags,
  id: string | undefined,
): Promise<void> {
  const lines = linesOf(flags);
  try {
    context.world.stdout.write(await tail.last(lines));
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
    if (error.said !== undefined) throw error;
    const who = id === undefined ? 'The leading master' : `Agent '${id}'`;
    throw new Failure(`${who} keeps no log file.`, {
      hints: [
        'What it logs goes to its standard error; started with --log-file it keeps a file, too.',
      ],
      cause: error,
    });
  }
  if (flags.follow === true) await followOne(context, tail);
}
