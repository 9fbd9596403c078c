// `dcos node`.
import {table, type Case} from '../testing/cases.ts';
import {LINES, STATE, filesOf} from '../testing/scripts.ts';

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
]);
