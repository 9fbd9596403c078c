import {appendFile, mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import type {ContainerSpec, TaskSpec} from '../../engine/index.ts';
import type {ExecutorTask} from '../ports/executor.ts';
import {Agent} from '../ports/testing/contract-agent.ts';
import {containerNameOf} from './container-identity.ts';
import {containerOf, type DockerBed, makeDockerBed} from './testing/docker-bed.ts';
import {importBusybox} from './testing/images.ts';
import {freePorts} from '../ports/testing/free-ports.ts';
import {until} from '../ports/testing/until.ts';

interface World {
  bed: DockerBed;
  agent: Agent;
}

const test = anyTest as TestFn<World>;
type Context = ExecutionContext<World>;

const TALKER = 'drydock-test/talker:1';

test.beforeEach(async (t) => {
  t.timeout(240_000);
  const bed = await makeDockerBed();
  t.context = {bed, agent: new Agent(bed)};
});

test.afterEach.always(async (t) => {
  await t.context.agent.shutDown();
  await t.context.bed.cleanUp();
});

interface Wanted extends Partial<Omit<TaskSpec, 'container'>> {
  readonly shell?: string;
  readonly container?: Partial<ContainerSpec>;
}

function launch(t: Context, {container, ...wanted}: Wanted): Promise<ExecutorTask> {
  return t.context.agent.launch({...wanted, container: containerOf(container)});
}

/** Nothing before it is there. */
async function outputSoFar(task: ExecutorTask): Promise<string> {
  return output(task).catch(() => '');
}

function output({sandbox}: ExecutorTask, file = 'stdout'): Promise<string> {
  return readFile(join(sandbox, file), 'utf8');
}

async function outputOf(t: Context, wanted: Wanted): Promise<string> {
  const task = await launch(t, wanted);
  const {state, message} = await t.context.agent.ended(task);
  t.is(state, 'TASK_FINISHED', `${message}: ${await output(task, 'stderr')}`);
  return output(task);
}

function nameOf(t: Context, {spec}: ExecutorTask): string {
  return containerNameOf(t.context.bed.argument.agentId, spec.frameworkId, spec.taskId);
}

const SERVE = 'exec httpd -f -p 80 -h /www';

test('published ports answer on this machine, and the container has an address', async (t) => {
  const {agent} = t.context;
  const [hostPort = 0] = await freePorts(1);
  const task = await launch(t, {
    shell: SERVE,
    container: {
      network: {mode: 'bridge'},
      portMappings: [
        {containerPort: 80, hostPort, protocol: 'tcp'},
        {containerPort: 81, protocol: 'tcp'},
      ],
    },
  });
  const {containerIp} = await agent.running(task);
  t.regex(containerIp ?? '', /^\d+\.\d+\.\d+\.\d+$/);
  for (const host of [`127.0.0.1:${hostPort}`, `${containerIp}:80`]) {
    const answer = await until(host, async () => {
      const response = await fetch(`http://${host}/`).catch(() => undefined);
      return response?.text();
    });
    t.is(answer, 'hello from busybox\n');
  }
  const {NetworkSettings, Config} = await t.context.bed.docker
    .getContainer(nameOf(t, task))
    .inspect();
  t.deepEqual(NetworkSettings.Ports['80/tcp'], [{HostIp: '127.0.0.1', HostPort: String(hostPort)}]);
  t.true('81/tcp' in Config.ExposedPorts);
  t.falsy(NetworkSettings.Ports['81/tcp']);
});

test('UDP ports are published too, and on the address that a parameter gives', async (t) => {
  const [udp = 0, own = 0] = await freePorts(2);
  const task = await launch(t, {
    shell: SERVE,
    container: {
      network: {mode: 'bridge'},
      portMappings: [{containerPort: 53, hostPort: udp, protocol: 'udp'}],
      parameters: [{key: 'publish', value: `127.0.0.2:${own}:80`}],
    },
  });
  await t.context.agent.running(task);
  const {NetworkSettings} = await t.context.bed.docker.getContainer(nameOf(t, task)).inspect();
  t.deepEqual(NetworkSettings.Ports['53/udp'], [{HostIp: '127.0.0.1', HostPort: String(udp)}]);
  const response = await until('the web server', () =>
    fetch(`http://127.0.0.2:${own}/`).catch(() => undefined),
  );
  t.is(response.status, 200);
});

test('a port that somebody has already fails the task, and its name says so', async (t) => {
  const [hostPort = 0] = await freePorts(1);
  const wanted: Wanted = {
    shell: SERVE,
    container: {
      network: {mode: 'bridge'},
      portMappings: [{containerPort: 80, hostPort, protocol: 'tcp'}],
    },
  };
  await t.context.agent.running(await launch(t, wanted));
  const second = await launch(t, wanted);
  const end = await t.context.agent.ended(second);
  t.is(end.state, 'TASK_FAILED');
  t.is(end.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
  t.regex(end.message ?? '', new RegExp(`Failed to start .*busybox.*${hostPort}`));
  // As users of Mesos look for it.
  t.is(await output(second, 'stderr'), `${end.message}\n`);
});

test('on the network of the host it is the host, on none there is only loopback', async (t) => {
  const interfaces = 'cat /proc/net/dev | grep -c :';
  const here = (await readFile('/proc/net/dev', 'utf8')).split('\n').filter((l) => l.includes(':'));
  const onHost = await launch(t, {shell: interfaces, container: {network: {mode: 'host'}}});
  t.is((await t.context.agent.running(onHost)).containerIp, undefined);
  t.is((await t.context.agent.ended(onHost)).state, 'TASK_FINISHED');
  t.true(Number(await output(onHost)) >= here.length - 2);
  t.is(await outputOf(t, {shell: interfaces, container: {network: {mode: 'none'}}}), '1\n');
});

test('tasks of a user network have addresses in it and find each other by name', async (t) => {
  const {bed, agent} = t.context;
  const name = `drydock-net-${bed.argument.agentId}`;
  const network = await bed.docker.createNetwork({Name: name, Driver: 'bridge'});
  try {
    const web = await launch(t, {
      shell: SERVE,
      container: {
        network: {mode: 'user', name},
        parameters: [{key: 'network-alias', value: 'web'}],
      },
    });
    const {containerIp} = await agent.running(web);
    t.truthy(containerIp);
    const said = await outputOf(t, {
      shell: 'until wget -q -O - http://web/; do sleep 0.1; done',
      container: {network: {mode: 'user', name}},
    });
    t.is(said, 'hello from busybox\n');
    (await agent.executor()).kill(web.spec.taskId, 0);
    await agent.ended(web);
    await (await agent.executor()).forget(web.spec.taskId);
  } finally {
    await bed.cleanUp();
    await network.remove();
  }
});

test('a network that is not there fails the task, by its name', async (t) => {
  const task = await launch(t, {container: {network: {mode: 'user', name: 'no-such-net'}}});
  const end = await t.context.agent.ended(task);
  t.is(end.state, 'TASK_FAILED');
  t.is(end.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
  t.regex(end.message ?? '', /network no-such-net not found/);
});

test('it knows its container and its sandbox, and bears the labels of its task', async (t) => {
  const task = await launch(t, {
    shell: 'echo "$MESOS_CONTAINER_NAME $MESOS_SANDBOX"; echo x > "$MESOS_SANDBOX/made"; sleep 60',
    labels: {team: 'blue', 'drydock.task': 'another'},
  });
  await t.context.agent.running(task);
  const name = nameOf(t, task);
  t.regex(name, /^mesos-[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await until('output', async () => (await outputSoFar(task)).includes('\n'));
  t.is(await output(task), `${name} /mnt/mesos/sandbox\n`);
  t.is(await output(task, 'made'), 'x\n');
  const {Config} = await t.context.bed.docker.getContainer(name).inspect();
  t.like(Config.Labels, {
    team: 'blue',
    'drydock.agent': t.context.bed.argument.agentId,
    'drydock.task': task.spec.taskId,
    'drydock.framework': task.spec.frameworkId,
  });
});

test('volumes of every kind are where they should be, and read-only ones are', async (t) => {
  const {bed} = t.context;
  const hostPath = join(bed.folder, 'host: with colon');
  const plain = join(bed.folder, 'made-by-the-engine');
  await mkdir(hostPath);
  await writeFile(join(hostPath, 'given'), 'from the host');
  const external = `drydock-vol-${bed.argument.agentId}`;
  const said = await outputOf(t, {
    shell:
      'cat /ro/given; touch /ro/x 2>/dev/null || echo " refused"; ' +
      'echo p > /keep/p; echo s > inner/s; echo e > /ext/e; echo h > /plain/h; ls /ro',
    container: {
      parameters: [{key: 'workdir', value: '/mnt/mesos/sandbox'}],
      volumes: [
        {containerPath: '/ro', mode: 'RO', source: {kind: 'host', path: hostPath}},
        {containerPath: '/plain', mode: 'RW', source: {kind: 'host', path: plain}},
        {containerPath: '/keep', mode: 'RW', source: {kind: 'persistent', id: 'app#data#1'}},
        {containerPath: 'inner', mode: 'RW', source: {kind: 'sandbox', path: 'deep/inner'}},
        {
          containerPath: '/ext',
          mode: 'RW',
          source: {kind: 'external', name: external, driver: 'local', options: {}},
        },
      ],
    },
  });
  try {
    t.is(said, 'from the host refused\ngiven\n');
    t.is(await readFile(join(bed.argument.persistentRoot, 'app%23data%231', 'p'), 'utf8'), 'p\n');
    t.is(await readFile(join(bed.folder, 'sandbox-1', 'deep/inner/s'), 'utf8'), 's\n');
    t.is(await readFile(join(plain, 'h'), 'utf8'), 'h\n');
    t.is((await bed.docker.getVolume(external).inspect()).Driver, 'local');
  } finally {
    await bed.cleanUp();
    await bed.docker.getVolume(external).remove();
  }
});

test('a task that takes more memory than it may fails, for that reason', async (t) => {
  const task = await launch(t, {shell: 'head -c 200m /dev/zero | tail', memMiB: 32});
  const end = await t.context.agent.ended(task);
  t.is(end.state, 'TASK_FAILED');
  t.is(end.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  t.regex(end.message ?? '', /32 MiB.*status 137/);
});

test('limits of the engine follow from what the task has', async (t) => {
  const task = await launch(t, {shell: 'sleep 60', cpus: 0.5, limits: {cpus: 1.5, memMiB: 128}});
  await t.context.agent.running(task);
  const {HostConfig} = await t.context.bed.docker.getContainer(nameOf(t, task)).inspect();
  t.like(HostConfig, {
    CpuShares: 512,
    CpuQuota: 150_000,
    Memory: 128 * 1024 * 1024,
    MemoryReservation: 64 * 1024 * 1024,
  });
});

test('the image says what runs, arguments are added, and both can be replaced', async (t) => {
  const {docker} = t.context.bed;
  await importBusybox(docker, TALKER, [
    'ENTRYPOINT ["/bin/echo", "image"]',
    'CMD ["says", "this"]',
    'ENV COLOUR=green',
  ]);
  const said = (wanted: Wanted): Promise<string> =>
    outputOf(t, {...wanted, container: {...wanted.container, image: TALKER}});
  t.is(await said({command: {kind: 'image', arguments: []}}), 'image says this\n');
  t.is(await said({command: {kind: 'image', arguments: ['$HOME', 'b c']}}), 'image $HOME b c\n');
  t.is(await said({command: {kind: 'program', argv: ['printf', '%s-', 'a', 'b']}}), 'a-b-');
  t.is(await said({command: {kind: 'shell', text: 'echo "$COLOUR" | tr a-z A-Z'}}), 'GREEN\n');
  t.is(await said({shell: 'echo "$COLOUR"', env: {COLOUR: 'blue'}}), 'blue\n');
  const entrypoint = {key: 'entrypoint', value: '/bin/printf'};
  const replaced = {command: {kind: 'image', arguments: ['%s!', 'x']}} as const;
  t.is(await said({...replaced, container: {parameters: [entrypoint]}}), 'x!');
  await t.context.bed.cleanUp();
  await docker.getImage(TALKER).remove({force: true});
});

test('it runs as the user that it says, and its sandbox and volumes are his', async (t) => {
  const shell = 'id -u; for at in $MESOS_SANDBOX /data; do echo $at > $at/f && cat $at/f; done';
  const volumes = [
    {containerPath: '/data', mode: 'RW', source: {kind: 'persistent', id: 'a#b'}},
  ] as const;
  const said = await outputOf(t, {shell, user: 'nobody', container: {volumes}});
  t.is(said, '65534\n/mnt/mesos/sandbox\n/data\n');
});

test('with a terminal, all it writes is in one stream', async (t) => {
  const long = 'x'.repeat(40_000);
  const said = await outputOf(t, {
    shell: `test -t 1 && echo yes; echo err >&2; head -c 40000 /dev/zero | tr "\\0" x; printf end`,
    tty: true,
  });
  t.is(said, `yes\r\nerr\r\n${long}end`);
});

test('long lines, and lines without end, arrive as they were written', async (t) => {
  const task = await launch(t, {
    shell: 'head -c 100000 /dev/zero | tr "\\0" x; echo; printf "no end"; printf "%s" oops >&2',
  });
  await t.context.agent.ended(task);
  t.is(await output(task), `${'x'.repeat(100_000)}\nno end`);
  t.is(await output(task, 'stderr'), 'oops');
});

test('output of which the engine keeps nothing is in the sandbox all the same', async (t) => {
  const task = await launch(t, {
    shell: 'echo first; sleep 0.3; echo second >&2',
    container: {parameters: [{key: 'log-driver', value: 'none'}]},
  });
  t.is((await t.context.agent.ended(task)).state, 'TASK_FINISHED');
  t.is(await output(task), 'first\n');
  t.is(await output(task, 'stderr'), 'second\n');
});

test('output is rotated', async (t) => {
  const bed = await makeDockerBed({logBytesMax: 100_000, logFilesMax: 2});
  const agent = new Agent(bed);
  try {
    const task = await agent.launch({shell: 'seq 100000 199999'});
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    const files = (await readdir(task.sandbox)).toSorted();
    t.deepEqual(files, ['stderr', 'stdout', 'stdout.1', 'stdout.2']);
    const texts = await Promise.all(['stdout.2', 'stdout.1', 'stdout'].map((f) => output(task, f)));
    t.true(texts.every(({length}) => length <= 100_000));
    const all = Array.from({length: 100_000}, (_, i) => `${100_000 + i}\n`).join('');
    t.is(texts.map(({length}) => length).join(), '100000,100000,100000');
    t.true(all.endsWith(texts.join('')));
  } finally {
    await agent.shutDown();
    await bed.cleanUp();
  }
});

test('its output is never written through a link that the task has made', async (t) => {
  const {bed, agent} = t.context;
  const secret = join(bed.folder, 'secret');
  await writeFile(secret, 'untouched');
  const task = await launch(t, {
    shell:
      `cd "$MESOS_SANDBOX"; rm stdout; ln -s ${secret} stdout; touch linked; ` +
      'sleep 0.2; echo evil; sleep 60',
  });
  await until('the link', () => stat(join(task.sandbox, 'linked')).catch(() => undefined));
  // The next process opens the files anew.
  await agent.close();
  const executor = await agent.executor();
  await executor.recover([task]);
  await until('output in a file of its own', async () =>
    (await outputSoFar(task)).includes('evil'),
  );
  t.is(await readFile(secret, 'utf8'), 'untouched');
});

test('what others write into its files is left alone', async (t) => {
  const {agent} = t.context;
  const task = await launch(t, {
    shell: 'echo one; until test -e "$MESOS_SANDBOX/go"; do sleep 0.05; done; echo two',
  });
  await agent.running(task);
  await until('the first line', async () => (await outputSoFar(task)) === 'one\n');
  await agent.close();
  await appendFile(join(task.sandbox, 'stdout'), 'somebody else\n');
  await mkdir(join(task.sandbox, 'go'));
  await (await agent.executor()).recover([task]);
  await agent.ended(task);
  t.is(await output(task), 'one\nsomebody else\ntwo\n');
});

/** Says where the first difference is, rather than all of it. */
function sameLines(t: Context, actual: string, expected: string): void {
  const [found, wanted] = [actual.split('\n'), expected.split('\n')];
  const at = wanted.findIndex((line, i) => line !== found[i]);
  const around = found.slice(Math.max(at - 2, 0), at + 3);
  t.true(
    actual === expected,
    `${found.length} of ${wanted.length} lines, at ${at}: ${around.join()}`,
  );
}

test('over crashes of the agent no line of its output is lost or doubled', async (t) => {
  const {agent} = t.context;
  const lines = 6000;
  const task = await agent.task({
    shell:
      `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); ` +
      `[ $((i % 10)) -ne 0 ] || echo "tenth $i" >&2; [ $((i % 100)) -ne 0 ] || sleep 0.03; done`,
  });
  const all = Array.from({length: lines}, (_, i) => `line ${i}\n`).join('');
  (await agent.remote()).launch(task);
  await agent.running(task);
  // The executor in the other process only takes orders to launch; a launch that comes again goes
  // on with the container of the one before.
  for (let i = 0; i < 3; i += 1) {
    await agent.crash();
    const seen = (await outputSoFar(task)).length;
    (await agent.remote()).launch(task);
    const isFurther = (text: string): boolean => text.length > seen || text === all;
    await until('more output', async () => isFurther(await outputSoFar(task)));
  }
  t.is((await agent.ended(task)).state, 'TASK_FINISHED');
  const tenths = Array.from({length: lines / 10}, (_, i) => `tenth ${10 * (i + 1)}\n`).join('');
  sameLines(t, await output(task), all);
  sameLines(t, await output(task, 'stderr'), tenths);
  const {docker, argument} = t.context.bed;
  const filters = {label: [`drydock.agent=${argument.agentId}`]};
  t.is((await docker.listContainers({all: true, filters})).length, 1);
});

/** An engine's socket by another way. @returns what it was asked for, `GET /path`. */
async function listenBetween(socket: string, engine: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(engine);
    client.on('data', (chunk) => asked.push(String(chunk).split(' HTTP/')[0] ?? ''));
    for (const side of [client, upstream]) side.on('error', () => undefined);
    client.pipe(upstream).pipe(client);
  });
  server.unref();
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return asked;
}

test('a task killed while it talks has all its output, without reading it again', async (t) => {
  const {folder, docker} = t.context.bed;
  const socket = join(folder, 'engine.sock');
  const engine = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const asked = await listenBetween(socket, engine.replace('unix://', ''));
  const bed = await makeDockerBed({host: `unix://${socket}`});
  const agent = new Agent(bed);
  try {
    const container = containerOf();
    const shell = 'while :; do seq 1000000 1000200; echo oops >&2; sleep 0.02; done';
    const task = await agent.launch({shell, container});
    await until('much output', async () => (await outputSoFar(task)).length > 200_000);
    (await agent.executor()).kill(task.spec.taskId, 0);
    t.is((await agent.ended(task)).state, 'TASK_KILLED');
    const name = containerNameOf(bed.argument.agentId, task.spec.frameworkId, task.spec.taskId);
    for (const [file, other] of [
      ['stdout', 'stderr'],
      ['stderr', 'stdout'],
    ] as const) {
      const log = await docker.getContainer(name).logs({[file]: true, [other]: false});
      const [found, wanted] = [await output(task, file), unframed(log)];
      t.true(found === wanted, `${file}: ${found.length} of ${wanted.length} bytes`);
    }
    const logs = asked.filter((line) => line.startsWith('GET') && line.includes('/logs?'));
    t.regex(logs.at(-1) ?? '', /tail=\d+/);
  } finally {
    await agent.shutDown();
    await bed.cleanUp();
  }
});

function unframed(log: Buffer): string {
  const texts: Buffer[] = [];
  for (let from = 0; from < log.length;) {
    const end = from + 8 + log.readUInt32BE(from + 4);
    texts.push(log.subarray(from + 8, end));
    from = end;
  }
  return String(Buffer.concat(texts));
}

test('a kill goes on after the agent was restarted, and its end is told as that', async (t) => {
  const {agent} = t.context;
  const task = await launch(t, {
    shell: 'trap "" TERM; touch "$MESOS_SANDBOX/ready"; while :; do sleep 0.1; done',
  });
  await until('the trap', () => stat(join(task.sandbox, 'ready')).catch(() => undefined));
  (await agent.executor()).kill(task.spec.taskId, 2000);
  const {argument} = t.context.bed;
  await until('the kill on disk', async () => (await readdir(argument.controlDir)).length > 1);
  await agent.close();
  await (await agent.executor()).recover([task]);
  const end = await agent.ended(task);
  t.is(end.state, 'TASK_KILLED');
  t.regex(end.message ?? '', /status 137/);
  t.is(agent.statesOf(task.spec.taskId).at(-2), 'TASK_KILLING');
});

test('it is asked to end in the way that its image wants', async (t) => {
  const task = await launch(t, {
    shell:
      'trap "echo usr1; exit 0" USR1; touch "$MESOS_SANDBOX/ready"; while :; do sleep 0.1; done',
    container: {parameters: [{key: 'stop-signal', value: 'SIGUSR1'}]},
  });
  await until('the trap', () => stat(join(task.sandbox, 'ready')).catch(() => undefined));
  (await t.context.agent.executor()).kill(task.spec.taskId, 60_000);
  t.is((await t.context.agent.ended(task)).state, 'TASK_KILLED');
  t.is(await output(task), 'usr1\n');
});

test('one that somebody removes behind our back has failed', async (t) => {
  const task = await launch(t, {shell: 'sleep 60'});
  await t.context.agent.running(task);
  await t.context.bed.docker.getContainer(nameOf(t, task)).remove({force: true});
  const end = await t.context.agent.ended(task);
  t.is(end.state, 'TASK_FAILED');
  t.regex(end.message ?? '', /137|removed/);
});

test('a name that a stranger has taken is not touched', async (t) => {
  const {bed, agent} = t.context;
  const task = await agent.task({shell: 'echo mine'});
  const stranger = await bed.docker.createContainer({
    name: nameOf(t, task),
    Image: task.spec.container?.image ?? '',
    Cmd: ['sleep', '60'],
  });
  try {
    (await agent.executor()).launch(task);
    const end = await agent.ended(task);
    t.is(end.state, 'TASK_FAILED');
    t.regex(end.message ?? '', /its name mesos-.* is taken/);
    t.is((await stranger.inspect()).State.Status, 'created');
  } finally {
    await stranger.remove({force: true});
  }
});

test('parameters that are none are errors, and nothing is run', async (t) => {
  const refused = async (key: string, value: string): Promise<string> => {
    const task = await launch(t, {container: {parameters: [{key, value}]}});
    const {state, message} = await t.context.agent.ended(task);
    t.is(state, 'TASK_ERROR');
    return message ?? '';
  };
  t.regex(await refused('no-such-option', 'x'), /'no-such-option' is not known/);
  t.regex(await refused('memory', 'lots'), /'memory': expected an amount of memory.*'lots'/);
  t.regex(await refused('restart', 'always'), /'restart': tasks are restarted by/);
});

test('parameters that the engine refuses fail the task, in its words', async (t) => {
  const task = await launch(t, {container: {parameters: [{key: 'cap-add', value: 'NOTHING'}]}});
  const end = await t.context.agent.ended(task);
  t.is(end.state, 'TASK_FAILED');
  t.regex(end.message ?? '', /Failed to create .*NOTHING/);
});

test('parameters reach the container', async (t) => {
  const said = await outputOf(t, {
    shell:
      'hostname; grep -c example /etc/hosts; ulimit -n; echo $MORE; ls /dev/shm -d; ' +
      'df -k /dev/shm | tail -1; touch /x || pwd',
    container: {
      network: {mode: 'bridge'},
      parameters: [
        {key: 'hostname', value: 'boat'},
        {key: 'add-host', value: 'db.example:10.1.2.3'},
        {key: 'ulimit', value: 'nofile=1234:2345'},
        {key: 'env', value: 'MORE=a=b'},
        {key: 'shm-size', value: '8m'},
        {key: 'read-only', value: 'true'},
        {key: 'workdir', value: '/tmp'},
      ],
    },
  });
  const [hostname, hosts, files, more, shm, space = '', workdir] = said.trim().split('\n');
  t.deepEqual([hostname, hosts, files, more, shm], ['boat', '1', '1234', 'a=b', '/dev/shm']);
  t.regex(space, /\b8192\b/);
  t.is(workdir, '/tmp');
});

test('anonymous volumes go with their task', async (t) => {
  const {bed, agent} = t.context;
  const task = await launch(t, {
    shell: 'echo x > /data/x',
    container: {parameters: [{key: 'volume', value: '/data'}]},
  });
  await agent.ended(task);
  const {Mounts} = await bed.docker.getContainer(nameOf(t, task)).inspect();
  const volume = Mounts.find(({Type}) => Type === 'volume')?.Name ?? '';
  await bed.docker.getVolume(volume).inspect();
  await (await agent.executor()).forget(task.spec.taskId);
  await t.throwsAsync(bed.docker.getVolume(volume).inspect());
  t.deepEqual(await bed.leftovers(), []);
});

test('a command beside it that is ended by force leaves no process behind', async (t) => {
  const {agent, bed} = t.context;
  const task = await launch(t, {shell: 'sleep 60'});
  await agent.running(task);
  const session = await (
    await agent.executor()
  ).exec(task.spec.taskId, {
    argv: ['/bin/sh', '-c', 'echo here; sleep 1234 & sleep 4321'],
    tty: false,
  });
  await new Promise((resolve) => session.stdout.once('data', resolve));
  session.kill();
  t.is((await session.ended).exitCode, 137);
  await until('the end of its child', async () => {
    const top = await bed.docker.getContainer(nameOf(t, task)).top();
    return !JSON.stringify(top).includes('1234');
  });
  t.is((await bed.docker.getContainer(nameOf(t, task)).inspect()).State.Running, true);
});

test('a command that is not there ends with the code that shells have for it', async (t) => {
  const task = await launch(t, {shell: 'sleep 60'});
  await t.context.agent.running(task);
  const session = await (
    await t.context.agent.executor()
  ).exec(task.spec.taskId, {
    argv: ['/no/such/command'],
    tty: false,
  });
  let said = '';
  for await (const chunk of session.stdout as Readable) said += String(chunk);
  t.true([126, 127].includes((await session.ended).exitCode));
  t.regex(said, /no such file/);
});
