/** Runs as cases name them: run-1, run-2 …, in the order in which they were launched first. */
import type {TaskState} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import type {Stage, StageLaunch} from './stage.ts';

export class RunNames {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The name of the run that a task was launched for. */
  nameOf(launch: StageLaunch): string {
    const keys = new Set(this.#stage.launches.map(keyOf));
    return `run-${[...keys].indexOf(keyOf(launch)) + 1}`;
  }

  /** The present task of a run; `run` absent: the one that was launched last. */
  taskOf(run: string | undefined): StageLaunch {
    const {launches} = this.#stage;
    const found = launches.findLast((one) => run === undefined || this.nameOf(one) === run);
    if (found === undefined) throw new UnknownInCase(`${run ?? 'a task'} was never launched`);
    return found;
  }

  status(run: string | undefined, state: TaskState): void {
    this.#stage.status(this.taskOf(run), state);
  }
}

function keyOf({job, due}: StageLaunch): string {
  return `${job}/${due}`;
}
