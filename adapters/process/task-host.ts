/** What a task needs of its executor. */
import type {TaskId} from '../../engine/index.ts';
import type {ExecutorNews} from '../ports/executor.ts';
import type {Cgroups} from './cgroups.ts';
import type {ControlFolder} from './control-folder.ts';
import type {Strays} from './strays.ts';
import type {Tools} from './tools.ts';

/** What about tasks is the agent's to decide. */
export interface TaskSettings {
  readonly persistentRoot: string;
  readonly cfsQuota: boolean;
  readonly switchUser: boolean;
  readonly logBytesMax: number;
  readonly logFilesMax: number;
}

export interface TaskHost {
  readonly control: ControlFolder;
  readonly cgroups: Cgroups;
  readonly strays: Strays;
  readonly tools: Tools;
  readonly settings: TaskSettings;
  readonly bootId: string;
  readonly isClosed: boolean;
  tell(news: ExecutorNews): void;
  /** For whoever runs this machine. */
  complain(key: string, message: string): void;
  /** Ends commands beside the task. */
  endSessions(taskId: TaskId): void;
  /** Tells who runs this machine if it cannot be removed. */
  removeCgroup(key: string): Promise<void>;
  /** Resolves when it is this task's turn to start a process: starting them stops all else. */
  turn(): Promise<void>;
}
