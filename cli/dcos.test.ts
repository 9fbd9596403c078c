// The `dcos` command: which requests it makes, what it prints, how it ends.
import {spawn} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync} from 'node:fs';
import {Readable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Home, type Ended, type RunTerms} from './dcos/testing/run-dcos.ts';
import {scriptedServer, type Asked, type Script} from './dcos/testing/scripted-server.ts';

interface Case {
  readonly title: string;
  /** As one would type them; words with spaces are given as a list. */
  readonly words: string | readonly string[];
  readonly script?: Script;
  readonly files?: Readonly<Record<string, string>>;
  readonly terms?: RunTerms;
  /** Method and path with query, all of them. */
  readonly asks?: readonly string[];
  /** The body of the last request. */
  readonly body?: unknown;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly code?: number;
}

interface Ran extends Ended {
  readonly asked: readonly Asked[];
}

async function runCase({words, script = {}, files = {}, terms = {}}: Case): Promise<Ran> {
  const server = await scriptedServer(script);
  const home = new Home();
  try {
    for (const [name, content] of Object.entries(files)) home.write(name, content);
    const list = typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words;
    const env = {DCOS_URL: server.url, ...terms.env};
    const ended = await home.run(list, {...terms, env});
    const {asked} = server;
    const hide = (text: string): string => text.replaceAll(server.url, 'URL');
    return {...ended, stdout: hide(ended.stdout), stderr: hide(ended.stderr), asked};
  } finally {
    await server.close();
    home.remove();
  }
}

/** What terminals take for a command. */
const ESCAPE = '\u001B';

function table(cases: readonly Case[]): void {
  for (const one of cases) {
    test(one.title, async (t) => {
      const {asks, body, stdout, stderr, code = 0} = one;
      const ran = await runCase(one);
      t.is(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
      if (asks !== undefined)
        t.deepEqual(
          ran.asked.map(({line}) => line),
          asks,
        );
      if (body !== undefined) t.deepEqual(ran.asked.at(-1)?.body, body);
      for (const [wanted, got] of [
        [stdout, ran.stdout],
        [stderr, ran.stderr],
      ] as const) {
        if (typeof wanted === 'string') t.is(got, wanted);
        else if (wanted !== undefined) t.regex(got, wanted);
      }
      t.false((ran.stdout + ran.stderr).includes(ESCAPE), 'there is no terminal');
      t.notRegex(ran.stderr, /^\s+at /m, 'a stack trace is no message');
    });
  }
}

const M = '/service/marathon/v2';
const J = '/service/metronome/v1';

const NO_APP: Script = {
  [`GET ${M}/apps/a`]: {status: 404, json: {message: "App '/a' does not exist"}},
};
const appOf = (more: object = {}): Script => ({
  [`GET ${M}/apps/a`]: {json: {app: {id: '/a', instances: 2, ...more}}},
});
const CHANGED = {json: {version: '2020-01-01T00:00:00.000Z', deploymentId: 'd1'}};
const LOCKED = {
  status: 409,
  json: {message: 'App is locked by one or more deployments.', deployments: [{id: 'd9'}]},
};
const APP = '{"id": "a", "cmd": "sleep 1"}';
const VERSIONS: Script = {
  [`GET ${M}/apps/a/versions`]: {json: {versions: ['v3', 'v2', 'v1']}},
  [`GET ${M}/apps/a/versions/v2`]: {json: {id: '/a', version: 'v2'}},
};

/** A wide table, in two parts. */
function beside(rows: readonly (readonly [left: string, right: string])[]): string {
  return rows.map(([left, right]) => `${left}${right}\n`).join('');
}

// Apps.

table([
  {
    title: 'app add looks whether the app is there, adds it, and names the deployment',
    words: 'marathon app add a.json',
    files: {'a.json': APP},
    script: {
      ...NO_APP,
      [`POST ${M}/apps`]: {status: 201, json: {id: '/a', deployments: [{id: 'd1'}]}},
    },
    asks: [`GET ${M}/apps/a`, `POST ${M}/apps`],
    body: {id: 'a', cmd: 'sleep 1'},
    stdout: 'Created deployment d1\n',
  },
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
  {
    title: 'app add warns of properties that have no effect, and adds the app',
    words: 'marathon app add',
    terms: {stdin: '{"id": "a", "cmd": "x", "instnaces": 2, "zzzzzzzz": 1, "tasksRunning": 0}'},
    script: {...NO_APP, [`POST ${M}/apps`]: {status: 201, json: {deployments: [{id: 'd1'}]}}},
    stdout: 'Created deployment d1\n',
    stderr:
      "Warning: apps have no property 'instnaces', it has no effect: did you mean 'instances'?\n" +
      "Warning: apps have no property 'zzzzzzzz', it has no effect\n",
  },
  {
    title: 'app update warns of properties that have no effect',
    words: 'marathon app update a instance=3',
    script: {...appOf(), [`PUT ${M}/apps/a`]: CHANGED},
    body: {instance: 3},
    stdout: 'Created deployment d1\n',
    stderr: /^Warning: apps have no property 'instance', .* did you mean 'instances'\?\n$/,
  },
  {
    title: 'app update refuses to change a part of a property, which Marathon would ignore',
    words: 'marathon app update a container.docker.image=b',
    script: appOf(),
    asks: [`GET ${M}/apps/a`],
    code: 1,
    stdout: '',
    stderr:
      "Error: 'container.docker.image' is no property of an app: 'container' is changed as a " +
      'whole\nSee what it is: dcos marathon app show /a\n' +
      "Give all of it: dcos marathon app update /a container='{…}'\n",
  },
  {
    title: 'app add takes a definition from standard input',
    words: 'marathon app add',
    terms: {stdin: APP},
    script: {...NO_APP, [`POST ${M}/apps`]: {status: 201, json: {deployments: [{id: 'd1'}]}}},
    body: {id: 'a', cmd: 'sleep 1'},
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'app add refuses to read from a terminal',
    words: 'marathon app add',
    terms: {stdin: Object.assign(new Readable(), {isTTY: true})},
    code: 1,
    asks: [],
    stderr:
      /^Error: We currently don't support reading from the TTY\..+\nE\.g\.: dcos marathon app/,
  },
  {
    title: 'app add says that a file is not there',
    words: 'marathon app add nowhere.json',
    code: 1,
    stderr: "Error: can't read from resource: nowhere.json. Please check that it exists\n",
  },
  {
    title: 'app add refuses an app that is there',
    words: 'marathon app add a.json',
    files: {'a.json': APP},
    script: appOf(),
    code: 1,
    stdout: '',
    stderr: /^Error: Application '\/a' already exists\nTo change it: /,
  },
  {
    title: 'app add refuses an app that somebody else was faster to add',
    words: 'marathon app add a.json',
    files: {'a.json': APP},
    script: {...NO_APP, [`POST ${M}/apps`]: {status: 409, json: {message: 'An app with id …'}}},
    code: 1,
    stderr: /^Error: Application '\/a' already exists\n/,
  },
  {
    title: 'app add with broken JSON sends nothing and prints nothing on stdout',
    words: 'marathon app add',
    terms: {stdin: '{"id": "a", '},
    code: 1,
    asks: [],
    stdout: '',
    stderr:
      /^Error: error loading JSON: standard input: at line 1, column 12: it ends after a comma/,
  },
  {
    title: 'app add shows each fault of a definition by its path',
    words: 'marathon app add a.json',
    files: {'a.json': APP},
    script: {
      ...NO_APP,
      [`POST ${M}/apps`]: {
        status: 422,
        json: {
          message: 'Object is not valid',
          details: [
            {path: '/container/docker/network', errors: ['error.unknown.enum.literal']},
            {path: '/cpus', errors: ['one', 'two']},
          ],
        },
      },
    },
    code: 1,
    stderr:
      'Error: Object is not valid\n' +
      '  /container/docker/network: error.unknown.enum.literal\n  /cpus: one\n  /cpus: two\n',
  },
  {
    title: 'app add --dry-run prints what would be done',
    words: 'marathon app add a.json --dry-run',
    files: {'a.json': APP},
    script: {...NO_APP, [`POST ${M}/apps`]: {json: {steps: []}}},
    asks: [`GET ${M}/apps/a`, `POST ${M}/apps?dryRun=true`],
    stdout: '{\n    "steps": []\n}\n',
  },
  {
    title: 'app show prints the app',
    words: 'marathon app show a',
    script: appOf(),
    stdout: '{\n    "id": "/a",\n    "instances": 2\n}\n',
  },
  {
    title: 'app show takes any spelling of an id',
    words: 'marathon app show //a/',
    script: appOf(),
    asks: [`GET ${M}/apps/a`],
  },
  {
    title: 'an id that would lead elsewhere is none',
    words: 'marathon app remove ../tasks',
    code: 1,
    asks: [],
    stderr: /^Error: '\.\.\/tasks' is no id of an app\n/,
  },
  {
    title: 'app show says that an app is not there',
    words: 'marathon app show a',
    script: NO_APP,
    code: 1,
    stderr: "Error: App '/a' does not exist\n",
  },
  {
    title: 'app show counts versions back from the present one',
    words: 'marathon app show --app-version=-1 a',
    script: VERSIONS,
    asks: [`GET ${M}/apps/a/versions`, `GET ${M}/apps/a/versions/v2`],
    stdout: /"version": "v2"/,
  },
  {
    title: 'app show says how many versions there are',
    words: 'marathon app show --app-version=-3 a',
    script: VERSIONS,
    code: 1,
    stderr: "Error: application '/a' only has 3 version(s)\n",
  },
  {
    title: 'app show takes no version of the future',
    words: 'marathon app show --app-version=2 a',
    code: 1,
    stderr: 'Error: relative versions must be negative: 2\n',
  },
  {
    title: 'app show refuses half an instant',
    words: 'marathon app show --app-version=20:39:32.972Z a',
    code: 1,
    stderr: /^Error: invalid timestamp provided: 20:39:32\.972Z\n/,
  },
  {
    title: 'app version list prints the latest versions first, as many as are wanted',
    words: 'marathon app version list --max-count=2 a',
    script: VERSIONS,
    stdout: '[\n    "v3",\n    "v2"\n]\n',
  },
  {
    title: 'app version list refuses a count below 1',
    words: 'marathon app version list --max-count=-1 a',
    code: 1,
    stderr: 'Error: maximum count must be a positive number: -1\n',
  },
  {
    title: 'app start gives a stopped app one instance',
    words: 'marathon app start a',
    script: {...appOf({instances: 0}), [`PUT ${M}/apps/a`]: CHANGED},
    asks: [`GET ${M}/apps/a`, `PUT ${M}/apps/a`],
    body: {instances: 1},
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'app start refuses an app that runs',
    words: 'marathon app start a 3',
    script: appOf({instances: 1}),
    code: 1,
    stderr: /^Error: application '\/a' already started: 1 instances\n/,
  },
  {
    title: 'app start refuses a count below 1',
    words: 'marathon app start a -1',
    code: 1,
    stderr: 'Error: the number of instances must be positive: -1\n',
  },
  {
    title: 'app start says that an app is not there',
    words: 'marathon app start a',
    script: NO_APP,
    code: 1,
    stderr: "Error: app '/a' does not exist\n",
  },
  {
    title: 'app stop takes all instances',
    words: 'marathon app stop --force a',
    script: {...appOf(), [`PUT ${M}/apps/a`]: CHANGED},
    asks: [`GET ${M}/apps/a`, `PUT ${M}/apps/a?force=true`],
    body: {instances: 0},
  },
  {
    title: 'app stop refuses an app that is stopped',
    words: 'marathon app stop a',
    script: appOf({instances: 0}),
    code: 1,
    stderr: "Error: app '/a' already stopped: 0 instances\n",
  },
  {
    title: 'a locked app is told with its deployment and the ways out',
    words: 'marathon app stop a',
    script: {...appOf(), [`PUT ${M}/apps/a`]: LOCKED},
    code: 1,
    stderr:
      'Error: changes blocked: deployment already in progress for app\n  deployment d9\n' +
      'Wait for it: dcos marathon deployment watch d9\n' +
      'Undo it: dcos marathon deployment rollback d9\nOr go over it with --force.\n',
  },
  {
    title: 'app restart replaces what runs',
    words: 'marathon app restart a',
    script: {...appOf(), [`POST ${M}/apps/a/restart`]: CHANGED},
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'app restart refuses an app without instances',
    words: 'marathon app restart a',
    script: appOf({instances: 0}),
    code: 1,
    stderr:
      "Error: unable to perform rolling restart of application '/a' because it has no running " +
      'tasks\n',
  },
  {
    title: 'app update reads properties by what they look like',
    words: [
      ...'marathon app update a instances=3 cpus=0.5 cmd=null requirePorts=true'.split(' '),
      'env={"A": "b"}',
      'args=\'["x"]\'',
      'user=root',
    ],
    script: {...appOf(), [`PUT ${M}/apps/a`]: CHANGED},
    body: {
      instances: 3,
      cpus: 0.5,
      cmd: null,
      requirePorts: true,
      env: {A: 'b'},
      args: ['x'],
      user: 'root',
    },
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'app update reads an object from standard input',
    words: 'marathon app update a --json',
    terms: {stdin: '{"cpus": 2}'},
    script: {...appOf(), [`PUT ${M}/apps/a`]: CHANGED},
    body: {cpus: 2},
    stdout: /"deploymentId": "d1"/,
  },
  {
    title: 'app update refuses a key that comes twice',
    words: 'marathon app update a cpus=1 cpus=2',
    script: appOf(),
    code: 1,
    stderr: "Error: Key 'cpus' was specified more than once\n",
  },
  {
    title: 'app update refuses what is no property',
    words: 'marathon app update a cpus',
    script: appOf(),
    code: 1,
    stderr: /^Error: 'cpus' is not a valid json-item\n/,
  },
  {
    title: 'app update says where a value stops being JSON',
    words: ['marathon', 'app', 'update', 'a', 'env={"A": "b"'],
    script: appOf(),
    code: 1,
    stderr: /^Error: error loading JSON: the value of env ends at line 1, column 10 [^]*add "}" at/,
  },
  {
    title: 'app kill tells which tasks it killed',
    words: 'marathon app kill a',
    script: {[`DELETE ${M}/apps/a/tasks`]: {json: {tasks: [{id: 't1'}]}}},
    stdout: 'Killed tasks: [{"id":"t1"}]\n',
  },
  {
    title: 'app kill of nothing is no failure',
    words: 'marathon app kill --host=h a',
    script: {[`DELETE ${M}/apps/a/tasks?host=h`]: {json: {tasks: []}}},
    stdout: 'Killed tasks: []\n',
  },
  {
    title: 'app kill --scale tells of the deployment',
    words: 'marathon app kill --scale a',
    script: {[`DELETE ${M}/apps/a/tasks?scale=true`]: CHANGED},
    stdout: 'Started deployment: {"version":"2020-01-01T00:00:00.000Z","deploymentId":"d1"}\n',
  },
  {
    title: 'app kill takes one of host and scale',
    words: 'marathon app kill --scale --host=h a',
    code: 1,
    stderr: "Error: the flags 'scale' and 'host' cannot be used at the same time\n",
  },
  {
    title: 'app remove is silent',
    words: 'marathon app remove a',
    script: {[`DELETE ${M}/apps/a`]: CHANGED},
    asks: [`DELETE ${M}/apps/a`],
    stdout: '',
    stderr: '',
  },
]);

const APPS: Script = {
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

table([
  {
    title: 'app list prints a table in the order of ids',
    words: 'marathon app list',
    script: APPS,
    stdout: beside([
      [
        'ID    MEM  CPUS  TASKS  HEALTH  DEPLOYMENT        ',
        'WAITING  CONTAINER  CMD                             ROLE',
      ],
      [
        '/a    32   1     0/0    ---     ---               ',
        'false    MESOS      [x, y]                          *',
      ],
      [
        '/web  512  0.5   2/3    1/2     (scale, restart)  ',
        'true     DOCKER     exec serve --with=many word...  web',
      ],
    ]),
  },
  {
    title: 'app list --quiet prints ids, and asks for nothing else',
    words: 'marathon app list -q',
    script: APPS,
    asks: [`GET ${M}/apps`],
    stdout: '/a\n/web\n',
  },
  {
    title: 'app list --json prints all that there is of each app',
    words: 'marathon app list --json',
    script: {[`GET ${M}/apps`]: {json: {apps: []}}},
    stdout: '[]\n',
  },
  {
    title: 'an empty table is its header',
    words: 'marathon app list',
    script: {
      [`GET ${M}/apps`]: {json: {apps: []}},
      [`GET ${M}/deployments`]: {json: []},
      [`GET ${M}/queue`]: {json: {queue: []}},
    },
    stdout: 'ID  MEM  CPUS  TASKS  HEALTH  DEPLOYMENT  WAITING  CONTAINER  CMD  ROLE\n',
  },
  {
    title: 'what comes from the cluster cannot move the cursor',
    words: 'marathon app list',
    script: {
      ...APPS,
      [`GET ${M}/apps`]: {json: {apps: [{id: '/a', cmd: 'a\u001B[2J\nb\u0007', deployments: []}]}},
    },
    stdout: /a \[2J b/,
  },
  {
    title: 'deployment list prints a table',
    words: 'marathon deployment list',
    script: APPS,
    stdout: [
      'APP           POD  ACTION                    PROGRESS  ID',
      '/web, /other  -    scale /web, stop /other   1/3       d1',
      '/web          -    restart (paused)          0/1       d2',
      '',
    ]
      .join('\n')
      .replaceAll('   1/3', '  1/3')
      .replaceAll('          0/1', '         0/1')
      .replace('ACTION                    P', 'ACTION                   P'),
  },
  {
    title: 'deployment list can be of one app',
    words: 'marathon deployment list -q other',
    script: APPS,
    stdout: 'd1\n',
  },
  {
    title: 'deployment list fails where there is none',
    words: 'marathon deployment list nope',
    script: APPS,
    code: 1,
    stderr: "Error: There are no deployments for 'nope'\n",
  },
  {
    title: 'deployment list --json of none is an empty list',
    words: 'marathon deployment list --json nope',
    script: APPS,
    stdout: '[]\n',
  },
  {
    title: 'deployment rollback prints what comes of it',
    words: 'marathon deployment rollback d1',
    script: {[`DELETE ${M}/deployments/d1`]: CHANGED},
    asks: [`DELETE ${M}/deployments/d1`],
    stdout: /"deploymentId": "d1"/,
  },
  {
    title: 'deployment rollback says that there is no such deployment',
    words: 'marathon deployment rollback x',
    code: 1,
    stderr: 'Error: DeploymentPlan x does not exist\n',
  },
  {
    title: 'deployment stop ends it by force, and is silent',
    words: 'marathon deployment stop d1',
    script: {[`DELETE ${M}/deployments/d1`]: {status: 202}},
    asks: [`DELETE ${M}/deployments/d1?force=true`],
    stdout: '',
  },
  {
    title: 'deployment resume lets one go on',
    words: 'marathon deployment resume d1',
    script: {[`POST ${M}/deployments/d1/resume`]: {status: 202}},
    asks: [`POST ${M}/deployments/d1/resume`],
  },
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

// Groups, and what else there is of Marathon.

const GROUPS: Script = {
  [`GET ${M}/groups`]: {
    json: {
      id: '/',
      apps: [],
      groups: [
        {
          id: '/shop',
          apps: [{id: '/shop/web'}],
          groups: [{id: '/shop/db', apps: [{id: '/shop/db/x'}, {id: '/shop/db/y'}], groups: []}],
          enforceRole: true,
        },
      ],
    },
  },
  [`GET ${M}/groups/shop`]: {json: {id: '/shop'}},
  [`PUT ${M}/groups/shop`]: CHANGED,
  [`POST ${M}/groups`]: {status: 201, ...CHANGED},
};

table([
  {
    title: 'group list counts the apps in and below each group',
    words: 'marathon group list',
    script: GROUPS,
    stdout: 'ID        APPS  ENFORCE_ROLE\n/shop     3     true\n/shop/db  2     false\n',
  },
  {
    title: 'group add names the deployment',
    words: 'marathon group add',
    terms: {stdin: '{"id": "/new", "apps": []}'},
    script: GROUPS,
    body: {id: '/new', apps: []},
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'group add refuses a group that is there',
    words: 'marathon group add',
    terms: {stdin: '{"id": "shop"}'},
    script: GROUPS,
    code: 1,
    stderr: /^Error: Group '\/shop' already exists\n/,
  },
  {
    title: 'group update reads from standard input',
    words: 'marathon group update shop',
    terms: {stdin: '{"apps": []}'},
    script: GROUPS,
    body: {apps: []},
    stdout: 'Created deployment d1\n',
  },
  {
    title: 'group update says that a group is not there',
    words: 'marathon group update nope x=1',
    script: GROUPS,
    code: 1,
    stderr: "Error: Group '/nope' does not exist\n",
  },
  {
    title: 'group scale multiplies',
    words: 'marathon group scale --force shop 1.5',
    script: GROUPS,
    asks: [`GET ${M}/groups/shop`, `PUT ${M}/groups/shop?force=true`],
    body: {scaleBy: 1.5},
  },
  {
    title: 'group scale refuses what is no number',
    words: 'marathon group scale shop two',
    code: 1,
    stderr: "Error: Error parsing string as float: 'two'\n",
  },
  {
    title: 'group scale refuses a factor below 0',
    words: 'marathon group scale shop -2.0',
    code: 1,
    stderr: 'Error: the scale factor must be > 0: -2.0\n',
  },
  {
    title: 'group remove is silent',
    words: 'marathon group remove shop',
    script: {[`DELETE ${M}/groups/shop`]: CHANGED},
    stdout: '',
  },
  {
    title: 'delay reset says what it did',
    words: 'marathon delay reset a',
    script: {[`DELETE ${M}/queue/a/delay`]: {status: 204}},
    stdout: 'Delay on [/a] has been reset\n',
  },
  {
    title: 'leader show tells host, address and port',
    words: 'marathon leader show',
    script: {[`GET ${M}/leader`]: {json: {leader: '10.0.0.1:8080'}}},
    stdout: 'HOST      IP        PORT\n10.0.0.1  10.0.0.1  8080\n',
  },
  {
    title: 'leader delete prints what the leader says',
    words: 'marathon leader delete',
    script: {[`DELETE ${M}/leader`]: {json: {message: 'Leadership abdicated'}}},
    stdout: 'Leadership abdicated\n',
  },
  {
    title: 'plugin list is a table',
    words: 'marathon plugin list',
    script: {
      [`GET ${M}/plugins`]: {json: {plugins: [{id: 'p', implementation: 'I', plugin: 'P'}]}},
    },
    stdout: 'ID  IMPLEMENTATION  PLUGIN\np   I               P\n',
  },
  {
    title: 'ping asks once for each master',
    words: 'marathon ping',
    script: {
      'GET /mesos_dns/v1/hosts/master.mesos': {
        json: [
          {host: 'master.mesos', ip: '10.0.0.1'},
          {host: 'master.mesos', ip: '10.0.0.2'},
        ],
      },
      'GET /service/marathon/ping': {json: 'pong'},
    },
    asks: [
      'GET /mesos_dns/v1/hosts/master.mesos',
      'GET /service/marathon/ping',
      'GET /service/marathon/ping',
    ],
    stdout: 'Marathon ping response[2x]: "pong"\n',
  },
  {
    title: 'ping --once asks once',
    words: 'marathon ping --once',
    script: {'GET /service/marathon/ping': {json: 'pong'}},
    asks: ['GET /service/marathon/ping'],
    stdout: 'Marathon ping response[1x]: "pong"\n',
  },
  {
    title: 'about prints what Marathon says of itself',
    words: 'marathon about',
    script: {[`GET ${M}/info`]: {json: {name: 'marathon'}}},
    stdout: '{\n    "name": "marathon"\n}\n',
  },
  {
    title: 'pods are told not to be there',
    words: 'marathon pod list --json',
    code: 1,
    asks: [],
    stderr: /^Error: This command is not supported by your version of Marathon\n/,
  },
]);

// Debug.

const row = (reason: string, declined: number, processed: number): object => ({
  reason,
  declined,
  processed,
});
const OFFERS = [
  {
    offer: {
      hostname: 'h1',
      resources: [
        {name: 'cpus', scalar: 1},
        {name: 'cpus', scalar: 0.5, role: 'x'},
        {name: 'mem', scalar: 64},
      ],
    },
    reason: ['InsufficientCpus', 'InsufficientMemory'],
    timestamp: '2020-01-01T00:00:05.000Z',
  },
  {
    offer: {hostname: 'h2', resources: [{name: 'cpus', scalar: 8}]},
    reason: ['UnfulfilledConstraint'],
    timestamp: '2020-01-01T00:00:06.000Z',
  },
];
const WAITING: Script = {
  [`GET ${M}/queue`]: {
    json: {
      queue: [
        {
          count: 2,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 0, overdue: true},
          processedOffersSummary: {
            processedOffersCount: 9,
            unusedOffersCount: 8,
            lastUnusedOfferAt: '2020-01-01T00:00:06.000Z',
            rejectSummaryLastOffers: [
              row('UnfulfilledRole', 0, 2),
              row('UnfulfilledConstraint', 1, 2),
              row('NoCorrespondingReservationFound', 0, 1),
              row('AgentMaintenance', 0, 1),
              row('InsufficientCpus', 1, 1),
              row('InsufficientMemory', 0, 0),
              row('InsufficientDisk', 0, 0),
              row('InsufficientGpus', 0, 0),
              row('InsufficientPorts', 0, 0),
              row('DeclinedScarceResources', 0, 0),
            ],
          },
          lastUnusedOffers: OFFERS,
          app: {
            id: '/big',
            cpus: 4,
            mem: 512,
            disk: 0,
            role: '*',
            constraints: [['hostname', 'UNIQUE']],
            portDefinitions: [{port: 10000}],
          },
        },
        {
          count: 1,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 17, overdue: false},
          processedOffersSummary: {processedOffersCount: 0, unusedOffersCount: 0},
          app: {id: '/crashing', cpus: 1, mem: 1},
        },
        {
          count: 3,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 0, overdue: true},
          processedOffersSummary: {processedOffersCount: 0, unusedOffersCount: 0},
          app: {id: '/huge', cpus: 64, mem: 1},
        },
      ],
    },
  },
  [`GET ${M}/deployments`]: {
    json: [
      {
        id: 'd1',
        affectedApps: ['/big', '/later'],
        currentActions: [{action: 'ScaleApplication', app: '/big'}],
        currentStep: 1,
        totalSteps: 2,
      },
      {
        id: 'd2',
        affectedApps: ['/held'],
        currentActions: [],
        currentStep: 1,
        totalSteps: 2,
        state: 'paused',
        reason: 'Paused by request',
      },
    ],
  },
  [`GET ${M}/apps`]: {
    json: {
      apps: [
        {id: '/big', instances: 3, tasksRunning: 1},
        {
          id: '/crashing',
          instances: 1,
          lastTaskFailure: {
            state: 'TASK_FAILED',
            message: 'exit 1',
            host: 'h1',
            timestamp: '2020-01-01T00:00:04.000Z',
          },
        },
        {id: '/huge', instances: 3},
        {id: '/later', instances: 1},
        {id: '/held', instances: 1},
        {id: '/fine', instances: 1, tasksRunning: 1},
        {id: '/stopped', instances: 0},
      ],
    },
  },
  'GET /mesos/master/slaves': {
    json: {
      slaves: [
        {
          id: 'S1',
          active: true,
          resources: {cpus: 8, mem: 1024},
          used_resources: {cpus: 7, mem: 512},
        },
        {id: 'S2', active: true, resources: {cpus: 4, mem: 2048}, used_resources: {}},
      ],
    },
  },
};

table([
  {
    title: 'debug list tells what waits',
    words: 'marathon debug list',
    script: WAITING,
    stdout: beside([
      [
        'ID         SINCE                     INSTANCES TO LAUNCH  W',
        'AITING  PROCESSED OFFERS  UNUSED OFFERS  LAST UNUSED OFFER         LAST USED OFFER',
      ],
      [
        '/big       2020-01-01T00:00:00.000Z  2                    t',
        'rue     9                 8              2020-01-01T00:00:06.000Z  ---',
      ],
      [
        '/crashing  2020-01-01T00:00:00.000Z  1                    f',
        'alse    0                 0              ---                       ---',
      ],
      [
        '/huge      2020-01-01T00:00:00.000Z  3                    t',
        'rue     0                 0              ---                       ---',
      ],
    ]),
  },
  {
    title: 'debug summary counts an offer only where it got so far',
    words: 'marathon debug summary big',
    script: WAITING,
    asks: [`GET ${M}/queue?embed=lastUnusedOffers`],
    stdout: [
      'RESOURCE     REQUESTED             MATCHED  PERCENTAGE',
      'ROLE         [*]                   2 / 2    100.00%',
      'CONSTRAINTS  [[hostname, UNIQUE]]  1 / 2    50.00%',
      'CPUS         4                     0 / 1    0.00%',
      'MEM          512                   0 / 0    ---',
      'DISK         0                     0 / 0    ---',
      'PORTS        [0]                   0 / 0    ---',
      '',
    ].join('\n'),
  },
  {
    title: 'debug details shows what was wrong with each offer',
    words: 'marathon debug details /big',
    script: WAITING,
    stdout: [
      'HOSTNAME  ROLE  CONSTRAINTS  CPUS  MEM  DISK  PORTS  SCARCE  RECEIVED',
      'h1        ok    ok           -     -    ok    ok     ok      2020-01-01T00:00:05.000Z',
      'h2        ok    -            ok    ok   ok    ok     ok      2020-01-01T00:00:06.000Z',
      '',
    ].join('\n'),
  },
  {
    title: 'debug details of an app that does not wait tells which do',
    words: 'marathon debug details fine',
    script: WAITING,
    code: 1,
    stderr:
      "Error: couldn't find app /fine in Marathon queue\nWhat waits: /big, /crashing, /huge\n",
  },
  {
    title: 'debug why tells in words what each app waits for',
    words: 'marathon debug why',
    script: WAITING,
    stdout: [
      '/big',
      '  2 instances wait since 2020-01-01T00:00:00.000Z; 9 offers were looked at.',
      '  Of the last offers of 2 agents:',
      '    1 broke a constraint (hostname UNIQUE)',
      '    1 had too few cpus (4 wanted, the most that one had is 8)',
      '  Deployment d1 is at step 1 of 2, and works on it: 1 of 3 instances run.',
      '/crashing',
      '  1 instance waits since 2020-01-01T00:00:00.000Z, in back-off for 17 s more because ' +
        'tasks have ended by themselves (to end it: dcos marathon delay reset /crashing).',
      '  Its last task ended with TASK_FAILED on h1 at 2020-01-01T00:00:04.000Z: exit 1',
      '/held',
      '  Deployment d2 is at step 1 of 2 and is held: paused (Paused by request). ' +
        'To go on: dcos marathon deployment resume d2',
      '/huge',
      '  3 instances wait since 2020-01-01T00:00:00.000Z; no offer has come since.',
      '  No agent is large enough: an instance wants cpus 64, mem 1; ' +
        'the most that any has is cpus 8, mem 2048.',
      '/later',
      '  Deployment d1 is at step 1 of 2, which is about /big: its turn has not come.',
      '',
    ].join('\n'),
  },
  {
    title: 'debug why tells of an app that waits for nothing, too',
    words: 'marathon debug why fine',
    script: WAITING,
    stdout: '/fine\n  It waits for nothing: 1 of 1 instances run.\n',
  },
  {
    title: 'debug why --json lists the reasons',
    words: 'marathon debug why stopped --json',
    script: WAITING,
    stdout:
      /"id": "\/stopped",\n\s+"reasons": \[\n\s+"It is stopped: it is to have no instances\."/,
  },
]);

// Jobs.

const JOB = {id: 'a.b', run: {cmd: 'x', cpus: 1, mem: 32}};
const SCHEDULE = {id: 'nightly', cron: '0 2 * * *'};
const NO_JOB = {status: 404, json: {message: 'Job not found'}};
const RUN = {id: 'r1', jobId: 'a.b', createdAt: '2026-01-01T00:00:00.000+0000'};

table([
  {
    title: 'job add adds the job, says that it needs no disk, and then its schedule',
    words: 'job add job.json',
    files: {'job.json': JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {
      [`POST ${J}/jobs`]: (asked) => {
        const {run} = asked.body as {run: object};
        return {...(asked.body as object), run, isJob: true};
      },
      [`POST ${J}/jobs/a.b/schedules`]: {status: 201, json: SCHEDULE},
    },
    asks: [`POST ${J}/jobs`, `POST ${J}/jobs/a.b/schedules`],
    body: SCHEDULE,
    stdout: '',
  },
  {
    title: 'job add sends the job without its schedule',
    words: 'job add --json',
    terms: {stdin: JSON.stringify({...JOB, schedules: []})},
    script: {[`POST ${J}/jobs`]: {status: 201, json: {id: 'a.b'}}},
    body: {...JOB, run: {...JOB.run, disk: 0}},
    stdout: '{\n    "id": "a.b"\n}\n',
  },
  {
    title: 'job add tells that the job was added though its schedule was not',
    words: 'job add',
    terms: {stdin: JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {
      [`POST ${J}/jobs`]: {status: 201, json: JOB},
      [`POST ${J}/jobs/a.b/schedules`]: {
        status: 422,
        json: {message: 'Object is not valid', details: [{path: '/cron', errors: ['bad']}]},
      },
    },
    code: 1,
    stderr:
      'Error: job "a.b" was added, but not its schedule: Object is not valid\n  /cron: bad\n' +
      'When it is mended: dcos job schedule add a.b FILE\n',
  },
  {
    title: 'job add wants an id',
    words: 'job add',
    terms: {stdin: '{}'},
    code: 1,
    stderr: /^Error: jobs JSON requires an ID\n/,
  },
  {
    title: 'job add tells that there is one already',
    words: 'job add',
    terms: {stdin: JSON.stringify(JOB)},
    script: {[`POST ${J}/jobs`]: {status: 409, json: {message: 'Job with this id already exists'}}},
    code: 1,
    stderr: 'Error: Job with this id already exists\n',
  },
  {
    title: 'job list tells what runs and how it ended last',
    words: 'job list',
    script: {
      [`GET ${J}/jobs`]: {
        json: [
          {
            id: 'c',
            schedules: [SCHEDULE],
            historySummary: {
              lastSuccessAt: '2026-01-01T00:00:00.000+0000',
              lastFailureAt: '2026-01-02T00:00:00.000+0000',
            },
          },
          {id: 'a', activeRuns: [RUN], historySummary: {lastSuccessAt: null, lastFailureAt: null}},
          {id: 'b', schedules: [], historySummary: {lastSuccessAt: '2026-01-01T00:00:00.000+0000'}},
        ],
      },
    },
    asks: [`GET ${J}/jobs?embed=activeRuns&embed=schedules&embed=historySummary`],
    stdout:
      'ID  STATUS       LAST RUN\na   Running      N/A\n' +
      'b   Unscheduled  Success\nc   Scheduled    Failed\n',
  },
  {
    title: 'job show prints the job',
    words: 'job show a.b',
    script: {[`GET ${J}/jobs/a.b`]: {json: JOB}},
    stdout: /"id": "a\.b"/,
  },
  {
    title: 'job show says that a job is not there',
    words: 'job show a.b',
    script: {[`GET ${J}/jobs/a.b`]: NO_JOB},
    code: 1,
    stderr: 'Error: job "a.b" does not exist\n',
  },
  ...['job show runs a.b', 'job show-runs a.b'].map((words): Case => ({
    title: `${words} lists what runs`,
    words,
    script: {[`GET ${J}/jobs/a.b/runs`]: {json: [RUN]}},
    stdout: 'TASK ID  JOB ID  STARTED AT\nr1       a.b     2026-01-01T00:00:00.000+0000\n',
  })),
  {
    title: 'job show runs --run-id shows one run',
    words: 'job show runs --run-id r1 --json a.b',
    script: {[`GET ${J}/jobs/a.b/runs/r1`]: {json: RUN}},
    stdout: /"id": "r1"/,
  },
  {
    title: 'job run prints the id of the run',
    words: 'job run a.b',
    script: {[`POST ${J}/jobs/a.b/runs`]: {status: 201, json: RUN}},
    stdout: 'r1\n',
  },
  {
    title: 'job kill ends one run',
    words: 'job kill a.b r1',
    script: {[`POST ${J}/jobs/a.b/runs/r1/actions/stop`]: {json: RUN}},
    stdout: '',
    stderr: "Run 'r1' of job 'a.b' killed.\n",
  },
  {
    title: 'job kill --all ends all runs',
    words: 'job kill --all a.b',
    script: {
      [`GET ${J}/jobs/a.b/runs`]: {json: [RUN, {...RUN, id: 'r2'}]},
      [`POST ${J}/jobs/a.b/runs/r1/actions/stop`]: {json: RUN},
      [`POST ${J}/jobs/a.b/runs/r2/actions/stop`]: {json: RUN},
    },
    stderr: "Run 'r1' of job 'a.b' killed.\nRun 'r2' of job 'a.b' killed.\n",
  },
  {
    title: 'job kill wants to know which',
    words: 'job kill a.b',
    code: 1,
    stderr: 'Error: run-id must be specified or --all option must be set\n',
  },
  {
    title: 'job kill says that a run is not there',
    words: 'job kill a.b r9',
    code: 1,
    stderr: 'Error: job "a.b" or run "r9" does not exist\n',
  },
  {
    title: 'job update sends the job without its schedule',
    words: 'job update job.json',
    files: {'job.json': JSON.stringify({...JOB, schedules: [SCHEDULE]})},
    script: {[`PUT ${J}/jobs/a.b`]: {json: JOB}},
    asks: [`PUT ${J}/jobs/a.b`],
    body: {...JOB, run: {...JOB.run, disk: 0}},
  },
  {
    title: 'job remove is silent',
    words: 'job remove --stop-current-job-runs a.b',
    script: {[`DELETE ${J}/jobs/a.b`]: {json: JOB}},
    asks: [`DELETE ${J}/jobs/a.b?stopCurrentJobRuns=true`],
    stdout: '',
  },
  {
    title: 'job remove tells that the job runs, and what to do',
    words: 'job remove a.b',
    script: {
      [`DELETE ${J}/jobs/a.b`]: {status: 409, json: {message: 'There are active job runs. …'}},
    },
    code: 1,
    stderr: /^Error: job "a\.b" is running\n.*--stop-current-job-runs a\.b\n$/,
  },
  {
    title: 'job remove tells that others depend on the job',
    words: 'job remove a.b',
    script: {
      [`DELETE ${J}/jobs/a.b`]: {
        status: 409,
        json: {message: 'There are jobs that depend on this job: c'},
      },
    },
    code: 1,
    stderr: 'Error: There are jobs that depend on this job: c\n',
  },
  {
    title: 'job queue lists what waits',
    words: 'job queue',
    script: {[`GET ${J}/queue`]: {json: [{jobId: 'a', runs: [{runId: 'r1'}, {runId: 'r2'}]}]}},
    stdout: 'JOB ID  RUN ID\na       r1\na       r2\n',
  },
  {
    title: 'job history counts, and lists the latest first',
    words: 'job history a.b',
    script: {
      [`GET ${J}/jobs/a.b`]: {
        json: {
          ...JOB,
          history: {
            successCount: 2,
            failureCount: 1,
            lastSuccessAt: 'T2',
            lastFailureAt: 'T3',
            successfulFinishedRuns: [
              {id: 'r2', createdAt: 'T1', finishedAt: 'T2'},
              {id: 'r1', createdAt: 'T0', finishedAt: 'T1'},
            ],
            failedFinishedRuns: [{id: 'r3', createdAt: 'T2', finishedAt: 'T3'}],
          },
        },
      },
    },
    asks: [`GET ${J}/jobs/a.b?embed=activeRuns&embed=schedules&embed=history`],
    stdout:
      '"a.b"  Successful runs: 2 Last Success: T2\n' +
      'RUN ID  STARTED  FINISHED\nr2      T1       T2\nr1      T0       T1\n',
  },
  {
    title: 'job history --failures --last --quiet prints the id of the latest failure',
    words: 'job history a.b -f -l -q',
    script: {
      [`GET ${J}/jobs/a.b`]: {
        json: {...JOB, history: {failedFinishedRuns: [{id: 'r3'}, {id: 'r0'}]}},
      },
    },
    stdout: 'r3\n',
  },
  {
    title: 'job schedule add sends the schedule',
    words: 'job schedule add a.b',
    terms: {stdin: JSON.stringify(SCHEDULE)},
    script: {[`POST ${J}/jobs/a.b/schedules`]: {status: 201, json: SCHEDULE}},
    body: SCHEDULE,
  },
  {
    title: 'job schedule show is a table',
    words: 'job schedule show a.b',
    script: {
      [`GET ${J}/jobs/a.b/schedules`]: {
        json: [{...SCHEDULE, enabled: true, nextRunAt: 'T', concurrencyPolicy: 'ALLOW'}],
      },
    },
    stdout:
      'ID       CRON       ENABLED  NEXT RUN  CONCURRENCY POLICY\n' +
      'nightly  0 2 * * *  True     T         ALLOW\n',
  },
  {
    title: 'job schedule update and remove name the schedule in the path',
    words: 'job schedule update a.b',
    terms: {stdin: JSON.stringify(SCHEDULE)},
    script: {[`PUT ${J}/jobs/a.b/schedules/nightly`]: {json: SCHEDULE}},
    asks: [`PUT ${J}/jobs/a.b/schedules/nightly`],
  },
  {
    title: 'job schedule remove says that it is not there',
    words: 'job schedule remove a.b x',
    code: 1,
    stderr: 'Error: job "a.b" or schedule "x" does not exist\n',
  },
]);

// Nodes, services, tasks.

const STATE = {
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
      executors: [{id: 'web.1', directory: '/work/web.1'}],
      completed_executors: [{id: 'web.0', directory: '/work/web.0'}],
    },
  ],
};

/** The files of an agent, by their path. */
function filesOf(files: Readonly<Record<string, string>>): Script {
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

const LINES = Array.from({length: 30}, (_, at) => `line ${at + 1}\n`).join('');

table([
  ...['node', 'node list'].map((words): Case => ({
    title: `dcos ${words} lists agents and masters`,
    words,
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: [
      'HOSTNAME  IP         PUBLIC IP(S)  ID        TYPE             STATUS       REGION  ZONE',
      'h1        10.0.0.11                S1        agent (public)   ACTIVE       eu      a',
      'h2        10.0.0.12                S2        agent            DRAINING     N/A     N/A',
      'h3        10.0.0.13                S3        agent            DEACTIVATED  N/A     N/A',
      'm1        10.0.0.1                 master-1  master (leader)               N/A     N/A',
      '',
    ].join('\n'),
  })),
  {
    title: 'node list --field adds columns',
    words: 'node list --field attributes.rack --field resources.cpus --mesos-id S1',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: /ATTRIBUTES\.RACK  RESOURCES\.CPUS\n.* r1 +8\n$/,
  },
  {
    title: 'node list tells leader and standbys apart where it knows all masters',
    words: 'node list --json',
    script: {
      'GET /mesos/master/state': {json: STATE},
      'GET /mesos_dns/v1/hosts/master.mesos': {
        json: [
          {host: 'master.mesos.', ip: '10.0.0.1'},
          {host: 'master.mesos.', ip: '10.0.0.2'},
        ],
      },
    },
    stdout: /"type": "master \(leader\)"[^]*"ip": "10\.0\.0\.2",\n\s+"type": "master \(standby\)"/,
  },
  {
    title: 'node log wants to know of whom',
    words: 'node log',
    code: 1,
    stderr: "Error: '--leader' or '<mesos-id>' must be provided\n",
  },
  {
    title: 'node log --leader prints the last lines',
    words: 'node log --leader --lines=2',
    script: filesOf({'/master/log': LINES}),
    stdout: 'line 29\nline 30\n',
  },
  {
    title: 'node log says that an agent keeps no log file',
    words: 'node log S1',
    script: filesOf({}),
    code: 1,
    stderr: /^Error: Agent 'S1' keeps no log file\.\n.*; started with --log-file it keeps/,
  },
  {
    title: 'node ssh is told not to be there',
    words: 'node ssh --leader',
    code: 1,
    asks: [],
    stderr: /^Error: 'dcos node ssh' is not part of Drydock\.\n/,
  },
  {
    title: 'service list shows the frameworks that are active',
    words: 'service',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout:
      'NAME      HOST  ACTIVE  TASKS  CPU  MEM   DISK  ID\n' +
      'marathon  m1    True    2      2.0  64.3  0.0   F1\n',
  },
  {
    title: 'service list can show all',
    words: 'service list --inactive --completed -q',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: 'F2\nF0\nF1\n',
  },
  {
    title: 'service shutdown asks first',
    words: 'service shutdown F2',
    terms: {stdin: 'no\n'},
    code: 1,
    asks: [],
    stderr:
      /^Do you really want to teardown F2 with all its tasks\? \[yes\/no\] \nError: Nothing was/,
  },
  {
    title: 'service shutdown --yes tears it down',
    words: 'service shutdown --yes F2',
    script: {'POST /mesos/master/teardown': {status: 200}},
    body: 'frameworkId=F2',
    asks: ['POST /mesos/master/teardown'],
  },
  {
    title: 'service log of a part of the master leads to where that logs',
    words: 'service log marathon',
    code: 1,
    stderr: /^Error: marathon is a part of the master\.\n/,
  },
  {
    title: 'service log says that no app runs such a scheduler',
    words: 'service log kafka',
    script: {[`GET ${M}/apps`]: {json: {apps: []}}},
    code: 1,
    stderr: 'Error: no marathon apps found for service name [kafka]\n',
  },
  {
    title: 'task list shows what has not ended',
    words: 'task',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: [
      'NAME  HOST  USER  STATE    ID     AGENT ID  REGION  ZONE',
      'db    h2    db    STAGING  db.1   S2        ---     ---',
      'web   h1    root  RUNNING  web.1  S1        eu      a',
      '',
    ].join('\n'),
  },
  {
    title: 'task list --completed shows what has ended',
    words: 'task list --completed -q',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: 'web.0\n',
  },
  {
    title: 'task list takes the id of an app, whole',
    words: 'task list --all /shop/web -q',
    script: {
      'GET /mesos/master/state': {
        json: {
          frameworks: [
            {
              id: 'F1',
              tasks: ['shop_web.1', 'shop_web2.1', 'a.shop_web.1', 'shop_web_x.1'].map((id) => {
                return {id, name: 'web', state: 'TASK_RUNNING', slave_id: 'S1'};
              }),
            },
          ],
        },
      },
    },
    stdout: 'shop_web.1\n',
  },
  {
    title: 'task list takes a pattern',
    words: 'task list --all web.[0-1] --quiet',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: 'web.0\nweb.1\n',
  },
  {
    title: 'task list can be of one agent',
    words: 'task list --agent-id S2 --json',
    script: {'GET /mesos/master/state': {json: STATE}},
    stdout: /^\[\n {4}\{\n {8}"id": "db\.1"/,
  },
  {
    title: 'task log prints the last ten lines of stdout',
    words: 'task log web',
    script: filesOf({'/work/web.1/stdout': LINES}),
    stdout: LINES.split('\n').slice(20).join('\n'),
  },
  {
    title: 'task log prints another file, and as many lines as are wanted',
    words: 'task log --lines=1 web.1 stderr',
    script: filesOf({'/work/web.1/stderr': 'one\ntwo, without an end'}),
    stdout: 'two, without an end',
  },
  {
    title: 'task log heads each of several tasks',
    words: 'task log --all --lines=1 web',
    script: filesOf({'/work/web.1/stdout': 'new\n', '/work/web.0/stdout': 'old\n'}),
    stdout: '===> web.0:stdout <===\nold\n===> web.1:stdout <===\nnew\n',
  },
  {
    title: 'task log reads what a task wrote that has ended, if none runs',
    words: 'task log web.0',
    script: filesOf({'/work/web.0/stdout': 'old\n'}),
    stdout: 'old\n',
  },
  {
    title: 'task log says that nobody has such a file',
    words: 'task log web nope',
    script: filesOf({}),
    code: 1,
    stderr: /^Error: No files exist\. Exiting\.\n/,
  },
  {
    title: 'task log says that no task is meant',
    words: 'task log nope',
    script: {'GET /mesos/master/state': {json: STATE}},
    code: 1,
    stderr: /^Error: no task ID found containing 'nope'\n/,
  },
  {
    title: 'task log refuses a count that is none',
    words: 'task log --lines=bogus web',
    code: 1,
    asks: [],
    stderr: /^Error: --lines: expected a whole number/,
  },
  {
    title: 'task ls lists the sandbox',
    words: 'task ls web',
    script: {
      ...filesOf({}),
      'GET /agent/S1/files/browse?path=%2Fwork%2Fweb.1': {
        json: [
          {path: '/work/web.1/stderr', mode: '-rw-r--r--', size: 0},
          {path: '/work/web.1/stdout', mode: '-rw-r--r--', size: 5},
        ],
      },
    },
    stdout: 'stderr  stdout\n',
  },
  {
    title: 'task ls --long lists sizes and times',
    words: 'task ls --long web logs',
    script: {
      ...filesOf({}),
      'GET /agent/S1/files/browse?path=%2Fwork%2Fweb.1%2Flogs': {
        json: [
          {path: '/a/x', mode: '-rw-r--r--', nlink: 1, uid: '0', gid: '0', size: 12, mtime: 0},
        ],
      },
    },
    stdout:
      'MODE        LINKS  UID  GID  SIZE  DATE                  NAME\n' +
      '-rw-r--r--      1  0    0      12  1970-01-01T00:00:00Z  x\n',
  },
  {
    title: 'task ls says that there is no such folder',
    words: 'task ls web nope',
    script: filesOf({}),
    code: 1,
    stderr: "Error: cannot access 'nope': no such file or directory\n",
  },
  {
    title: 'task attach leads to what serves instead',
    words: 'task attach web',
    code: 1,
    stderr: /dcos task log --follow TASK/,
  },
  {
    title: 'task exec wants one task',
    words: 'task exec e ls',
    script: {
      'GET /mesos/master/state': {
        json: {
          frameworks: [
            {
              tasks: [
                {id: 'e1', framework_id: 'F', state: 'TASK_RUNNING'},
                {id: 'e2', framework_id: 'F', state: 'TASK_RUNNING'},
              ],
            },
          ],
        },
      },
    },
    code: 1,
    stderr: "Error: found more than one task with the same name: 'e'\n  e1\n  e2\n",
  },
]);

// Answers that are none, wrong usage, and help.

table([
  {
    title: 'a cluster that wants a token is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 401}},
    code: 1,
    stderr: 'Error: Authentication failed. Please run `dcos auth login`\n',
  },
  {
    title: 'a token that is not taken is told so',
    words: 'marathon app list -q',
    terms: {env: {DCOS_ACS_TOKEN: 'bad'}},
    script: {[`GET ${M}/apps`]: {status: 401}},
    code: 1,
    stderr: 'Error: Your core.dcos_acs_token is invalid. Please run: `dcos auth login`\n',
  },
  {
    title: 'what one may not do is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 403}},
    code: 1,
    stderr: 'Error: You are not authorized to perform this operation\n',
  },
  {
    title: 'a cluster without a leader is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 503, json: {message: 'Could not determine the leader'}}},
    code: 1,
    stderr: /cannot answer now: HTTP 503: Could not determine the leader\nPerhaps no master leads/,
  },
  {
    title: 'another failure of the cluster is told with its address',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 500}},
    code: 1,
    stderr:
      'Error: Error while fetching [URL/service/marathon/v2/apps]: ' +
      'HTTP 500: Internal Server Error\n',
  },
  {
    title: 'an answer that is no JSON is told with its type',
    words: 'marathon app list -q',
    script: {
      [`GET ${M}/apps`]: (_, response) => {
        response.writeHead(200, {'content-type': 'text/html'}).end('<p>Welcome</p>');
      },
    },
    code: 1,
    stderr: /answered text\/html, where JSON was expected\nIs core\.dcos_url right\?/,
  },
  {
    title: 'a cluster that does not answer in time is told so',
    words: 'marathon app list -q',
    terms: {env: {DCOS_TIMEOUT: '1'}},
    script: {[`GET ${M}/apps`]: () => undefined},
    code: 1,
    stderr: /^Error: Request to URL \[URL\/service\/marathon\/v2\/apps\] timed out\.\n/,
  },
  {
    title: 'an unknown command is told with the one that was meant',
    words: 'marathon app lst',
    code: 1,
    stdout: '',
    stderr: "Error: unknown command 'lst'\n(Did you mean list?)\nSee: dcos marathon app --help\n",
  },
  {
    title: 'an unknown group is told',
    words: 'marathn',
    code: 1,
    stderr: "Error: unknown command 'marathn'\n(Did you mean marathon?)\nSee: dcos --help\n",
  },
  {
    title: 'an unknown option is told',
    words: 'marathon app list --jsn',
    code: 1,
    stderr:
      /^Error: unknown option '--jsn'\n\(Did you mean --json\?\)\nSee: dcos marathon app list/,
  },
  {
    title: 'a missing argument is told',
    words: 'marathon app show',
    code: 1,
    stderr: "Error: missing required argument 'app-id'\nSee: dcos marathon app show --help\n",
  },
  {
    title: 'too many arguments are told',
    words: 'marathon app show a b',
    code: 1,
    stderr: /^Error: too many arguments/,
  },
  {
    title: 'a group without a command shows its help, and fails',
    words: 'marathon',
    code: 1,
    stdout: '',
    stderr: /^Usage: dcos marathon /,
  },
  {title: 'dcos alone shows its help', words: '', stdout: /^Usage: dcos /, stderr: ''},
  {title: 'dcos help is the help', words: 'help', stdout: /\n {2}marathon +Run services/},
  {
    title: 'dcos help names a command by all its words',
    words: 'help marathon app add',
    stdout: /^Usage: dcos marathon app add \[options\] \[app-resource\]\n/,
  },
  {
    title: '--info is the one line of a group',
    words: 'job --info',
    stdout: 'Run jobs that end: now, or on a schedule.\n',
  },
  {
    title: '--version of a group is that of the command',
    words: 'marathon --version',
    asks: [],
    stdout: /^dcos-marathon version \d+\.\d+\.\d+\n$/,
  },
  {
    title: 'an unknown log level is told with those that there are',
    words: '--log-level=loud marathon app list',
    code: 1,
    asks: [],
    stderr:
      "Error: Log level set to an unknown value 'loud'. Valid values are " +
      '[debug, info, warning, error, critical]\n',
  },
  {
    title: 'a dashboard to open is not there',
    words: 'cluster open',
    code: 1,
    asks: [],
    stderr: /^Error: 'dcos cluster open' is not part of Drydock\.\n/,
  },
  {
    title: 'config keys --json lists the keys',
    words: 'config keys --json',
    stdout: /"name": "core\.dcos_url",\n +"environment": "DCOS_URL",/,
  },
  {
    title: 'groups of DC/OS that are not there say so',
    words: 'package install jenkins --yes',
    code: 1,
    asks: [],
    stderr: /^Error: 'dcos package' is not part of Drydock\.\n/,
  },
  {
    title: '--version asks the cluster for its version',
    words: '--version',
    script: {
      'GET /dcos-metadata/dcos-version.json': {
        json: {
          version: '2.1.0',
          'dcos-image-commit': 'c',
          'bootstrap-id': 'b',
          'dcos-variant': 'open',
        },
      },
    },
    stdout:
      /^dcoscli\.version=\d\S+\n\S+=2\.1\.0\n\S+=open\ndcos\.commit=c\ndcos\.bootstrap-id=b\n$/,
  },
  {
    title: 'versions of a cluster that does not answer are N/A',
    words: '--version',
    stdout: /\ndcos\.version=N\/A\n[^]*dcos\.bootstrap-id=N\/A\n$/,
  },
  {
    title: '-v tells which requests are made, on stderr',
    words: '-v marathon app list -q',
    script: APPS,
    stdout: '/a\n/web\n',
    stderr: '> GET URL/service/marathon/v2/apps\n< 200 OK (URL/service/marathon/v2/apps)\n',
  },
  {
    title: '-vv tells all of them, but no token',
    words: '-vv marathon task kill t1',
    terms: {env: {DCOS_ACS_TOKEN: 'secret'}},
    script: {[`POST ${M}/tasks/delete`]: {json: {tasks: [{id: 't1'}]}}},
    stderr: /^(?![^]*secret)> POST [^]*\n> authorization: \*{8}\n[^]*\n> \{"ids":\["t1"\]\}\n/,
  },
  {
    title: 'old options for the same still work, with a word on them',
    words: '--log-level=debug marathon app list -q',
    script: {[`GET ${M}/apps`]: {json: {apps: []}}},
    stderr: /^The --log-level flag is deprecated\. [^]*\n< \{"apps":\[\]\}\n$/,
  },
]);

test('every command has a help of its own, with an example that begins as it does', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const seen: string[] = [];
  const visit = async (words: readonly string[]): Promise<void> => {
    const {code, stdout} = await home.run([...words, '--help']);
    t.is(code, 0, words.join(' '));
    seen.push(words.join(' '));
    const [, list = ''] = /\nCommands:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name);
    const isLeaf = names.length === 0;
    if (isLeaf) t.regex(stdout, new RegExp(`\\nExamples?:\\n[^]*dcos ${words.join(' ')}\\b`));
    // Examples are whole lines, as one would type them.
    for (const line of stdout.split('\n'))
      t.true(line.length <= 80 || /^ {2}dcos|^ {2}echo/.test(line), line);
    for (const name of names) await visit([...words, name]);
  };
  await visit([]);
  t.true(seen.length > 60, `${seen.length}`);
  for (const one of [
    'marathon app version list',
    'job schedule add',
    'task exec',
    'cluster setup',
  ]) {
    t.true(seen.includes(one), one);
  }
});

test('help fits a narrow terminal: long terms have a line of their own', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const {stdout} = await home.run(['marathon', 'app', '--help'], {columns: 50});
  const [, list = ''] = /\nCommands:\n([^]*?)$/.exec(stdout) ?? [];
  t.true(
    list.startsWith('  add [options] [app-resource]\n                         Add an app.\n'),
    list,
  );
  for (const line of list.split('\n')) t.true(line.length <= 50, line);
});

const sorted = (words: readonly (string | undefined)[]): readonly string[] =>
  words.map(String).sort((left, right) => (left < right ? -1 : 1));

test('the manual has every command with just its options, and every key', async (t) => {
  const manual = readFileSync(new URL('../docs/dcos.md', import.meta.url), 'utf8');
  const rows = manual.split('\n').filter((line) => /^\| († )?`/.test(line));
  const home = new Home();
  t.teardown(() => home.remove());
  const visit = async (words: readonly string[]): Promise<void> => {
    const name = words.join(' ');
    const {stdout} = await home.run([...words, '--help']);
    const [, list = ''] = /\nCommands:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const below = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, word = '']) => word);
    for (const word of below) await visit([...words, word]);
    // `job show` is a command and has one.
    if (below.length > 0 && name !== 'job show') return;
    const pattern = new RegExp(`\`${name}(\`| [A-Z[])`);
    const row = rows.find((line) => pattern.test(line.split('|')[1] ?? ''));
    const [, options = ''] = /\nOptions:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
    const longs = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, long]) => long);
    const told = [...(row?.split('|')[2] ?? '').matchAll(/`(--[\w-]+)`/g)].map(([, long]) => long);
    t.deepEqual(sorted([...told, '--help']), sorted(longs), name);
  };
  await visit([]);
  const {stdout: keys} = await home.run(['config', 'keys']);
  for (const [, key = ''] of keys.matchAll(/^(\w+\.\w+)/gm))
    t.true(manual.includes(`\`${key}\``), key);
});

test('a narrow terminal gets a narrow table: commands shrink, ids do not', async (t) => {
  const {stdout} = await runCase({
    title: '',
    words: 'marathon app list',
    script: APPS,
    terms: {columns: 90},
  });
  const [head = '', , web = ''] = stdout.split('\n');
  t.regex(web, /^\/web  512 .*  exec serve --…  web$/);
  t.is(head.length, 90);
});

// What goes on until it ends.

const STEPS = (step: number): object => ({
  id: 'd1',
  affectedApps: ['/a'],
  currentActions: [{action: 'ScaleApplication', app: '/a'}],
  currentStep: step,
  totalSteps: 2,
});

/** A deployment that is seen at two steps and then is over, with the news of its end. */
function deploying(event: string | undefined): Script {
  const polls = [[STEPS(1)], [STEPS(1)], [STEPS(2)], []];
  let stream: {write(text: string): void} | undefined;
  return {
    ...appOf({tasksRunning: 1, instances: 2, tasksStaged: 1}),
    [`GET ${M}/deployments`]: () => {
      const next = polls.shift() ?? [];
      if (next.length === 0 && event !== undefined) {
        const data = JSON.stringify({id: 'd1', reason: 'too many failures'});
        stream?.write(`event: ${event}\ndata: ${data}\n\n`);
      }
      return next;
    },
    [`GET ${M}/events`]: (_, response) => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.write('\r\n');
      stream = response;
      return undefined;
    },
  };
}

const WATCH_TERMS: RunTerms = {sleepMs: (ms) => Math.min(ms, 200)};

table([
  {
    title: 'deployment watch tells each change once, and that it is done',
    words: 'marathon deployment watch d1',
    script: deploying('deployment_success'),
    terms: WATCH_TERMS,
    stdout: [
      '2026-11-30T00:00:00.000Z step 1 of 2: scale;   /a 1/2 running, 1 starting',
      '2026-11-30T00:00:00.000Z step 2 of 2: scale;   /a 1/2 running, 1 starting',
      'Deployment d1 is done.',
      '',
    ].join('\n'),
  },
  {
    title: 'deployment watch says once how to find out why nothing changes',
    words: 'marathon deployment watch --max-count=5 d1',
    script: {...appOf({tasksRunning: 1}), [`GET ${M}/deployments`]: {json: [STEPS(1)]}},
    terms: {tickMs: 20_000},
    stdout: '2026-11-30T00:00:00.000Z step 1 of 2: scale;   /a 1/2 running\n',
    stderr: 'nothing has changed for a while; see why: dcos marathon debug why /a\n',
  },
  {
    title: 'deployment watch fails with the deployment',
    words: 'marathon deployment watch d1',
    script: deploying('deployment_failed'),
    terms: WATCH_TERMS,
    code: 1,
    stderr: 'Error: deployment d1 has failed: too many failures\n',
  },
  {
    title: 'deployment watch without news ends with the deployment',
    words: 'marathon deployment watch d1',
    script: deploying(undefined),
    terms: WATCH_TERMS,
    stdout: /\nDeployment d1 has ended\.\n$/,
  },
  {
    title: 'deployment watch of one that is not there is no failure',
    words: 'marathon deployment watch nope',
    script: {[`GET ${M}/deployments`]: {json: []}},
    stdout: '',
    stderr: 'Deployment nope is not under way: it has ended, or never was.\n',
  },
  {
    title: 'deployment watch looks as often as it may',
    words: 'marathon deployment watch --max-count=2 --json d1',
    script: deploying(undefined),
    terms: WATCH_TERMS,
    stdout: `${JSON.stringify(STEPS(1))}\n`,
  },
]);

test('deployment watch is drawn in its place on a terminal', async (t) => {
  const {stdout, code} = await runCase({
    title: '',
    words: 'marathon deployment watch d1',
    script: deploying('deployment_success'),
    terms: {...WATCH_TERMS, columns: 80},
  });
  t.is(code, 0);
  const frames = stdout.split('\u001B[3A\u001B[J');
  t.is(frames.length, 3);
  t.is(
    frames[2],
    'Deployment d1\n' +
      '[###############---------------] step 2 of 2: scale\n' +
      '  /a 1/2 running, 1 starting\n' +
      'Deployment d1 is done.\n',
  );
});

test('Ctrl-C ends a watch with 130 and a word on it', async (t) => {
  const {code, stderr} = await runCase({
    title: '',
    words: 'marathon deployment watch d1',
    script: deploying(undefined),
    terms: {
      ...WATCH_TERMS,
      seen: (text, stop) => {
        if (text.includes('step 1')) stop.abort('interrupted');
      },
    },
  });
  t.is(code, 130);
  t.is(stderr, 'Error: User interrupted command with Ctrl-C\n');
});

test('task log --follow goes on until the task has ended, also over a rotated file', async (t) => {
  const contents = ['a\n', 'a\nb\n', 'n\n', 'n\nlast\n'];
  let polls = 0;
  let content = contents[0] as string;
  const files = filesOf({});
  const read = (asked: Asked): unknown => {
    const offset = Number(/offset=(-?\d+)/.exec(asked.line)?.[1]);
    if (offset === -1) return {data: '', offset: content.length};
    return {data: content.slice(offset), offset};
  };
  const {stdout, code} = await runCase({
    title: '',
    words: 'task log --follow web.1',
    script: {
      ...files,
      'GET /agent/S1/files/read': read,
      'GET /mesos/master/tasks': () => {
        polls += 1;
        content = contents[Math.min(polls, contents.length - 1)] as string;
        const isOver = polls > contents.length;
        return {tasks: [{id: 'web.1', state: isOver ? 'TASK_FINISHED' : 'TASK_RUNNING'}]};
      },
    },
  });
  t.is(code, 0);
  t.is(stdout, 'a\nb\nn\nlast\n');
});

test('task log --follow is meant to end by Ctrl-C', async (t) => {
  const {code, stderr, stdout} = await runCase({
    title: '',
    words: 'task log --follow web.1',
    script: filesOf({'/work/web.1/stdout': 'a\n'}),
    terms: {
      seen: (text, stop) => {
        if (text === 'a\n') stop.abort('interrupted');
      },
    },
  });
  t.deepEqual([code, stdout, stderr], [0, 'a\n', '']);
});

test('a token is shown to its cluster only, and never where a redirect leads to', async (t) => {
  const other = await scriptedServer({'GET /elsewhere': {json: {apps: []}}});
  const {asked} = await runCase({
    title: '',
    words: 'marathon app list -q',
    terms: {env: {DCOS_ACS_TOKEN: 'secret'}},
    script: {
      [`GET ${M}/apps`]: {status: 307, headers: {location: `${other.url}/elsewhere`}},
    },
  });
  t.is(asked[0]?.headers.authorization, 'token=secret');
  t.is(other.asked.length, 1);
  t.is(other.asked[0]?.headers.authorization, undefined);
  await other.close();
});

test('nobody listens: the address is told, and what to do', async (t) => {
  const server = await scriptedServer({});
  await server.close();
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stderr} = await home.run(['node'], {env: {DCOS_URL: server.url}});
  t.is(code, 1);
  t.regex(stderr, /^Error: URL \[http:\S+\] is unreachable: connection refused\nIs the cluster/);
  t.regex(stderr, /`drydock up`.*`dcos cluster setup URL`/);
});

// As a process.

const dcos = fileURLToPath(new URL('dcos.ts', import.meta.url));

interface Process {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function spawnDcos(
  t: ExecutionContext,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  react: (child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Process> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [dcos, ...words], {
      env: {PATH: process.env['PATH'], ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({code, stdout, stderr}));
    react(child);
  });
}

test('the process says its version where no cluster was ever set up', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stdout} = await spawnDcos(t, ['--version'], {HOME: home.folder});
  t.is(code, 0);
  t.regex(stdout, /^dcoscli\.version=\d+\.\d+\.\d+\ndcos\.version=N\/A\n/);
});

test('output that cannot be written fails the process, and is told in a line', async (t) => {
  if (!existsSync('/dev/full')) {
    t.pass('this machine has no full device');
    return;
  }
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [dcos, 'config', 'keys'], {
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
  });
  closeSync(full);
  t.is(code, 1);
  t.regex(stderr, /^Error: the output cannot be written: ENOSPC[^\n]*\n$/);
});

test('the process outlives a reader that has enough, and stops to follow then', async (t) => {
  let size = 0;
  const server = await scriptedServer({
    ...filesOf({}),
    // It grows by a line whenever somebody looks.
    'GET /agent/S1/files/read': ({line}) => {
      if (line.includes('offset=-1')) size += 2;
      const offset = Number(/offset=(-?\d+)/.exec(line)?.[1]);
      return offset === -1
        ? {data: '', offset: size}
        : {data: 'x\n'.repeat((size - offset) / 2), offset};
    },
  });
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stderr} = await spawnDcos(
    t,
    ['task', 'log', '--follow', 'web.1'],
    {HOME: home.folder, DCOS_URL: server.url},
    (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  );
  t.deepEqual([code, stderr], [0, '']);
  await server.close();
});

test('the process ends by SIGINT with 130 while it waits for an answer', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  let interrupt = (): void => undefined;
  const server = await scriptedServer({[`GET ${M}/apps`]: () => interrupt()});
  const {code, stderr} = await spawnDcos(
    t,
    ['marathon', 'app', 'list'],
    {HOME: home.folder, DCOS_URL: server.url},
    (child) => {
      interrupt = () => {
        child.kill('SIGINT');
        return undefined;
      };
    },
  );
  t.is(code, 130);
  t.is(stderr, 'Error: User interrupted command with Ctrl-C\n');
  await server.close();
});
