#!/usr/bin/env node
// The `drydock` command.
import {Command, CommanderError} from 'commander';
import {makeConformanceCommand} from './commands/conformance.ts';
import {makeKeygenCommand} from './commands/keygen.ts';
import {makeSimCommand} from './commands/sim.ts';
import {makeStartCommand} from './commands/start.ts';
import {makeTimetableCommand} from './commands/timetable.ts';
import {makeAgentCommand} from './commands/agent.ts';
import {makeMasterCommand} from './commands/master.ts';
import {makeUpCommand} from './commands/up.ts';
import {HELP_LAYOUT} from './terminal/help-layout.ts';
import {outliveReader} from './terminal/closed-pipe.ts';
import {EXIT_BAD_INPUT, EXIT_OK} from './terminal/exit-codes.ts';
import {readVersion} from './version.ts';

const program = new Command('drydock')
  .description(
    'The datacenter scheduler that you can sail in a simulator before you launch it for real.',
  )
  .version(readVersion(), '--version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'print the help of a command')
  .configureHelp(HELP_LAYOUT)
  .showSuggestionAfterError()
  .showHelpAfterError('See: drydock --help')
  .exitOverride();

const commands = [
  makeUpCommand(),
  makeMasterCommand(),
  makeAgentCommand(),
  makeKeygenCommand(),
  makeSimCommand(),
  makeTimetableCommand(),
  makeStartCommand(),
  makeConformanceCommand(),
];
for (const command of commands) {
  program.addCommand(
    command
      .configureHelp(HELP_LAYOUT)
      .helpOption('-h, --help', 'print this help')
      .showHelpAfterError(`See: drydock ${command.name()} --help`)
      .exitOverride(),
  );
}

outliveReader();
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end well; everything else that commander refuses is bad input.
  process.exitCode = error.exitCode === 0 ? EXIT_OK : EXIT_BAD_INPUT;
}
