/** Ids for the arguments of commands, asked of the cluster with little patience. */
import {ClusterFolders} from '../config/cluster-folders.ts';
import {CONFIG_KEYS} from '../config/keys.ts';
import {dcosFolder} from '../config/settings.ts';
import type {Context} from '../context.ts';

/** Who presses TAB does not wait. */
const PATIENCE_MS = 1500;

interface WithId {
  readonly id: string;
}

/** By the name of the argument: `app-id`. Nothing for one that has no ids. */
export async function idsFor(argument: string, context: Context): Promise<readonly string[]> {
  switch (argument) {
    case 'app-id':
      return idsOf((await get<{apps: readonly WithId[]}>(context, 'marathon', '/v2/apps')).apps);
    case 'group-id':
      return groupIds(await get<GroupForm>(context, 'marathon', '/v2/groups'));
    case 'deployment-id':
      return idsOf(await get<readonly WithId[]>(context, 'marathon', '/v2/deployments'));
    case 'task-id':
    case 'task-ids':
    case 'task':
      return idsOf(
        (await get<{tasks: readonly WithId[]}>(context, 'mesos', '/master/tasks')).tasks,
      );
    case 'job-id':
      return idsOf(await get<readonly WithId[]>(context, 'jobs', '/v1/jobs'));
    case 'mesos-id':
    case 'agent-id':
      return idsOf(
        (await get<{slaves: readonly WithId[]}>(context, 'mesos', '/master/slaves')).slaves,
      );
    case 'framework-id':
      return idsOf(
        (await get<{frameworks: readonly WithId[]}>(context, 'mesos', '/master/frameworks'))
          .frameworks,
      );
    case 'cluster':
      return new ClusterFolders(dcosFolder(context.world)).list().map(({name}) => name);
    case 'name':
      return CONFIG_KEYS.map(({name}) => name);
    case 'shell':
      return ['bash', 'zsh', 'fish'];
    default:
      return [];
  }
}

function get<T>(
  context: Context,
  service: 'jobs' | 'marathon' | 'mesos',
  path: string,
): Promise<T> {
  return context[service].get<T>(path, {}, PATIENCE_MS);
}

function idsOf(all: readonly WithId[]): readonly string[] {
  return all.map(({id}) => id);
}

interface GroupForm extends WithId {
  readonly groups?: readonly GroupForm[];
}

function groupIds({groups = []}: GroupForm): readonly string[] {
  return groups.flatMap((group) => [group.id, ...groupIds(group)]);
}
