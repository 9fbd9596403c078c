/**
 * Names of an app's properties. Marathon ignores those that it does not know, so that a slip of
 * the pen changes nothing and looks like success: whoever typed it is told.
 */
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';

/** As the engine has them: loading all of it for this would take too long. */
export const APP_PROPERTIES: ReadonlySet<string> = new Set([
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
export function warnOfUnknown(context: Context, app: object): void {
  for (const name of Object.keys(app)) {
    if (APP_PROPERTIES.has(name)) continue;
    const meant = [...APP_PROPERTIES].find((known) => isSlip(name, known));
    const hint = meant === undefined ? '' : `: did you mean '${meant}'?`;
    context.say(`Warning: apps have no property '${name}', it has no effect${hint}`);
  }
}

/** Case aside, one letter too many, too few, wrong, or two of them exchanged. */
function isSlip(typed: string, known: string): boolean {
  const [left, right] = [typed.toLowerCase(), known.toLowerCase()];
  if (Math.abs(left.length - right.length) > 1 || Math.min(left.length, right.length) < 3) {
    return left === right;
  }
  let from = 0;
  while (from < left.length && left[from] === right[from]) from += 1;
  const [one, other] = [left.slice(from), right.slice(from)];
  const exchanged = `${one[1] ?? ''}${one[0] ?? ''}${one.slice(2)}`;
  return (
    exchanged === other ||
    one.slice(1) === other ||
    one === other.slice(1) ||
    one.slice(1) === other.slice(1)
  );
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
