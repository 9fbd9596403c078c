import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {chmod, mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {TaskSpec} from '../../engine/index.ts';
import type {ExecutorNews, ExecutorTask} from '../ports/executor.ts';
import {Agent} from '../ports/testing/contract-agent.ts';
import {executorContract} from '../ports/testing/executor-contract.ts';
import {findAccount} from '../ports/unix-account.ts';
import {Cgroups} from './cgroups.ts';
import {keyOf} from './control-folder.ts';
import {isAlive, processState, signal, signalGroup} from './proc.ts';
import {makeProcessExecutor, type ProcessExecutorOptions} from './process-executor.ts';
import {makeProcessBed, optionsFor, processesIn, type ProcessBed} from './testing/process-bed.ts';
import {until} from '../ports/testing/until.ts';

executorContract(test, 'plain processes', () => makeProcessBed(), {hasTerminals: true});
executorContract(test, 'without control groups', () => makeProcessBed({cgroups: 'off'}), {
  hasTerminals: true,
});

interface Bench {
  readonly agent: Agent;
  readonly bed: ProcessBed;
}

async function withBench(
  t: ExecutionContext,
  settings: Partial<ProcessExecutorOptions>,
  keep: (bench: Bench) => Promise<void>,
): Promise<void> {
  t.timeout(240_000);
  const bed = await makeProcessBed(settings);
  // Where tasks run as other users they must get to their sandboxes.
  await chmod(bed.folder, 0o755);
  const agent = new Agent(bed);
  try {
    await keep({agent, bed});
  } finally {
    await agent.shutDown();
    await bed.cleanUp();
  }
}

const read = ({sandbox}: ExecutorTask, file: string): string =>
  readFileSync(join(sandbox, file), 'utf8');
const has = ({sandbox}: ExecutorTask, file: string): boolean => existsSync(join(sandbox, file));
const keyOfTask = ({spec}: ExecutorTask): string => keyOf(spec.taskId);

/** Lines of a hundred bytes, numbered, as fast as the shell can. */
const lines = (count: number): string =>
  `i=1; while [ $i -le ${count} ]; do printf '%099d\\n' $i; i=$((i + 1)); done`;

/** All that was written, oldest first. */
function allOutput(task: ExecutorTask, name: string): string {
  const numbers = readdirSync(task.sandbox).flatMap((file) => {
    const found = new RegExp(`^${name}\\.(\\d+)$`).exec(file);
    return found === null ? [] : Number(found[1]);
  });
  const files = numbers.sort((a, b) => b - a).map((number) => `${name}.${number}`);
  return [...files, name].map((file) => read(task, file)).join('');
}

const numbered = (count: number): string =>
  Array.from({length: count}, (_, index) => `${String(index + 1).padStart(99, '0')}\n`).join('');

test('output is put aside while the task goes on, also when the agent is gone', (t) =>
  withBench(t, {logBytesMax: 10_000, logFilesMax: 100}, async ({agent}) => {
    const shell =
      `${lines(500)}; while [ ! -e "$MESOS_SANDBOX/go" ]; do sleep 0.05; done; ` +
      `i=501; ${lines(1000).replace('i=1;', '')}; echo > "$MESOS_SANDBOX/done"`;
    const task = await agent.task({shell});
    const remote = await agent.remote();
    remote.launch(task);
    await agent.running(task);
    await agent.crash();
    await mkdir(join(task.sandbox, 'go'));
    await until('all of it has run', () => has(task, 'done'));
    await (await agent.executor()).recover([task]);
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.is(allOutput(task, 'stdout'), numbered(1000));
    const files = readdirSync(task.sandbox).filter((file) => file.startsWith('stdout'));
    t.is(files.length, 10);
    for (const file of files) t.true(statSync(join(task.sandbox, file)).size <= 10_000);
  }));

test('of old output only so many files are kept', (t) =>
  withBench(t, {logBytesMax: 1000, logFilesMax: 2}, async ({agent}) => {
    const task = await agent.launch({shell: lines(100)});
    await agent.ended(task);
    const files = readdirSync(task.sandbox).filter((file) => file.startsWith('stdout'));
    t.deepEqual(files.sort(), ['stdout', 'stdout.1', 'stdout.2']);
    t.true(numbered(100).endsWith(allOutput(task, 'stdout')));
  }));

test('when the log keeper is killed, another goes on, and no output is lost', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const wait = 'while [ ! -e "$MESOS_SANDBOX/go" ]; do sleep 0.05; done';
    const shell = `echo begin; ${wait}; ${lines(2000)}`;
    const task = await agent.launch({shell});
    await until('its first line', () => has(task, 'stdout') && read(task, 'stdout') === 'begin\n');
    const keeper = bed.control.keeper();
    t.truthy(keeper);
    if (keeper === undefined) return;
    t.true(signal(keeper, 'SIGKILL'));
    await until('the keeper ends', () => !isAlive(keeper));
    await mkdir(join(task.sandbox, 'go'));
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.is(read(task, 'stdout'), `begin\n${numbered(2000)}`);
    t.not(bed.control.keeper()?.pid, keeper.pid);
  }));

test('a task that ends without agent and log keeper leaves its last output to the next', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const shell =
      'while [ ! -e "$MESOS_SANDBOX/go" ]; do sleep 0.05; done; ' +
      'echo last; echo > "$MESOS_SANDBOX/done"; exit 9';
    const task = await agent.task({shell});
    (await agent.remote()).launch(task);
    await agent.running(task);
    await agent.crash();
    const keeper = bed.control.keeper();
    if (keeper !== undefined) signal(keeper, 'SIGKILL');
    await mkdir(join(task.sandbox, 'go'));
    await until('all of it has run', () => has(task, 'done'));
    await (await agent.executor()).recover([task]);
    const end = await agent.ended(task);
    t.is(end.message, 'Command exited with status 9');
    // The next keeper has to start first: on a busy machine the end may be told before.
    await until('its last line', () => read(task, 'stdout') === 'last\n');
    t.pass();
  }));

test('the log keeper ends when it has neither tasks nor an agent', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const task = await agent.launch({shell: 'exit 0'});
    await agent.ended(task);
    const keeper = bed.control.keeper();
    t.true(keeper !== undefined && isAlive(keeper));
    await agent.close();
    await until('the keeper ends', () => keeper !== undefined && !isAlive(keeper));
  }));

test('a task whose supervisor is killed is ended and has failed', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const task = await agent.launch({shell: 'sleep 1000; exit 0'});
    await agent.running(task);
    const claim = bed.control.claimOf(keyOfTask(task));
    const started = bed.control.startedOf(keyOfTask(task));
    if (claim === undefined || claim === 'revoked' || started === undefined) return t.fail();
    t.true(signal(claim, 'SIGKILL'));
    const end = await agent.ended(task);
    t.is(end.state, 'TASK_FAILED');
    t.is(end.reason, 'REASON_EXECUTOR_TERMINATED');
    t.regex(end.message ?? '', /its supervisor is gone/);
    await until('what it started ends', () => !isAlive(started));
    return undefined;
  }));

test('a task that is killed at once is never run', (t) =>
  withBench(t, {}, async ({agent}) => {
    const task = await agent.launch({shell: 'echo > "$MESOS_SANDBOX/ran"; sleep 1000'});
    (await agent.executor()).kill(task.spec.taskId, 60_000);
    const end = await agent.ended(task);
    t.is(end.state, 'TASK_KILLED');
    t.is(end.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
    t.is(agent.newsOf(task.spec.taskId).length, 1);
    t.false(has(task, 'ran'));
  }));

test('a kill that an executor could not finish is finished by the next', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const shell = 'trap "" TERM; echo > "$MESOS_SANDBOX/ready"; while :; do sleep 0.1; done';
    const task = await agent.task({shell});
    const remote = await agent.remote();
    remote.launch(task);
    await until('it is ready', () => has(task, 'ready'));
    remote.kill(task.spec.taskId, 500);
    await until(
      'the kill on disk',
      () => bed.control.killDeadlineOf(keyOfTask(task)) !== undefined,
    );
    await agent.crash();
    await (await agent.executor()).recover([task]);
    t.is((await agent.ended(task)).state, 'TASK_KILLED');
  }));

test('a task of before the machine was restarted has failed, and nobody else is hurt', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const task = await agent.task({shell: 'exit 0'});
    const key = keyOfTask(task);
    bed.control.write(key, '', {sandbox: task.sandbox, bytesMax: 1, asideMax: 1});
    const {startedAt = ''} = processState(process.pid) ?? {};
    const folder = bed.control.taskFolder(key);
    writeFileSync(join(folder, 'claim'), `${process.pid} ${startedAt} another-boot\n`);
    writeFileSync(join(folder, 'trouble'), '');
    await (await agent.executor()).recover([task]);
    const end = await agent.ended(task);
    t.is(end.state, 'TASK_FAILED');
    t.is(end.reason, 'REASON_EXECUTOR_TERMINATED');
  }));

test('a number that is used again is not the process that was meant', (t) => {
  const {startedAt = ''} = processState(process.pid) ?? {};
  t.true(isAlive({pid: process.pid, startedAt}));
  const other = {pid: process.pid, startedAt: `${Number(startedAt) - 1}`};
  t.false(isAlive(other));
  t.false(signal(other, 'SIGKILL'));
  t.false(signalGroup(other, 'SIGKILL'));
});

test('a supervisor that comes a second time, or too late, starts nothing', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const shell = 'echo run >> "$MESOS_SANDBOX/runs"; sleep 1000';
    const task = await agent.launch({shell});
    await until('it runs', () => has(task, 'runs'));
    const script = bed.control.scriptOf(keyOfTask(task));
    t.is(spawnSync('/bin/sh', [script]).status, 0);
    // Nor does a second order to launch it.
    (await agent.executor()).launch(task);
    t.is(read(task, 'runs'), 'run\n');
    const late = await agent.task({shell});
    const lateKey = keyOfTask(late);
    const text = readFileSync(script, 'utf8');
    const moved = text.replaceAll(keyOfTask(task), lateKey).replaceAll(task.sandbox, late.sandbox);
    bed.control.write(lateKey, moved, {sandbox: late.sandbox, bytesMax: 1, asideMax: 1});
    t.true(bed.control.revoke(lateKey));
    t.is(spawnSync('/bin/sh', [bed.control.scriptOf(lateKey)]).status, 0);
    t.false(has(late, 'runs'));
  }));

test('what is left of a task of the same name is removed before it is run', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const task = await agent.task({shell: 'echo run >> "$MESOS_SANDBOX/runs"; sleep 1000'});
    (await agent.remote()).launch(task);
    await until('it runs', () => has(task, 'runs'));
    await agent.crash();
    const before = bed.control.startedOf(keyOfTask(task));
    const executor = await agent.executor();
    const heard = agent.newsOf(task.spec.taskId).length;
    executor.launch(task);
    await agent.running(task, heard);
    t.false(before !== undefined && isAlive(before));
    await until('it runs again', () => read(task, 'runs') === 'run\nrun\n');
    executor.kill(task.spec.taskId, 0);
    t.is((await agent.ended(task)).state, 'TASK_KILLED');
  }));

for (const [shell, words] of [
  ['exit 3', 'Command exited with status 3'],
  ['kill -KILL $$', 'Command terminated with signal Killed'],
  ['kill -SEGV $$', 'Command terminated with signal Segmentation fault'],
  ['exit 200', 'Command exited with status 200'],
  ['no-such-command-at-all', 'Command exited with status 127'],
] as const) {
  test(`the end is told in Mesos's words: ${shell}`, (t) =>
    withBench(t, {}, async ({agent}) => {
      const end = await agent.ended(await agent.launch({shell}));
      t.is(end.state, 'TASK_FAILED');
      t.is(end.message, words);
    }));
}

test('programs and variables may have odd names', (t) =>
  withBench(t, {}, async ({agent}) => {
    const task = await agent.task({
      command: {kind: 'program', argv: ['./a=b', "it's"]},
      env: {'-x': 'dash', "q'uote": "'"},
    });
    const path = join(task.sandbox, 'a=b');
    writeFileSync(path, '#!/bin/sh\necho "$1"; env\n', {mode: 0o755});
    (await agent.executor()).launch(task);
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.true(read(task, 'stdout').startsWith("it's\n"));
  }));

for (const [title, wanted, state, message] of [
  [
    'an image',
    {
      container: {
        ...{image: 'nginx', forcePull: false, privileged: false, network: {mode: 'host'}},
        ...{portMappings: [], parameters: [], volumes: []},
      },
    },
    'TASK_FAILED',
    /runs plain processes only, not the image 'nginx'/,
  ],
  ['a variable without a name', {env: {'': 'x'}}, 'TASK_ERROR', /env: ''/],
  ['a value with a zero', {env: {A: 'a\0b'}}, 'TASK_ERROR', /env\.A/],
  ['no words', {command: {kind: 'program', argv: []}}, 'TASK_ERROR', /expected a command/],
  ['a user that is not there', {user: 'no-one'}, 'TASK_FAILED', /there is no user 'no-one'/],
  [
    'an external volume',
    {
      volumes: [
        {
          containerPath: 'x',
          mode: 'RW',
          source: {kind: 'external', name: 'v', driver: 'd', options: {}},
        },
      ],
    },
    'TASK_FAILED',
    /volume x: external volumes need a container with an image/,
  ],
  [
    'a volume outside of the sandbox',
    {volumes: [{containerPath: '/x', mode: 'RW', source: {kind: 'host', path: '/tmp'}}]},
    'TASK_FAILED',
    /volume \/x: .* expected a relative containerPath/,
  ],
  [
    'a volume that leads out of the sandbox',
    {volumes: [{containerPath: '../x', mode: 'RW', source: {kind: 'host', path: '/tmp'}}]},
    'TASK_FAILED',
    /volume \.\.\/x: must not lead out of the sandbox/,
  ],
  [
    'a folder of the host that is not there',
    {volumes: [{containerPath: 'x', mode: 'RW', source: {kind: 'host', path: '/no/such'}}]},
    'TASK_FAILED',
    /volume x: '\/no\/such' is not on this machine/,
  ],
] satisfies readonly (readonly [string, Partial<TaskSpec>, ExecutorNews['state'], RegExp])[]) {
  test(`a task that wants ${title} is told that it cannot be`, (t) =>
    withBench(t, {}, async ({agent}) => {
      const task = await agent.launch({shell: 'exit 0', ...wanted});
      const end = await agent.ended(task);
      t.is(end.state, state);
      t.regex(end.message ?? '', message);
      if (state === 'TASK_FAILED') t.is(read(task, 'stderr'), `${end.message}\n`);
    }));
}

test('volumes are links in the sandbox', (t) =>
  withBench(t, {}, async ({agent, bed}) => {
    const shared = join(bed.folder, 'shared');
    await mkdir(shared);
    const task = await agent.launch({
      shell: 'echo a > data/a; echo b > in/here/b; echo c > own/c; echo d > "$MESOS_SANDBOX/s/d"',
      volumes: [
        {containerPath: 'data', mode: 'RW', source: {kind: 'persistent', id: 'web#data#1'}},
        {containerPath: 'in/here', mode: 'RW', source: {kind: 'host', path: shared}},
        {containerPath: 'own', mode: 'RW', source: {kind: 'sandbox', path: 'deep/er'}},
        {containerPath: 's', mode: 'RW', source: {kind: 'sandbox', path: 's'}},
      ],
    });
    t.is((await agent.ended(task)).message, 'Command exited with status 0');
    t.true(existsSync(join(bed.folder, 'volumes', 'web%23data%231', 'a')));
    t.true(existsSync(join(shared, 'b')));
    t.true(has(task, 'deep/er/c'));
    t.true(has(task, 's/d'));
  }));

test('a task may have a terminal', (t) =>
  withBench(t, {}, async ({agent}) => {
    const shell = 'test -t 0 && test -t 1 && echo "on $TERM"; exit 4';
    const task = await agent.launch({shell, tty: true});
    t.is((await agent.ended(task)).message, 'Command exited with status 4');
    t.regex(read(task, 'stdout'), /on xterm/);
  }));

test('commands beside a task end with it', (t) =>
  withBench(t, {}, async ({agent}) => {
    const task = await agent.launch({shell: 'sleep 1000'});
    await agent.running(task);
    const executor = await agent.executor();
    const argv = ['/bin/sh', '-c', 'trap "" TERM; sleep 1000'];
    const sessions = [
      await executor.exec(task.spec.taskId, {argv, tty: false}),
      await executor.exec(task.spec.taskId, {argv, tty: true}),
    ];
    executor.kill(task.spec.taskId, 0);
    await agent.ended(task);
    for (const {ended} of sessions) t.true((await ended).exitCode > 0);
  }));

test('what a machine cannot do is said', async (t) => {
  const bed = await makeProcessBed({cgroups: 'off'});
  const executor = makeProcessExecutor(optionsFor(bed.argument), () => undefined);
  t.deepEqual(executor.isolation, {cpu: 'none', memory: 'none', why: 'switched off'});
  await executor.close();
  await bed.cleanUp();
});

const isRoot = process.getuid?.() === 0;

if (isRoot) {
  test('a task of another user is his, with his groups, and so is its sandbox', (t) =>
    withBench(t, {}, async ({agent}) => {
      const account = await findAccount('nobody');
      if (account === undefined) return t.fail();
      const shell = 'id -u; id -g; id -G; echo "$USER"; echo > mine; echo out > /dev/stdout';
      const task = await agent.launch({shell, user: 'nobody'});
      t.is((await agent.ended(task)).message, 'Command exited with status 0');
      const groups = execFileSync('id', ['-G', 'nobody'], {encoding: 'utf8'}).trim();
      const said = [account.uid, account.gid, groups, 'nobody', 'out'].join('\n');
      t.is(read(task, 'stdout'), `${said}\n`);
      t.is(statSync(join(task.sandbox, 'mine')).uid, account.uid);
      return undefined;
    }));

  test('where users are not switched, all tasks are of the agent', (t) =>
    withBench(t, {switchUser: false}, async ({agent}) => {
      const task = await agent.launch({shell: 'id -u', user: 'no-such-user'});
      await agent.ended(task);
      t.is(read(task, 'stdout'), '0\n');
    }));

  test('what a task puts in place of its log is not followed', (t) =>
    withBench(t, {logBytesMax: 1000, logFilesMax: 1}, async ({agent, bed}) => {
      const precious = join(bed.folder, 'precious');
      writeFileSync(precious, 'precious', {mode: 0o600});
      const shell = `echo first; rm -f stdout; ln -s ${precious} stdout; ${lines(50)}`;
      const task = await agent.launch({shell, user: 'nobody'});
      t.is((await agent.ended(task)).state, 'TASK_FINISHED');
      t.is(readFileSync(precious, 'utf8'), 'precious');
      t.true(numbered(50).endsWith(read(task, 'stdout')));
    }));
}

const probe = Cgroups.find(`of-test-${process.pid}`);
probe.removeAll();

if (probe.isolation.memory === 'cgroup') {
  test('a task that takes more memory than it may is ended, and told so', (t) =>
    withBench(t, {}, async ({agent}) => {
      // Doubles a text until it has no room.
      const shell = 'x=0123456789abcdef; while :; do x="$x$x"; done';
      const task = await agent.launch({shell, memMiB: 40});
      const end = await agent.ended(task);
      t.is(end.state, 'TASK_FAILED');
      t.is(end.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
      t.regex(end.message ?? '', /^Memory limit exceeded: Requested: 40MB Maximum Used: \d+MB/);
    }));

  test('what a task has started as a daemon is asked to end, and ends with it', (t) =>
    withBench(t, {}, async ({agent, bed}) => {
      const daemon =
        `trap 'echo > "$MESOS_SANDBOX/asked"; exit' TERM; echo > "$MESOS_SANDBOX/ready"; ` +
        'while :; do sleep 0.05; done';
      const stubborn = 'trap "" TERM; while :; do sleep 0.05; done';
      const shell =
        `setsid sh -c '${daemon.replaceAll("'", `'\\''`)}' & ` +
        `setsid sh -c '${stubborn}' & ` +
        `trap 'while [ ! -e asked ]; do sleep 0.05; done; exit' TERM; sleep 1000 & wait`;
      const task = await agent.launch({shell});
      await until('it is ready', () => has(task, 'ready'));
      (await agent.executor()).kill(task.spec.taskId, 60_000);
      t.is((await agent.ended(task)).state, 'TASK_KILLED');
      t.true(has(task, 'asked'));
      t.deepEqual(await processesIn(bed.folder), []);
    }));
}

test('without control groups, daemons are found when their task ends or is killed', (t) =>
  withBench(t, {cgroups: 'off'}, async ({agent, bed}) => {
    const daemons = 'setsid sleep 1000 & (setsid sleep 1000 &); sleep 0.2';
    const task = await agent.launch({shell: `${daemons}; echo end`});
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.is(read(task, 'stdout'), 'end\n');
    const killed = await agent.launch({shell: `${daemons}; echo > up; sleep 1000`});
    await until('its daemons run', () => has(killed, 'up'));
    (await agent.executor()).kill(killed.spec.taskId, 0);
    t.is((await agent.ended(killed)).state, 'TASK_KILLED');
    const left = (await processesIn(bed.folder)).filter(({line}) => /sleep/.test(line));
    t.deepEqual(left, []);
  }));

test('without control groups, one that hides itself does not hold up the end', (t) =>
  withBench(t, {cgroups: 'off'}, async ({agent}) => {
    const shell = 'setsid env -i sleep 1000 & echo $! > pid; sleep 0.2; echo end';
    const task = await agent.launch({shell});
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.is(read(task, 'stdout'), 'end\n');
    process.kill(Number(read(task, 'pid')), 'SIGKILL');
  }));

test('a task without limits can be given', (t) =>
  withBench(t, {cfsQuota: true}, async ({agent}) => {
    const limits = {cpus: null, memMiB: null};
    const task = await agent.launch({shell: 'exit 0', limits});
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
  }));
