// `dcos task`: lists, logs and sandboxes.
import test from 'ava';
import {runCase, table} from '../testing/cases.ts';
import type {Asked} from '../testing/scripted-server.ts';
import {LINES, STATE, filesOf} from '../testing/scripts.ts';

table([
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
    script: filesOf({'/sandboxes/web.1/stdout': LINES}),
    stdout: LINES.split('\n').slice(20).join('\n'),
  },
  {
    title: 'task log prints another file, and as many lines as are wanted',
    words: 'task log --lines=1 web.1 stderr',
    script: filesOf({'/sandboxes/web.1/stderr': 'one\ntwo, without an end'}),
    stdout: 'two, without an end',
  },
  {
    title: 'task log heads each of several tasks',
    words: 'task log --all --lines=1 web',
    script: filesOf({'/sandboxes/web.1/stdout': 'new\n', '/sandboxes/web.0/stdout': 'old\n'}),
    stdout: '===> web.0:stdout <===\nold\n===> web.1:stdout <===\nnew\n',
  },
  {
    title: 'task log reads what a task wrote that has ended, if none runs',
    words: 'task log web.0',
    script: filesOf({'/sandboxes/web.0/stdout': 'old\n'}),
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
      'GET /agent/S1/files/browse?path=%2Fsandboxes%2Fweb.1': {
        json: [
          {path: '/sandboxes/web.1/stderr', mode: '-rw-r--r--', size: 0},
          {path: '/sandboxes/web.1/stdout', mode: '-rw-r--r--', size: 5},
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
      'GET /agent/S1/files/browse?path=%2Fsandboxes%2Fweb.1%2Flogs': {
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
    words: 'task log --follow web.1',
    script: filesOf({'/sandboxes/web.1/stdout': 'a\n'}),
    terms: {
      seen: (text, stop) => {
        if (text === 'a\n') stop.abort('interrupted');
      },
    },
  });
  t.deepEqual([code, stdout, stderr], [0, 'a\n', '']);
});
