/** How commands are declared: commander, with what all of ours have in common. */
import {Command, Option} from 'commander';

export interface CommandText {
  /** One line, as lists of commands show it. */
  readonly summary: string;
  /** Further paragraphs of its own help, which is wrapped where it is shown. */
  readonly more?: string;
  /** Whole lines, as one would type them. */
  readonly examples: readonly string[];
}

/** A command that does something; `usage` as commander has it: `show <app-id>`. */
export function makeCommand(usage: string, {summary, more, examples}: CommandText): Command {
  const [name = '', ...words] = usage.split(' ');
  const command = plainCommand(name, summary);
  for (const word of words) command.argument(word);
  if (more !== undefined) command.description(`${summary}\n\n${more}`);
  const title = examples.length === 1 ? 'Example' : 'Examples';
  const lines = examples.map((example) => `  ${example}`);
  return command.addHelpText('after', `\n${title}:\n${lines.join('\n')}`);
}

/** A command that only holds others. */
export function makeGroup(name: string, summary: string, commands: readonly Command[]): Command {
  const group = plainCommand(name, summary);
  for (const command of commands) group.addCommand(command);
  return group;
}

/** As {@link makeGroup}; words that name none of its commands go to the first one. */
export function makeGroupWithDefault(
  name: string,
  summary: string,
  [first, ...others]: readonly [Command, ...Command[]],
): Command {
  const group = plainCommand(name, summary).addCommand(first, {isDefault: true});
  for (const command of others) group.addCommand(command);
  return group;
}

function plainCommand(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .description(summary)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions();
}

/**
 * What a command does. It is given its arguments in order, each a text, or a list of texts for one
 * that may come several times, and its options: `run` declares them as its usage and options say.
 */
export function doing(
  command: Command,
  run: (args: never, flags: never) => Promise<void> | void,
): Command {
  return command.action(async (...given: unknown[]) => {
    await run(given.slice(0, -2) as never, given.at(-2) as never);
  });
}

export interface JsonFlag {
  readonly json?: true;
}

export interface ListFlags extends JsonFlag {
  readonly quiet?: true;
}

export interface ForceFlag {
  readonly force?: true;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}

export function withList(command: Command): Command {
  return withJson(command).option('-q, --quiet', 'print ids only, one a line');
}

export function withForce(command: Command): Command {
  return command.option('--force', 'go over deployments that hold it');
}

/** An option that older scripts give and that changes nothing any more. */
export function withIgnored(command: Command, flags: string): Command {
  return command.addOption(new Option(flags).hideHelp());
}
