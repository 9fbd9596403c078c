/** The last failure of each app, as its users see it (reference part 2.1, TaskFailure). */
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkServices, StatusUpdate, TaskState} from '../../../scheduler.ts';
import {taskIdFor} from '../definition/path-id.ts';
import type {Instance} from './instances.ts';

export interface TaskFailure {
  readonly appId: string;
  readonly host: string;
  readonly message: string;
  readonly state: TaskState;
  readonly taskId: string;
  readonly timestamp: string;
  readonly version: string;
  readonly slaveId?: string | undefined;
}

/** Ends that are failures; FINISHED and KILLED are not. */
const FAILURES: ReadonlySet<TaskState> = new Set([
  'TASK_FAILED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNKNOWN',
]);

export class Failures {
  readonly #services: FrameworkServices;
  readonly #byApp: Map<string, TaskFailure>;

  constructor(
    services: FrameworkServices,
    stored: readonly (readonly [string, TaskFailure])[] = [],
  ) {
    this.#services = services;
    this.#byApp = new Map(stored);
  }

  of(appId: string): TaskFailure | undefined {
    return this.#byApp.get(appId);
  }

  take(update: StatusUpdate, instance: Instance): void {
    if (!FAILURES.has(update.state)) return;
    this.#put(instance, update.taskId, update.state, update.message ?? '');
  }

  killedForHealth(instance: Instance, reason: string): void {
    const message = `Task was killed since health check failed. Reason: ${reason}`;
    const taskId = taskIdFor(instance.id, instance.incarnation);
    this.#put(instance, taskId, 'TASK_KILLED', message);
  }

  #put(instance: Instance, taskId: string, state: TaskState, message: string): void {
    const {spec, host = '', agentId} = instance;
    const failure: TaskFailure = {
      appId: spec.appId,
      host,
      message,
      state,
      taskId,
      timestamp: isoInstant(this.#services.now()),
      version: spec.versionText,
      ...(agentId === undefined ? {} : {slaveId: agentId}),
    };
    this.#byApp.set(spec.appId, failure);
    this.#services.putRecord(`failures${spec.appId}`, failure);
  }

  /** The app is gone. */
  forget(appId: string): void {
    if (this.#byApp.delete(appId)) this.#services.deleteRecord(`failures${appId}`);
  }

  documents(): readonly (readonly [string, TaskFailure])[] {
    return [...this.#byApp];
  }
}
