// `dcos marathon`: what is neither about apps, groups, tasks nor deployments.
import {table} from '../testing/cases.ts';
import {M} from '../testing/scripts.ts';

table([
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
    title: 'ping --json tells the answer, and how often it came',
    words: 'marathon ping --once --json',
    script: {'GET /service/marathon/ping': {json: 'pong'}},
    stdout: '{\n    "response": "pong",\n    "count": 1\n}\n',
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
