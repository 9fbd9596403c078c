// `dcos config`: what its commands print. What is configured: `../config/config.test.ts`.
import {table} from '../testing/cases.ts';

table([
  {
    title: 'config keys --json lists the keys',
    words: 'config keys --json',
    stdout: /"name": "core\.dcos_url",\n +"environment": "DCOS_URL",/,
  },
]);
