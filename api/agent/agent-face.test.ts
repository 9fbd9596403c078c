/** An agent's HTTP face on real files and real sockets, as Mesos's clients use it. */
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {makeAgentFace} from './agent-face.ts';
import {encodeFrame, EXEC_PATH} from './exec-frames.ts';
import {AGENT, agentScene, framesOf, MARATHON, played, upgraded} from './testing/agent-scene.ts';

const open = {authorize: () => true};

test('the state of an agent has its task, with its sandbox as its directory', async (t) => {
  const {source, directory} = agentScene(t);
  const app = makeAgentFace(source, open);
  for (const url of ['/state', '/slave(1)/state', '/slave%281%29/state']) {
    const {statusCode, headers, body} = await app.inject({url});
    t.is(statusCode, 200, url);
    t.is(headers['content-type'], 'application/json');
    const state = JSON.parse(body);
    t.is(state.pid, 'slave(1)@127.0.0.1:5051');
    t.deepEqual(state.attributes, {rack: 'r1'});
    t.deepEqual(state.resources, {
      ...{cpus: 4, gpus: 0, mem: 8192, disk: 0},
      ports: '[31000-32000]',
    });
    const [executor] = state.frameworks[0].executors;
    t.is(executor.directory, directory);
    t.is(executor.id, 'web.1');
    t.is(executor.tasks[0].state, 'TASK_RUNNING');
    t.is(executor.tasks[0].statuses[0].container_status.container_id.value, 'web.1');
  }
  t.is((await app.inject({url: '/state.json'})).statusCode, 404);
  const script = await app.inject({url: '/state?jsonp=angular.callbacks._0'});
  t.is(script.headers['content-type'], 'text/javascript');
  t.regex(script.body, /^angular\.callbacks\._0\(\{.*\}\);$/);
  t.is((await app.inject({url: '/state?jsonp=alert(1)//'})).statusCode, 400);
});

test('all but its health is for those who may ask', async (t) => {
  const {source} = agentScene(t);
  const app = makeAgentFace(source, {authorize: ({headers}) => headers['x-proof'] === 'good'});
  const health = await app.inject({url: '/slave(1)/health'});
  t.deepEqual([health.statusCode, health.body], [200, '']);
  const refused = await app.inject({url: '/state'});
  t.deepEqual([refused.statusCode, refused.headers['www-authenticate']], [401, 'oauthjwt']);
  t.is((await app.inject({url: '/health/../state'})).statusCode, 401);
  t.is((await app.inject({url: '/state', headers: {'x-proof': 'good'}})).statusCode, 200);
});

test('files are browsed and read under each of their paths', async (t) => {
  const {source, sandbox, directory} = agentScene(t);
  writeFileSync(join(sandbox, 'stdout'), 'hello\nworld\n', {mode: 0o644});
  mkdirSync(join(sandbox, 'logs'));
  const app = makeAgentFace(source, open);
  const get = async (endpoint: string, query: Record<string, string>) =>
    app.inject({url: `/files/${endpoint}?${new URLSearchParams(query).toString()}`});

  const listed = (await get('browse', {path: directory})).json();
  t.deepEqual(
    listed.map(({path, mode, size}: {path: string; mode: string; size: number}) => [
      path.slice(directory.length),
      mode.slice(0, 2),
      path.endsWith('stdout') ? size : 0,
    ]),
    [
      ['/logs', 'dr', 0],
      ['/stdout', '-r', 12],
    ],
  );
  for (const path of [
    `${directory}/stdout`,
    `/var/lib/mesos/slave/slaves/S1/frameworks/marathon/executors/web.1/runs/latest/stdout`,
    '/frameworks/marathon/executors/web.1/runs/latest/stdout',
    `${directory}/logs/../stdout`,
  ]) {
    const {body, headers} = await get('read', {path, offset: '6', length: '3'});
    t.is(body, '{"data":"wor","offset":6}', path);
    t.is(headers['content-type'], 'application/json');
  }
  const path = `${directory}/stdout`;
  t.is((await get('read', {path})).body, '{"data":"","offset":12}');
  t.is((await get('read', {path, offset: '-1'})).body, '{"data":"","offset":12}');
  t.is((await get('read', {path, offset: '99'})).body, '{"data":"","offset":12}');
  t.is((await get('read', {path, offset: '6', length: '-1'})).json().data, 'world\n');
  t.is((await get('read', {path, offset: 'x'})).statusCode, 400);
  t.is((await get('read', {path, offset: '0', length: '-2'})).statusCode, 400);
  t.is((await get('read', {path: directory, offset: '0'})).body, 'Cannot read a directory.\n');
  t.is((await get('read', {path: `${directory}/none`})).statusCode, 404);
  t.is((await get('read', {})).body, "Expecting 'path=value' in query.\n");
  t.is((await get('read', {path: '/slave/log', offset: '0'})).json().data, 'the log\n');
  const whole = await get('download', {path});
  t.is(whole.body, 'hello\nworld\n');
  t.is(whole.headers['content-disposition'], 'attachment; filename=stdout');
  t.is((await get('debug', {})).json()[directory], sandbox);
});

test('bytes arrive as they are, and characters whole', async (t) => {
  const {source, sandbox, directory} = agentScene(t);
  const bytes = Buffer.from([0x00, 0x22, 0x5c, 0x0a, 0xff, 0x80, 0x41]);
  writeFileSync(join(sandbox, 'binary'), bytes);
  writeFileSync(join(sandbox, 'text'), 'aé€😀');
  writeFileSync(join(sandbox, 'large'), Buffer.alloc(200_000, 0x78));
  const app = makeAgentFace(source, open);
  const read = async (name: string, offset: number, length: number): Promise<Buffer> => {
    const query = new URLSearchParams({path: `${directory}/${name}`}).toString();
    const url = `/files/read?${query}&offset=${offset}&length=${length}`;
    const {rawPayload} = await app.inject({url});
    const {data} = JSON.parse(rawPayload.toString('latin1')) as {data: string};
    return Buffer.from(data, 'latin1');
  };
  t.deepEqual(await read('binary', 0, 100), bytes);
  t.is((await read('text', 0, 2)).toString(), 'a', 'half of a character is left for the next read');
  t.is((await read('text', 1, 4)).toString(), 'é');
  t.is((await read('text', 0, 100)).toString(), 'aé€😀');
  t.is((await read('text', 6, 2)).length, 2, 'there is always something');
  t.is((await read('large', 0, -1)).length, 65_536);
});

test('nothing outside a sandbox is read, whatever the path and the links say', async (t) => {
  const {source, sandbox, workDir, directory} = agentScene(t);
  const outside = join(workDir, 'secret');
  writeFileSync(outside, 'secret');
  const other = join(workDir, 'slaves', AGENT, 'frameworks', MARATHON, 'executors', 'web.2');
  mkdirSync(join(other, 'runs', '1'), {recursive: true});
  symlinkSync(outside, join(sandbox, 'link'));
  symlinkSync('/etc', join(sandbox, 'etc'));
  symlinkSync('loop', join(sandbox, 'loop'));
  symlinkSync('stdout', join(sandbox, 'inside'));
  writeFileSync(join(sandbox, 'stdout'), 'fine');
  const app = makeAgentFace(source, open);
  const status = async (endpoint: string, path: string): Promise<number> => {
    const url = `/files/${endpoint}?${new URLSearchParams({path, offset: '0'}).toString()}`;
    const {statusCode, body} = await app.inject({url});
    t.false(body.includes('secret\n') || body.includes('"secret"'), path);
    return statusCode;
  };
  for (const path of [
    `${directory}/link`,
    `${directory}/etc/passwd`,
    `${directory}/../../../web.2/runs/1`,
    `${directory}/../../../../../../../secret`,
    `${directory}/loop`,
    `${directory}/a\0b`,
  ]) {
    for (const endpoint of ['read', 'browse', 'download']) {
      t.true([400, 404].includes(await status(endpoint, path)), `${endpoint} ${path}`);
    }
  }
  for (const path of [
    '/etc/passwd',
    outside,
    workDir,
    `${workDir}/slaves/S2/frameworks/marathon/executors/web.1/runs/latest`,
    `${workDir}/slaves/S1/frameworks/../executors/web.1/runs/latest`,
    `${workDir}/slaves/S1/frameworks/marathon/executors/web.1/runs/..`,
  ]) {
    t.is(await status('read', path), 404, path);
  }
  t.is(await status('read', `${directory}/inside`), 200);
  const listed = (await app.inject({url: `/files/browse?path=${directory}`})).json();
  const modes = Object.fromEntries(
    listed.map(({path, mode}: {path: string; mode: string}) => [path.split('/').pop(), mode[0]]),
  );
  t.deepEqual(modes, {etc: 'l', inside: '-', link: 'l', loop: 'l', stdout: '-'});
});

test('a sandbox that is only called so is none', async (t) => {
  const {source, workDir} = agentScene(t);
  const other = mkdtempSync(join(tmpdir(), 'agent-face-other-'));
  t.teardown(() => rmSync(other, {recursive: true, force: true}));
  writeFileSync(join(other, 'stdout'), 'secret');
  const executors = join(workDir, 'slaves', AGENT, 'frameworks', MARATHON, 'executors');
  const app = makeAgentFace(source, open);
  const status = async (path: string): Promise<number> =>
    (await app.inject({url: `/files/read?path=${path}/stdout&offset=0`})).statusCode;

  rmSync(join(executors, 'web.1', 'runs', 'latest'));
  symlinkSync(other, join(executors, 'web.1', 'runs', 'latest'));
  t.is(await status(`/frameworks/${MARATHON}/executors/web.1/runs/latest`), 400);
  mkdirSync(join(other, 'runs', 'latest'), {recursive: true});
  writeFileSync(join(other, 'runs', 'latest', 'stdout'), 'secret');
  symlinkSync(other, join(executors, 'web.3'));
  t.is(await status(`/frameworks/${MARATHON}/executors/web.3/runs/latest`), 400);
});

test('what an agent measures is there under the names of Mesos', async (t) => {
  const {source} = agentScene(t);
  const app = makeAgentFace(source, {...open, now: () => 10_000});
  const metrics = (await app.inject({url: '/metrics/snapshot'})).json();
  t.is(metrics['slave/registered'], 1);
  t.is(metrics['slave/uptime_secs'], 10);
  t.is(metrics['slave/tasks_running'], 1);
  t.is(metrics['slave/cpus_total'], 4);
  t.like(metrics, {
    'slave/cpus_used': 0.5,
    'slave/tasks_finished': 3,
    'slave/tasks_failed': 0,
    'slave/executors_running': 1,
    'slave/executors_terminated': 3,
    'slave/valid_status_updates': 9,
    'slave/invalid_status_updates': 0,
    'slave/valid_framework_messages': 0,
    'slave/container_launch_errors': 1,
    'slave/recovery_time_secs': 0.25,
    'slave/executor_directory_max_allowed_age_secs': 604_800,
    'containerizer/mesos/container_destroy_errors': 0,
  });
  t.true(metrics['system/mem_free_bytes'] > 0);
  t.deepEqual((await app.inject({url: '/containerizer/debug'})).json(), {pending: []});
  const old = await app.inject({url: '/slave(1)/monitor/statistics.json'});
  t.is(old.json()[0].executor_id, 'web.1');
  const [statistics] = (await app.inject({url: '/monitor/statistics'})).json();
  t.is(statistics.executor_id, 'web.1');
  t.deepEqual(statistics.statistics, {
    timestamp: 10,
    cpus_limit: 0.5,
    mem_limit_bytes: 128 * 1024 * 1024,
    cpus_user_time_secs: 1.5,
    cpus_system_time_secs: 0.5,
    mem_rss_bytes: 4096,
    mem_total_bytes: 4096,
  });
  const [container] = (await app.inject({url: '/containers?container_id=web.1'})).json();
  t.is(container.container_id, 'web.1');
  t.is((await app.inject({method: 'POST', url: '/state'})).statusCode, 405);
});

const WISH = {taskId: 'web.1', argv: ['sh'], tty: false};

test('a command beside a task gets what is sent, and sends what it has to say', async (t) => {
  const command = played();
  const {source, asked} = agentScene(t, () => command.session);
  const app = makeAgentFace(source, open);
  await app.listen({port: 0, host: '127.0.0.1'});
  t.teardown(() => app.close());
  const socket = await upgraded((app.server.address() as AddressInfo).port);
  socket.write(encodeFrame({kind: 'request', request: WISH}));
  socket.write(encodeFrame({kind: 'stdin', data: Buffer.from('ls\n')}));
  socket.write(encodeFrame({kind: 'resize', columns: 80, rows: 24}));
  socket.write(encodeFrame({kind: 'stdinEnd'}));
  const input: Buffer[] = [];
  for await (const chunk of command.stdin) input.push(chunk as Buffer);
  t.is(Buffer.concat(input).toString(), 'ls\n');
  t.deepEqual(command.sizes, [[80, 24]]);
  t.deepEqual(asked, [{argv: ['sh'], tty: false, env: undefined}]);
  const large = Buffer.alloc(3_000_000, 0x79);
  command.stdout.write(large);
  command.stderr.write('oops');
  command.exit(7);
  let size = 0;
  let errors = '';
  let exitCode: number | undefined;
  for await (const frame of framesOf(socket)) {
    if (frame.kind === 'stdout') size += frame.data.length;
    if (frame.kind === 'stderr') errors += frame.data.toString();
    if (frame.kind === 'exit') exitCode = frame.exitCode;
  }
  t.deepEqual([size, errors, exitCode], [large.length, 'oops', 7]);
});

test('a command ends with its connection, and what is wrong is said', async (t) => {
  const command = played();
  const {source} = agentScene(t, () => command.session);
  const app = makeAgentFace(source, open);
  await app.listen({port: 0, host: '127.0.0.1'});
  t.teardown(() => app.close());
  const {port} = app.server.address() as AddressInfo;

  const gone = await upgraded(port);
  gone.write(encodeFrame({kind: 'request', request: WISH}));
  command.stdout.write('begun');
  await new Promise((resolve) => gone.once('data', resolve));
  const killed = new Promise<void>((resolve) => {
    command.session.kill = () => resolve();
  });
  gone.destroy();
  await killed;

  const failures: string[] = [];
  for (const sent of [
    encodeFrame({kind: 'request', request: {...WISH, taskId: 'other'}}),
    encodeFrame({kind: 'stdin', data: Buffer.from('x')}),
    Buffer.from([99, 0, 0, 0, 0]),
    Buffer.from([1, 255, 255, 255, 255]),
    Buffer.from([1, 0, 0, 0, 2, 0x7b, 0x7d]),
    Buffer.from([1, 0, 0, 0, 1, 0x7b]),
  ]) {
    const socket = await upgraded(port);
    socket.write(sent);
    for await (const frame of framesOf(socket)) {
      if (frame.kind === 'failure') failures.push(frame.message);
    }
  }
  t.is(failures.length, 6);
  t.is(failures[0], "no task 'other' runs here");
  t.is(failures[1], 'stdin before the request');
  t.regex(failures[3] ?? '', /4294967295 bytes/);
  t.regex(failures[4] ?? '', /^taskId: /);
  await t.throwsAsync(() => upgraded(port, '/other'), {message: 'status 404'});
  const plain = await app.inject({method: 'POST', url: EXEC_PATH});
  t.is(plain.statusCode, 426);
});
