/** A task as Mesos shows it, at the master and at the agent (reference 4.5). */
import type {Amounts, TaskState} from '../../engine/index.ts';
import type {ReportedStatus} from '../cluster.ts';
import {resourceForm} from './resource-form.ts';
import {facetForms, type SplitTask} from './task-facets.ts';

export interface ShownTask {
  readonly id: string;
  readonly name: string;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly state: TaskState;
  readonly role: string;
  readonly resources: Amounts;
  readonly statuses: readonly ReportedStatus[];
  /** Undefined: nobody has told what it runs. */
  readonly split: SplitTask | undefined;
}

/** `executor_id` is empty for tasks that have no executor of their own, as all here. */
export function taskForm(task: ShownTask): object {
  const {id, name, frameworkId, agentId, state, role, resources, statuses, split} = task;
  return {
    id,
    name,
    framework_id: frameworkId,
    executor_id: '',
    slave_id: agentId,
    state,
    resources: resourceForm(resources),
    role,
    statuses: statuses.map((status) => statusForm(status, id)),
    ...(split === undefined ? {} : facetForms(split, id)),
  };
}

/** Times in seconds. Here a container is known by its task's id. */
function statusForm({state, at, healthy, containerIp}: ReportedStatus, taskId: string): object {
  const networks =
    containerIp === undefined
      ? {}
      : {network_infos: [{ip_addresses: [{protocol: 'IPv4', ip_address: containerIp}]}]};
  return {
    state,
    timestamp: at / 1000,
    container_status: {container_id: {value: taskId}, ...networks},
    ...(healthy === undefined ? {} : {healthy}),
  };
}
