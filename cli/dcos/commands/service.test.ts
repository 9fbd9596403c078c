// `dcos service`.
import {table} from '../testing/cases.ts';
import {M, STATE} from '../testing/scripts.ts';

table([
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
]);
