/** What an agent remembers of tasks that are over. */
import test from 'ava';
import {frameworkIdOf, taskIdOf} from '../../engine/index.ts';
import {PastTasks} from './past-tasks.ts';
import type {LedgerTask} from './task-ledger.ts';

function ended(framework: string, task: string): LedgerTask {
  const frameworkId = frameworkIdOf(framework);
  // Nothing but names is looked at.
  return {launch: {frameworkId, taskId: taskIdOf(task)}} as LedgerTask;
}

test('the latest tasks of each framework are remembered', (t) => {
  const past = new PastTasks();
  past.forgotten(ended('chronos', 'job'));
  for (let index = 0; index < 160; index += 1) past.forgotten(ended('marathon', `web.${index}`));
  const ids = [...past.tasks()].map(({launch}) => launch.taskId);
  t.is(ids.length, 151);
  t.deepEqual([ids[0], ids[1], ids.at(-1)], ['job', 'web.10', 'web.159']);
});

test('ends and failed launches are counted, whoever is told of them', (t) => {
  const past = new PastTasks();
  past.updated('TASK_RUNNING', undefined);
  past.updated('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED');
  past.updated('TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED');
  past.updated('TASK_FINISHED', undefined);
  t.deepEqual(
    [...past.ends],
    [
      ['TASK_FAILED', 2],
      ['TASK_FINISHED', 1],
    ],
  );
  t.deepEqual([past.updates, past.launchErrors], [4, 1]);
});
