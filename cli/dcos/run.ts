/** One run of `dcos`: from its words to its exit code. */
import {Command, CommanderError} from 'commander';
import {Context, type Verbosity} from './context.ts';
import {EXIT_FAILED, Failure} from './failure.ts';
import {GROUPS, MISSING_GROUPS, type Group} from './groups.ts';
import {stopReason, type World} from './world.ts';

/** The exit code. Nothing is thrown but bugs. */
export async function runDcos(words: readonly string[], world: World): Promise<number> {
  const globals = readGlobals(words, world);
  for (const notice of globals.notices) world.stderr.write(`${notice}\n`);
  const context: Context = new Context(world, globals.verbosity, (asked) =>
    makeProgram(asked, context),
  );
  try {
    if (globals.isVersion) {
      const {versionText} = await import('./version-text.ts');
      world.stdout.write(await versionText(context));
      return 0;
    }
    const [group, asked, ...more] = globals.words;
    if (asked === '--info' && more.length === 0) {
      const known = GROUPS.find(({name}) => name === group);
      if (known !== undefined) {
        context.print(known.summary);
        return 0;
      }
    }
    const program = await makeProgram(globals.words, context);
    if (globals.words.length === 0) program.outputHelp();
    else await program.parseAsync(globals.words, {from: 'user'});
    return context.exitCode;
  } catch (error) {
    return report(error, world);
  }
}

function report(error: unknown, world: World): number {
  // Help ends well; everything else that commander refuses was told by it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_FAILED;
  // Nobody reads what would follow: that is no failure.
  if (stopReason(world) === 'unread') return 0;
  if (!(error instanceof Failure)) throw error;
  const {message, hints, exitCode} = error;
  world.stderr.write([`Error: ${message}`, ...hints, ''].join('\n'));
  return exitCode;
}

interface Globals {
  readonly words: readonly string[];
  readonly verbosity: Verbosity;
  readonly isVersion: boolean;
  readonly notices: readonly string[];
}

const VERBOSE: ReadonlyMap<string, Verbosity> = new Map([
  ['-v', 1],
  ['-vv', 2],
  ['-vvv', 2],
  ['--verbose', 1],
]);

/** Options of `dcos` itself stand before the first command. */
function readGlobals(words: readonly string[], {env}: World): Globals {
  const notices: string[] = [];
  let verbosity = Math.min(2, Math.max(0, Number(env['DCOS_VERBOSITY'] ?? 0) || 0));
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const level = VERBOSE.get(word);
    if (level !== undefined) verbosity = level;
    else if (word === '--debug') {
      verbosity = 2;
      notices.push('The --debug flag is deprecated. Please use the -vv flag.');
    } else if (/^--log-level(=|$)/.test(word)) {
      const value = word.includes('=') ? word.slice('--log-level='.length) : words[(at += 1)];
      verbosity = value === 'debug' ? 2 : value === 'info' ? 1 : 0;
      notices.push('The --log-level flag is deprecated. Please use the -v or -vv flag.');
    } else break;
  }
  const rest = words.slice(at);
  const isVersion = rest[0] === '--version';
  return {
    words: rest[0] === 'help' ? [...rest.slice(1), '--help'] : rest,
    verbosity: Math.floor(verbosity) as Verbosity,
    isVersion,
    notices,
  };
}

/** All groups by name, and with its commands the one that is asked for. */
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
