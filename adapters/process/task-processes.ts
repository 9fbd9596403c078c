/** What runs of a task, and how signals reach all of it. */
import type {TaskUsage} from '../ports/executor.ts';
import type {TaskCgroup} from './cgroups.ts';
import {
  childrenOf,
  isAlive,
  markOf,
  type ProcessMark,
  signalGroup,
  TICKS_PER_SECOND,
  usageBySession,
} from './proc.ts';

export class TaskProcesses {
  readonly cgroup: TaskCgroup;
  /** Undefined: it has none yet, or it is gone with the machine as it was. */
  supervisor: ProcessMark | undefined;
  /** The task itself; undefined: as far as is known, it was not started. */
  started: ProcessMark | undefined;

  constructor(cgroup: TaskCgroup) {
    this.cgroup = cgroup;
  }

  get isSupervised(): boolean {
    return this.supervisor !== undefined && isAlive(this.supervisor);
  }

  /** All of it: also what has left the group of its leader. */
  askToEnd(): void {
    if (this.started === undefined) return;
    signalGroup(this.started, 'SIGTERM');
    this.cgroup.signalOutside(this.started.pid, 'SIGTERM');
  }

  killAll(): void {
    if (this.started !== undefined) signalGroup(this.started, 'SIGKILL');
    this.cgroup.killAll();
  }

  /** On a full disk a supervisor cannot say what it has started. */
  killUnsaid(): void {
    const {supervisor} = this;
    if (this.started !== undefined || supervisor === undefined) return;
    const children = childrenOf(supervisor.pid).flatMap(markOf);
    // Where it is still on its way, it shall not get there.
    signalGroup(supervisor, 'SIGKILL');
    for (const child of children) signalGroup(child, 'SIGKILL');
  }

  async usage(): Promise<TaskUsage | undefined> {
    const {started} = this;
    if (started === undefined) return undefined;
    const counted = this.cgroup.usage();
    if (counted !== undefined) return counted;
    const session = (await usageBySession()).get(started.pid);
    if (session === undefined) return undefined;
    return {
      cpusUserSeconds: session.userTicks / TICKS_PER_SECOND,
      cpusSystemSeconds: session.systemTicks / TICKS_PER_SECOND,
      memRssBytes: session.rssBytes,
    };
  }
}
