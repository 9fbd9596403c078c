// `dcos marathon app endpoints`.
import {table} from '../../testing/cases.ts';
import {M, NO_APP, appOf} from '../../testing/scripts.ts';

table([
  {
    title: 'app endpoints lists the published ports of running tasks, in the order of the app',
    words: 'marathon app endpoints a',
    script: {
      ...appOf({
        container: {
          portMappings: [
            {containerPort: 9, name: 'inner'},
            {containerPort: 80, hostPort: 0, name: 'web'},
            {containerPort: 0, hostPort: 0},
          ],
        },
      }),
      [`GET ${M}/tasks`]: {
        json: {
          tasks: [
            {id: 'a.2', appId: '/a', host: '::1', ports: [4, 5], state: 'TASK_RUNNING'},
            {id: 'a.1', appId: '/a', host: 'h1', ports: [2, 3], state: 'TASK_RUNNING'},
            {id: 'a.3', appId: '/a', host: 'h1', ports: [6, 7], state: 'TASK_STAGING'},
            {id: 'b.1', appId: '/b', host: 'h1', ports: [8], state: 'TASK_RUNNING'},
          ],
        },
      },
    },
    asks: [`GET ${M}/apps/a`, `GET ${M}/tasks`],
    stdout: [
      'ENDPOINT  CONTAINER PORT  NAME  TASK',
      'h1:2      80              web   a.1',
      'h1:3      3               ---   a.1',
      '[::1]:4   80              web   a.2',
      '[::1]:5   5               ---   a.2',
      '',
    ].join('\n'),
    stderr: '',
  },
  {
    title: 'app endpoints --quiet lists the addresses; a task may have one of its own',
    words: 'marathon app endpoints -q a',
    script: {
      ...appOf({container: {portMappings: [{containerPort: 80}]}}),
      [`GET ${M}/tasks`]: {
        json: {
          tasks: [
            {id: 'a.1', appId: '/a', ipAddresses: [{ipAddress: '10.9.0.2'}], state: 'TASK_RUNNING'},
          ],
        },
      },
    },
    stdout: '10.9.0.2:80\n',
  },
  {
    title: 'app endpoints of an app that has none says so beside the answer',
    words: 'marathon app endpoints --json a',
    script: {...appOf(), [`GET ${M}/tasks`]: {json: {tasks: []}}},
    stdout: '[]\n',
    stderr: "No task of '/a' runs and has a port.\n",
  },
  {
    title: 'app endpoints of an app that is not there fails',
    words: 'marathon app endpoints a',
    script: NO_APP,
    code: 1,
    stderr: "Error: App '/a' does not exist\n",
  },
]);
