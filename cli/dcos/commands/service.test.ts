// `dcos service`.
import {table, type Case} from '../testing/cases.ts';
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
    script: {'GET /mesos/master/state': {json: STATE}},
    code: 1,
    asks: ['GET /mesos/master/state'],
    stderr:
      /^Do you really want to teardown F2 with all its tasks\? \[yes\/no\] \nError: Nothing was/,
  },
  {
    title: 'service shutdown --yes tears it down',
    words: 'service shutdown --yes F2',
    script: {
      'GET /mesos/master/state': {json: STATE},
      'POST /mesos/master/teardown': {status: 200},
    },
    body: 'frameworkId=F2',
    asks: ['GET /mesos/master/state', 'POST /mesos/master/teardown'],
  },
  ...[
    ['F9', "framework 'F9' does not exist"],
    ['F0', "framework 'F0' has left already"],
  ].map(([id, problem]): Case => ({
    title: `service shutdown asks nobody about what is not there: ${problem}`,
    words: `service shutdown ${id}`,
    script: {'GET /mesos/master/state': {json: STATE}},
    code: 1,
    asks: ['GET /mesos/master/state'],
    stderr: `Error: ${problem}\nSee which there are: dcos service list --inactive\n`,
  })),
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
