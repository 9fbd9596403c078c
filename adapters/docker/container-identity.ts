/**
 * How a task's container is found again: by a name that follows from the task, so that whoever
 * launches it twice meets the same container, and by labels that tell whose it is.
 */
import {createHash} from 'node:crypto';
import type {FrameworkId, TaskId} from '../../engine/index.ts';

/** Whose container it is; also what the executor's own are found by. */
export const AGENT_LABEL = 'drydock.agent';
export const FRAMEWORK_LABEL = 'drydock.framework';
export const TASK_LABEL = 'drydock.task';

/** Any fixed UUID does; it keeps our names apart from others that are made the same way. */
const NAMESPACE = Buffer.from('8f0a7c6e5d1b4a3e9c2d7b604f1e3a95', 'hex');

/**
 * `mesos-<uuid>`, as Mesos calls them; the UUID is of version 5 (RFC 9562, 5.5). The agent is part
 * of it because several may share an engine, even those of different clusters.
 */
export function containerNameOf(agentId: string, frameworkId: FrameworkId, taskId: TaskId): string {
  const hash = createHash('sha1').update(NAMESPACE);
  // A NUL is in no id, so no two of them read alike.
  hash.update(`${agentId}\0${frameworkId}\0${taskId}`);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `mesos-${parts.join('-')}-${hex.slice(20)}`;
}
