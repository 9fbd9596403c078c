// `dcos config`: what its commands print. What is configured: `../config/config.test.ts`.
import {table} from '../testing/cases.ts';

table([
  {
    title: 'config keys --json lists the keys',
    words: 'config keys --json',
    stdout: /"name": "core\.dcos_url",\n +"environment": "DCOS_URL",/,
  },
  {
    title: 'config validate --json of what is right has no problems',
    words: 'config validate --json',
    stdout: '{\n    "valid": true,\n    "problems": []\n}\n',
  },
  {
    title: 'config validate --json lists the problems, and fails',
    words: 'config validate --json',
    files: {'mine.toml': '[core]\ntimeout = "soon"\n'},
    terms: {env: {DCOS_CONFIG: 'mine.toml'}},
    code: 1,
    stdout: /"valid": false,\n +"problems": \[\n +\{\n +"name": "core\.timeout",\n +"message": "/,
    stderr: /^Error: the configuration in \[\S+\] is not valid\n {2}core\.timeout: /,
  },
]);
