/** /metrics: what the core knows of itself, in the form of Dropwizard (reference part 2.8). */
import type {CommandParts} from './commands.ts';
import {ok} from '../../http/answers.ts';
import type {Route} from '../../http/routes.ts';

type Parts = Pick<CommandParts, 'deployments' | 'roster' | 'root'>;

export function metricsRoutes(parts: Parts): readonly Route[] {
  return [['GET', '/metrics', () => ok(metricsForm(parts))]];
}

function metricsForm({roster, root, deployments}: Parts): object {
  const entries = [...roster.entries.values()];
  const apps = entries.filter(({isRemoved}) => !isRemoved).length;
  const groups = root.groupsBelow('/').length;
  const running = entries.reduce((sum, {tally}) => sum + tally.running, 0);
  const staged = entries.reduce((sum, {tally}) => sum + tally.staged, 0);
  const values: readonly (readonly [string, number])[] = [
    ['marathon.apps.active.gauge', apps],
    ['marathon.deployments.active.gauge', deployments.count],
    ['marathon.groups.active.gauge', groups],
    ['marathon.instances.running.gauge', running],
    ['marathon.instances.staged.gauge', staged],
    ['marathon.pods.active.gauge', 0],
    // Before 1.7.
    ['service.mesosphere.marathon.app.count', apps],
    ['service.mesosphere.marathon.group.count', groups],
    ['service.mesosphere.marathon.task.running.count', running],
    ['service.mesosphere.marathon.task.staged.count', staged],
  ];
  return {
    version: '4.0.0',
    gauges: Object.fromEntries(values.map(([name, value]) => [name, {value}])),
    counters: {},
    histograms: {},
    meters: {},
    timers: {},
  };
}
