/** An agent as its HTTP face sees it. */
import type {
  AgentExecRequest,
  AgentExecSession,
  AgentFaceSource,
  AgentFaceTask,
  AgentTaskUsage,
  TaskName,
} from '../../api/agent/agent-face-source.ts';
import {must} from '../../engine/index.ts';
import type {Address} from '../../api/cluster.ts';
import type {Agent} from './agent.ts';
import {reportedState, type LedgerTask} from './task-ledger.ts';

export function faceSource(
  agent: Agent,
  flags: Readonly<Record<string, string>>,
  leader: () => Address | undefined,
): AgentFaceSource {
  const {options, runner} = agent;
  return {
    get info() {
      return agent.info;
    },
    address: {hostname: options.hostname, ip: options.ip, port: options.port},
    version: options.version,
    startedAt: agent.startedAt,
    get resources() {
      return agent.resources;
    },
    get master() {
      return agent.isRegistered ? leader() : undefined;
    },
    flags,
    workDir: options.workDir,
    sandboxAgeMsMax: options.gcDelayMs,
    logFile: options.logFile,
    *tasks(): Iterable<AgentFaceTask> {
      for (const task of runner.tasks) yield faceTask(task);
      for (const task of runner.past.tasks()) yield faceTask(task);
    },
    tally: runner.past,
    async usage({taskId}: TaskName): Promise<AgentTaskUsage | undefined> {
      const task = runner.find(taskId);
      return await (task && runner.executorOf(task)?.usage(taskId));
    },
    async exec({taskId}: TaskName, request: AgentExecRequest): Promise<AgentExecSession> {
      const task = runner.find(taskId);
      if (task === undefined) throw new Error(`task '${taskId}' does not run here`);
      return await must(runner.executorOf(task), `the executor of ${taskId}`).exec(taskId, request);
    },
  };
}

function faceTask(task: LedgerTask): AgentFaceTask {
  const {launch, statuses, launchedAt, sandbox} = task;
  return {
    launch,
    state: statuses.at(-1)?.state ?? reportedState(task),
    launchedAt,
    statuses,
    sandbox,
  };
}
