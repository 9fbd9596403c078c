/**
 * Names of an app's properties. Marathon ignores those that it does not know, so that a slip of
 * the pen changes nothing and looks like success: whoever typed it is told.
 */
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';

const APP_PROPERTIES: ReadonlySet<string> = new Set([
  ...['id', 'cmd', 'args', 'user', 'env', 'secrets', 'instances', 'cpus', 'mem', 'disk', 'gpus'],
  ...['executor', 'executorResources', 'resourceLimits', 'constraints', 'acceptedResourceRoles'],
  ...['role', 'fetch', 'uris', 'container', 'networks', 'ipAddress', 'ports', 'portDefinitions'],
  ...['requirePorts', 'healthChecks', 'check', 'readinessChecks', 'backoffSeconds'],
  ...['backoffFactor', 'maxLaunchDelaySeconds', 'upgradeStrategy', 'dependencies', 'labels'],
  ...['taskKillGracePeriodSeconds', 'killSelection', 'unreachableStrategy', 'tty', 'version'],
  // Those that `app show` has, and old ones: they come back from whoever edits what it printed.
  ...['deployments', 'lastTaskFailure', 'readinessCheckResults', 'residency', 'storeUrls'],
  ...['tasks', 'tasksHealthy', 'tasksRunning', 'tasksStaged', 'tasksStats', 'tasksUnhealthy'],
  ...['taskStats', 'versionInfo'],
]);

/** Warns on stderr: another Marathon may know more. */
export async function warnOfUnknown(context: Context, app: object): Promise<void> {
  for (const name of Object.keys(app)) {
    if (APP_PROPERTIES.has(name)) continue;
    const {nearest} = await import('../../../../sim/scenario/fields.ts');
    const meant = nearest(name, [...APP_PROPERTIES]);
    const hint = meant === undefined ? '' : `: did you mean '${meant}'?`;
    context.say(`Warning: apps have no property '${name}', it has no effect${hint}`);
  }
}

/**
 * `container.docker.image=x` looks as if it changed a part; Marathon takes properties as a whole.
 *
 * @throws Failure
 */
export function refuseParts(id: string, changes: object): void {
  for (const key of Object.keys(changes)) {
    const [name = '', ...parts] = key.split('.');
    if (parts.length === 0 || !APP_PROPERTIES.has(name)) continue;
    throw new Failure(`'${key}' is no property of an app: '${name}' is changed as a whole`, {
      hints: [
        `See what it is: dcos marathon app show ${id}`,
        `Give all of it: dcos marathon app update ${id} ${name}='{…}'`,
      ],
    });
  }
}
