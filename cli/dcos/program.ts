/** The command line as commander knows it: all groups, and the commands of the one asked for. */
import {Command} from 'commander';
import {Context} from './context.ts';
import {Failure} from './failure.ts';
import {readVersion} from '../version.ts';
import {HELP_LAYOUT} from '../terminal/help-layout.ts';
import {GROUPS, MISSING_GROUPS, type Group} from './groups.ts';
import type {Verbosity, World} from './world.ts';

/** @throws Failure, or what commander has for wrong usage and for help, when it has told it. */
export async function runCommand(
  words: readonly string[],
  world: World,
  verbosity: Verbosity,
): Promise<number> {
  const context: Context = new Context(world, verbosity, (asked) => makeProgram(asked, context));
  const [group, asked, ...more] = words;
  const known = GROUPS.find(({name}) => name === group);
  if (known !== undefined && asked === '--info' && more.length === 0) {
    context.print(known.summary);
    return 0;
  }
  if (known !== undefined && asked === '--version' && more.length === 0) {
    context.print(`dcos-${known.name} version ${readVersion()}`);
    return 0;
  }
  const program = await makeProgram(words, context);
  if (words.length === 0) program.outputHelp();
  else await program.parseAsync(words, {from: 'user'});
  return context.exitCode;
}

async function makeProgram(words: readonly string[], context: Context): Promise<Command> {
  const program = new Command('dcos')
    .description('Command line of a Drydock cluster.')
    .usage('[options] <command> [<args>...]')
    .option('-v, --verbose', 'tell on stderr which requests are made (-vv: with all they say)')
    .option('--version', 'print the versions of this command and of the cluster')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', HELP_MORE);
  for (const group of GROUPS) {
    const command = group.name === words[0] ? await loaded(group, context) : stub(group);
    program.addCommand(command, {hidden: group.isHidden === true});
  }
  for (const [name, reason] of MISSING_GROUPS) {
    program.addCommand(missing(name, reason), {hidden: true});
  }
  prepare(program, context.world);
  return program;
}

const HELP_MORE = `
To begin:
  dcos cluster setup http://127.0.0.1:5050
  dcos marathon app add hello_world.json
  dcos marathon app list
  dcos marathon app endpoints /hello_world

Every command has its own help with examples: dcos <command> --help`;

async function loaded({load}: Group, context: Context): Promise<Command> {
  return (await load())(context);
}

function stub({name, summary}: Group): Command {
  return new Command(name).summary(summary).description(summary);
}

function missing(name: string, reason: string): Command {
  return new Command(name)
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(() => {
      throw new Failure(`'dcos ${name}' is not part of Drydock.`, {hints: [reason]});
    });
}

/** Of the program and of all below it: where they write, and that they do not end the process. */
function prepare(command: Command, world: World): void {
  const {stdout, stderr} = world;
  command
    .exitOverride()
    .configureHelp(HELP_LAYOUT)
    .showHelpAfterError(`See: ${fullName(command)} --help`)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
      getOutHelpWidth: () => stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) prepare(child, world);
}

const HELP_WIDTH = 80;

function fullName(command: Command): string {
  const {parent} = command;
  return parent === null ? command.name() : `${fullName(parent)} ${command.name()}`;
}
