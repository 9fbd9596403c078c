/** Answers of a cluster that the tests of several commands take. */
import type {Asked, Script} from './scripted-server.ts';

/** Where Marathon and Metronome answer. */
export const M = '/service/marathon/v2';
export const J = '/service/metronome/v1';

/** What Marathon answers to a change. */
export const CHANGED = {json: {version: '2020-01-01T00:00:00.000Z', deploymentId: 'd1'}};

/** App `/a` is there, with two instances. */
export const appOf = (more: object = {}): Script => ({
  [`GET ${M}/apps/a`]: {json: {app: {id: '/a', instances: 2, ...more}}},
});

export const NO_APP: Script = {
  [`GET ${M}/apps/a`]: {status: 404, json: {message: "App '/a' does not exist"}},
};

/** Two apps, with tasks and deployments. */
export const APPS: Script = {
  [`GET ${M}/apps`]: {
    json: {
      apps: [
        {
          id: '/web',
          mem: 512,
          cpus: 0.5,
          instances: 3,
          tasksRunning: 2,
          tasksHealthy: 1,
          healthChecks: [{}],
          container: {type: 'DOCKER'},
          cmd: 'exec serve --with=many words --and=more',
          deployments: [{id: 'd1'}, {id: 'd2'}],
          role: 'web',
        },
        {id: '/a', mem: 32, cpus: 1, instances: 0, args: ['x', 'y'], role: '*', deployments: []},
      ],
    },
  },
  [`GET ${M}/deployments`]: {
    json: [
      {
        id: 'd1',
        affectedApps: ['/web', '/other'],
        affectedPods: [],
        currentActions: [
          {action: 'ScaleApplication', app: '/web'},
          {action: 'StopApplication', app: '/other'},
        ],
        currentStep: 2,
        totalSteps: 3,
      },
      {
        id: 'd2',
        affectedApps: ['/web'],
        currentActions: [{action: 'RestartApplication', app: '/web'}],
        currentStep: 1,
        totalSteps: 1,
        state: 'paused',
      },
    ],
  },
  [`GET ${M}/queue`]: {
    json: {queue: [{app: {id: '/web'}, delay: {overdue: true, timeLeftSeconds: 0}}]},
  },
  [`GET ${M}/tasks`]: {
    json: {
      tasks: [
        {id: 't2', appId: '/web', host: 'h2', role: 'web', healthCheckResults: [{alive: false}]},
        {id: 't1', appId: '/web', host: 'h1', role: 'web', startedAt: '2020-01-01T00:00:00.000Z'},
        {id: 't3', appId: '/a', host: 'h1', role: '*', healthCheckResults: [null]},
      ],
    },
  },
};

/** What the leading master shows: three agents, tasks of Marathon. */
export const STATE = {
  id: 'master-1',
  hostname: 'm1',
  pid: 'master@10.0.0.1:5050',
  version: '0.1.0',
  slaves: [
    {
      id: 'S1',
      hostname: 'h1',
      pid: 'slave(1)@10.0.0.11:5051',
      active: true,
      attributes: {rack: 'r1', public_ip: 'true'},
      resources: {cpus: 8},
      domain: {fault_domain: {region: {name: 'eu'}, zone: {name: 'a'}}},
    },
    {
      id: 'S2',
      hostname: 'h2',
      pid: 'slave(1)@10.0.0.12:5051',
      active: true,
      drain_info: {state: 'DRAINING'},
      resources: {cpus: 4},
    },
    {id: 'S3', hostname: 'h3', pid: 'slave(1)@10.0.0.13:5051', active: true, deactivated: true},
  ],
  frameworks: [
    {
      id: 'F1',
      name: 'marathon',
      hostname: 'm1',
      user: 'root',
      active: true,
      resources: {cpus: 2, mem: 64.25, disk: 0},
      tasks: [
        {
          id: 'web.1',
          name: 'web',
          framework_id: 'F1',
          slave_id: 'S1',
          state: 'TASK_RUNNING',
          executor_id: '',
        },
        {
          id: 'db.1',
          name: 'db',
          framework_id: 'F1',
          slave_id: 'S2',
          state: 'TASK_STAGING',
          user: 'db',
        },
      ],
      completed_tasks: [
        {
          id: 'web.0',
          name: 'web',
          framework_id: 'F1',
          slave_id: 'S1',
          state: 'TASK_KILLED',
          executor_id: '',
        },
      ],
    },
    {id: 'F2', name: 'away', hostname: 'x', active: false, resources: {}},
  ],
  completed_frameworks: [{id: 'F0', name: 'gone', hostname: 'y', active: false, resources: {}}],
};

const AGENT_STATE = {
  frameworks: [
    {
      id: 'F1',
      executors: [{id: 'web.1', directory: '/sandboxes/web.1'}],
      completed_executors: [{id: 'web.0', directory: '/sandboxes/web.0'}],
    },
  ],
};

/** A long file. */
export const LINES = Array.from({length: 30}, (_, at) => `line ${at + 1}\n`).join('');

/** The files of an agent, by their path. */
export function filesOf(files: Readonly<Record<string, string>>): Script {
  const read = ({line}: Asked, response: {writeHead(status: number): {end(): void}}): unknown => {
    const query = new URL(line.replace(/^GET /, 'http://x')).searchParams;
    const [path, offset] = [query.get('path') ?? '', Number(query.get('offset'))];
    const content = files[path];
    if (content === undefined) {
      response.writeHead(404).end();
      return undefined;
    }
    const bytes = Buffer.from(content);
    if (offset === -1) return {data: '', offset: bytes.length};
    const part = bytes.subarray(offset, offset + Number(query.get('length')));
    return {data: part.toString(), offset};
  };
  return {
    'GET /mesos/master/state': {json: STATE},
    'GET /mesos/master/tasks': {json: {tasks: [{id: 'web.1', state: 'TASK_RUNNING'}]}},
    'GET /agent/S1/state': {json: AGENT_STATE},
    'GET /agent/S1/files/read': read,
    'GET /mesos/files/read': read,
  };
}
