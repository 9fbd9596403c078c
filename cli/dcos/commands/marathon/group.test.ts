// `dcos marathon group`.
import {table} from '../../testing/cases.ts';
import type {Script} from '../../testing/scripted-server.ts';
import {CHANGED, M} from '../../testing/scripts.ts';

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
]);
