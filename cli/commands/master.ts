/** `drydock master`: one of the masters of a cluster. */
import {Command} from 'commander';
import {MASTER_SETTINGS} from '../../server/config/tables.ts';
import {liveUntilStopped} from '../terminal/process-life.ts';
import {explain} from '../terminal/refusals.ts';
import {InputError} from '../terminal/input-error.ts';
import {readVersion} from '../version.ts';
import {addSettings, settingsOf} from './settings-options.ts';
import {readZkUrl} from './zk-option.ts';

export function makeMasterCommand(): Command {
  const command = new Command('master').description(
    'Run a master: several of them elect a leader in ZooKeeper.',
  );
  addSettings(command, MASTER_SETTINGS).addHelpText('after', EXAMPLE);
  return command.action(async () => {
    process.exit(await runMaster(command).catch(explain));
  });
}

const EXAMPLE = `
Example, on each of three machines (the key is the same on all):
  drydock keygen /etc/drydock/key
  drydock master --zk zk://zk1:2181,zk2:2181,zk3:2181/drydock \\
    --listen 0.0.0.0:5050 --advertise 10.0.0.1:5050 --key-file /etc/drydock/key`;

async function runMaster(command: Command): Promise<number> {
  const settings = settingsOf(MASTER_SETTINGS, command);
  const {zk, 'key-file': keyFile} = settings;
  if (zk === undefined || keyFile === undefined) {
    throw new InputError([
      ...(zk === undefined ? ['--zk: expected where the masters elect their leader'] : []),
      ...(keyFile === undefined ? ["--key-file: expected the cluster's key (drydock keygen)"] : []),
    ]);
  }
  const zkUrl = await readZkUrl(zk);
  const {makeLogger} = await import('../../server/processes/logger.ts');
  const {startMasterProcess} = await import('../../server/processes/master-process.ts');
  const {makeZkLeadership} = await import('../../server/master/zk-leadership.ts');
  const {readKeyFile} = await import('../../server/link/cluster-key.ts');
  const {readTokenFile} = await import('../../server/processes/tokens.ts');
  const log = makeLogger(settings, 'drydock-master');
  const version = readVersion();
  const election = {zk: zkUrl, sessionTimeoutMs: settings['zk-session-timeout']};
  const key = readKeyFile(keyFile);
  const tokens = readTokenFile(settings['token-file']);
  return await liveUntilStopped(
    () =>
      startMasterProcess({
        settings,
        key,
        tokens,
        makeLeadership: (self) => makeZkLeadership(election, {...self, version}, log),
        version,
        log,
      }),
    log,
  );
}
