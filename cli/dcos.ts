#!/usr/bin/env node
// The `dcos` command. Drydock sails in the simulator so far, so there is no cluster that it could
// talk to: it says so, and fails, rather than act as if.
import {Command} from 'commander';
import {readVersion} from './version.ts';

/** Of every failed command, as in the DC/OS command line, which knows no other. */
const exitFailed = 1;

const noCluster = [
  'No cluster is attached: this version of Drydock sails in the simulator only.',
  'To run a scenario there, use: drydock sim FILE',
].join('\n');

/** The lines that DC/OS prints; what only a cluster could answer is N/A there too. */
const version = [
  `dcoscli.version=${readVersion()}`,
  'dcos.version=N/A',
  'dcos.commit=N/A',
  'dcos.bootstrap-id=N/A',
].join('\n');

const program = new Command('dcos')
  .description('Command line of a Drydock cluster.')
  .version(version, '--version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand(false)
  .usage('[options] [command] [args...]')
  .argument('[command...]', 'a command for the attached cluster')
  .allowUnknownOption()
  .passThroughOptions()
  .addHelpText('after', `\n${noCluster}`)
  .action((words: readonly string[]) => {
    if (words.length === 0 || words[0] === 'help') program.help();
    process.stderr.write(`${noCluster}\n`);
    process.exitCode = exitFailed;
  });

program.parse();
