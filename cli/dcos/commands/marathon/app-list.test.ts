// `dcos marathon app list`, and what holds for tables of all commands.
import test from 'ava';
import {beside, runCase, table} from '../../testing/cases.ts';
import {APPS, M} from '../../testing/scripts.ts';

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
]);

test('a narrow terminal gets a narrow table: commands shrink, ids do not', async (t) => {
  const {stdout} = await runCase({
    words: 'marathon app list',
    script: APPS,
    terms: {columns: 90},
  });
  const [head = '', , web = ''] = stdout.split('\n');
  t.regex(web, /^\/web  512 .*  exec serve --…  web$/);
  t.is(head.length, 90);
});
