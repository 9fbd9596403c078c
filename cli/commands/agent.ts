/** `drydock agent`: runs tasks on this machine. */
import {Command} from 'commander';
import {AGENT_SETTINGS, type AgentSettings} from '../../server/config/tables.ts';
import {InputError} from '../terminal/input-error.ts';
import {liveUntilStopped} from '../terminal/process-life.ts';
import {explain} from '../terminal/refusals.ts';
import {readVersion} from '../version.ts';
import {addSettings, settingsOf} from './settings-options.ts';
import {readZkUrl} from './zk-option.ts';

export function makeAgentCommand(): Command {
  const command = new Command('agent').description(
    'Run an agent: it offers this machine to the leading master, and runs its tasks.',
  );
  addSettings(command, AGENT_SETTINGS).addHelpText('after', EXAMPLE);
  return command.action(async () => {
    process.exit(await runAgent(command).catch(explain));
  });
}

const EXAMPLE = `
Stopped or killed, an agent leaves its tasks running; started again on the same
work folder, it knows them.

Example:
  drydock agent --zk zk://zk1:2181,zk2:2181,zk3:2181/drydock \\
    --work-dir /var/lib/drydock --key-file /etc/drydock/key \\
    --listen 0.0.0.0:5051 --hostname 10.0.0.4`;

async function runAgent(command: Command): Promise<number> {
  const settings = settingsOf(AGENT_SETTINGS, command);
  const {keyFile, workDir} = needed(settings);
  const zk = settings.zk === undefined ? undefined : await readZkUrl(settings.zk);
  const {makeLogger} = await import('../../server/processes/logger.ts');
  const {startLoneAgent} = await import('../../server/processes/lone-agent.ts');
  const log = makeLogger(settings, 'drydock-agent');
  return await liveUntilStopped(
    (failed) =>
      startLoneAgent(settings, {keyFile, workDir, zk, version: readVersion(), failed, log}),
    log,
  );
}

function needed(settings: AgentSettings): {readonly keyFile: string; readonly workDir: string} {
  const {zk, master, 'key-file': keyFile, 'work-dir': workDir} = settings;
  const problems: string[] = [];
  if (zk === undefined && master === undefined) {
    problems.push('--zk: expected where the leader is found (or --master, without ZooKeeper)');
  }
  if (zk !== undefined && master !== undefined) problems.push('--zk, --master: expected one only');
  if (workDir === undefined) problems.push("--work-dir: expected a folder of the agent's own");
  if (keyFile === undefined)
    problems.push("--key-file: expected the cluster's key (drydock keygen)");
  if (problems.length > 0 || keyFile === undefined || workDir === undefined) {
    throw new InputError(problems);
  }
  return {keyFile, workDir};
}
