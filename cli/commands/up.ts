/** `drydock up`: a whole cluster on this machine. */
import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {Command} from 'commander';
import {UP_SETTINGS, type UpSettings} from '../../server/config/tables.ts';
import type {Up} from '../../server/processes/up.ts';
import {liveUntilStopped} from '../terminal/process-life.ts';
import {explain} from '../terminal/refusals.ts';
import {readVersion} from '../version.ts';
import {addSettings, settingsOf} from './settings-options.ts';

interface UpFlags {
  readonly clean?: true;
  readonly stopTasks?: true;
}

export function makeUpCommand(): Command {
  const command = new Command('up')
    .description('Run a whole cluster on this machine: a master, agents, and their state.')
    .option('--clean', 'end what an earlier cluster here has left running, and start from nothing')
    .option('--stop-tasks', 'when stopped, stop the tasks as well (else they run on)');
  addSettings(command, UP_SETTINGS).addHelpText('after', EXAMPLES);
  return command.action(async (flags: UpFlags) => {
    // What a failed start has left open must not keep the process.
    process.exit(await up(command, flags).catch(explain));
  });
}

const EXAMPLES = `
Examples:
  drydock up
  drydock up --agents 3 --docker off
  drydock up --data-dir ./harbour --listen 127.0.0.1:5060

Then, in another terminal:
  dcos cluster setup http://127.0.0.1:5050
  dcos marathon app add hello_world.json`;

async function up(command: Command, flags: UpFlags): Promise<number> {
  const settings = settingsOf(UP_SETTINGS, command);
  const {makeLogger} = await import('../../server/processes/logger.ts');
  const {startUp, cleanUp} = await import('../../server/processes/up.ts');
  const log = makeLogger(settings, 'drydock');
  const dataDir = resolve(settings['data-dir'] ?? join(homedir(), '.drydock'));
  return await liveUntilStopped(async (failed) => {
    const parts = {dataDir, version: readVersion(), failed, log};
    if (flags.clean === true) await cleanUp(settings, parts);
    const running = await startUp(settings, parts);
    process.stdout.write(upText(running, settings, dataDir));
    return {
      close: async () => {
        await running.close({stopTasks: flags.stopTasks === true});
        if (flags.stopTasks !== true) process.stdout.write(leftText([...tasksOf(running)].length));
      },
    };
  }, log);
}

function* tasksOf({agents}: Up): Iterable<unknown> {
  for (const {agent} of agents) yield* agent.runner.tasks;
}

function fromBefore(tasks: number): string {
  if (tasks === 0) return '';
  return tasks === 1 ? '; one task from before' : `; ${tasks} tasks from before`;
}

/** What somebody who has just started it wants to know. */
function upText({url, docker, agents}: Up, settings: UpSettings, dataDir: string): string {
  const count = settings.agents === 1 ? 'one agent' : `${settings.agents} agents`;
  const images = docker.isUsed
    ? `images run in ${docker.why}, everything else as plain processes`
    : `tasks run as plain processes; images cannot be run${docker.mayCome ? ' so far' : ''} ` +
      `(no Docker: ${docker.why})`;
  const recovered = agents.reduce((sum, {agent}) => sum + [...agent.runner.tasks].length, 0);
  return [
    `Drydock is up: ${url}`,
    '',
    `  Marathon   ${url}/v2/apps`,
    `  Chronos    ${url}/v1/scheduler/jobs`,
    `  Metronome  ${url}/v1/jobs`,
    `  Mesos      ${url}/state`,
    `  Metrics    ${url}/metrics/prometheus`,
    '',
    `  ${count}; ${images}`,
    `  state in ${dataDir}${fromBefore(recovered)}`,
    '',
    `Next: dcos cluster setup ${url}`,
    '      dcos marathon app add hello_world.json',
    '      dcos marathon app endpoints /hello_world',
    'Ctrl-C stops the cluster; its tasks run on, and are known again at the next start.',
    '',
  ].join('\n');
}

function leftText(tasks: number): string {
  if (tasks === 0) return 'Stopped; no task was running.\n';
  const them = tasks === 1 ? 'One task runs' : `${tasks} tasks run`;
  return `Stopped. ${them} on; 'drydock up' takes up what runs, --clean ends it.\n`;
}
