// `dcos marathon app`: which requests it makes, what it prints, how it ends.
import {Readable} from 'node:stream';
import {table} from '../../testing/cases.ts';
import type {Script} from '../../testing/scripted-server.ts';
import {CHANGED, M, NO_APP, appOf} from '../../testing/scripts.ts';

const LOCKED = {
  status: 409,
  json: {message: 'App is locked by one or more deployments.', deployments: [{id: 'd9'}]},
};

const APP = '{"id": "a", "cmd": "sleep 1"}';

const VERSIONS: Script = {
  [`GET ${M}/apps/a/versions`]: {json: {versions: ['v3', 'v2', 'v1']}},
  [`GET ${M}/apps/a/versions/v2`]: {json: {id: '/a', version: 'v2'}},
};

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
