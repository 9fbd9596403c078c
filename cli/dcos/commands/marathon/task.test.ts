// `dcos marathon task`.
import {table} from '../../testing/cases.ts';
import {APPS, CHANGED, M} from '../../testing/scripts.ts';

table([
  {
    title: 'marathon task list prints a table in the order of apps',
    words: 'marathon task list',
    script: APPS,
    stdout: [
      'APP   HEALTHY  STARTED                   HOST  ID  ROLE',
      '/a    True     N/A                       h1    t3  *',
      '/web  True     2020-01-01T00:00:00.000Z  h1    t1  web',
      '/web  False    N/A                       h2    t2  web',
      '',
    ].join('\n'),
  },
  {
    title: 'marathon task list can be of one app',
    words: 'marathon task list web --quiet',
    script: APPS,
    stdout: 't1\nt2\n',
  },
  {
    title: 'marathon task show prints the task',
    words: 'marathon task show t1',
    script: APPS,
    stdout: /"id": "t1"/,
  },
  {
    title: 'marathon task show says that a task is not there',
    words: 'marathon task show nope',
    script: APPS,
    code: 1,
    stderr: /^Error: Task 'nope' does not exist\n/,
  },
  {
    title: 'marathon task stop prints the task that it ended',
    words: 'marathon task stop --wipe t1',
    script: {[`POST ${M}/tasks/delete?wipe=true`]: {json: {tasks: [{id: 't1', appId: '/web'}]}}},
    body: {ids: ['t1']},
    stdout: /"appId": "\/web"/,
  },
  {
    title: 'marathon task kill lists what it killed',
    words: 'marathon task kill t1 t2',
    script: {[`POST ${M}/tasks/delete`]: {json: {tasks: [{id: 't1'}, {id: 't2'}]}}},
    body: {ids: ['t1', 't2']},
    stdout: 'Killed tasks: ["t1","t2"]\n',
  },
  {
    title: 'marathon task kill --scale names the deployment',
    words: 'marathon task kill --scale t1',
    script: {[`POST ${M}/tasks/delete?scale=true`]: CHANGED},
    stdout: 'Created deployment: d1\n',
  },
  {
    title: 'marathon task kill of unknown tasks fails',
    words: 'marathon task kill nope',
    script: {[`POST ${M}/tasks/delete`]: {json: {tasks: []}}},
    code: 1,
    stderr: 'Error: Failed to kill tasks. task-ids seems to be unknown\n',
  },
]);
