/** What Mesos's agents add to the environment of whatever they run (reference part 3.8). */
import type {AgentId} from '../../engine/index.ts';
import type {Place} from '../../api/cluster.ts';
import {hostPort} from '../../api/http/host-port.ts';
import {pidOf} from '../../api/mesos/pid.ts';

export function agentEnv(agentId: AgentId, place: Place): Readonly<Record<string, string>> {
  return {
    MESOS_SLAVE_ID: agentId,
    MESOS_SLAVE_PID: pidOf('slave(1)', place),
    MESOS_AGENT_ENDPOINT: hostPort(place),
    MESOS_CHECKPOINT: '1',
    MESOS_HTTP_COMMAND_EXECUTOR: '0',
    // The defaults of Mesos's flags: there is no executor here that would need others.
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
    MESOS_RECOVERY_TIMEOUT: '15mins',
    MESOS_SUBSCRIPTION_BACKOFF_MAX: '2secs',
  };
}
