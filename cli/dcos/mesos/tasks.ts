/** Tasks by what somebody types for them: an id, a part of one, or a pattern. */
import {Failure} from '../failure.ts';
import type {MesosState, MesosTask} from './state.ts';

export interface FoundTask {
  readonly task: MesosTask;
  /** Has not ended. */
  readonly isActive: boolean;
  /** As whom its framework runs. */
  readonly frameworkUser: string | undefined;
}

export interface TaskChoice {
  /** Undefined: all. */
  readonly name?: string | undefined;
  readonly isActive: boolean;
  readonly isCompleted: boolean;
}

/** In the order of names and ids. */
export function chooseTasks(state: MesosState, choice: TaskChoice): readonly FoundTask[] {
  const fits = choice.name === undefined ? () => true : matcher(choice.name);
  return allTasks(state)
    .filter(({isActive}) => (isActive ? choice.isActive : choice.isCompleted))
    .filter(({task}) => fits(task.id))
    .sort(byName);
}

function byName({task: left}: FoundTask, {task: right}: FoundTask): number {
  const [one = '', other = ''] = [left.name, right.name];
  if (one !== other) return one < other ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

const ENDED = new Set([
  'TASK_DROPPED',
  'TASK_ERROR',
  'TASK_FAILED',
  'TASK_FINISHED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_KILLED',
  'TASK_LOST',
  'TASK_UNKNOWN',
  'TASK_UNREACHABLE',
]);

export function hasEnded({state}: MesosTask): boolean {
  return ENDED.has(state);
}

function allTasks({frameworks = [], completed_frameworks: gone = []}: MesosState): FoundTask[] {
  return [...frameworks, ...gone].flatMap((framework) => {
    const {tasks = [], unreachable_tasks: away = [], completed_tasks: over = []} = framework;
    return [...tasks, ...away, ...over].map((task) => ({
      task,
      isActive: !hasEnded(task),
      frameworkUser: framework.user,
    }));
  });
}

/**
 * A whole id, a part of one, or a pattern of the shell: `web.*`, `job-?`, `a[12]`. Unlike in DC/OS
 * also the id of an app, as `marathon` takes it: `/shop/web` is `shop_web.…` in those of its tasks.
 */
function matcher(name: string): (id: string) => boolean {
  if (name.startsWith('/')) {
    const start = `${name.slice(1).replaceAll('/', '_')}.`;
    return (id) => id.startsWith(start);
  }
  if (!/[*?[]/.test(name)) return (id) => id.includes(name);
  const pattern = globPattern(name);
  return (id) => pattern.test(id);
}

/** `*` stands for any letters, slashes among them: ids are no paths. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)([^\]]+)\]|[\s\S]/g, (sign, not: string, set?: string) => {
    if (sign === '*') return '.*';
    if (sign === '?') return '.';
    if (set === undefined) return sign.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
    return `[${not === '' ? '' : '^'}${set.replaceAll(/[\\\]^]/g, String.raw`\$&`)}]`;
  });
  return new RegExp(`^${source}$`, 's');
}

/**
 * Of those that are named, the ones that run; if none runs, those that ran.
 *
 * @throws Failure there is none.
 */
export function findTasks(
  state: MesosState,
  name: string,
  {all, completed}: {readonly all?: true; readonly completed?: true} = {},
): readonly FoundTask[] {
  const wanted = {
    name,
    isActive: completed !== true,
    isCompleted: all === true || completed === true,
  };
  const found = chooseTasks(state, wanted);
  if (found.length > 0) return exactFirst(found, name);
  const past = chooseTasks(state, {name, isActive: false, isCompleted: true});
  if (past.length === 0 || completed === true) throw unknown(name);
  return exactFirst(past, name);
}

/** A whole id means that task, though others may have it as a part. */
function exactFirst(found: readonly FoundTask[], name: string): readonly FoundTask[] {
  const exact = found.filter(({task}) => task.id === name);
  return exact.length > 0 ? exact : found;
}

/** @throws Failure none, or several. */
export function findTask(state: MesosState, name: string): FoundTask {
  const found = exactFirst(chooseTasks(state, {name, isActive: true, isCompleted: false}), name);
  const [first] = found;
  if (first === undefined) throw unknown(name);
  if (found.length === 1) return first;
  throw new Failure(`found more than one task with the same name: '${name}'`, {
    hints: found.slice(0, SHOWN_MAX).map(({task}) => `  ${task.id}`),
  });
}

const SHOWN_MAX = 20;

function unknown(name: string): Failure {
  return new Failure(`no task ID found containing '${name}'`, {
    hints: ['See `dcos task list`, or with `--all` those that have ended.'],
  });
}
