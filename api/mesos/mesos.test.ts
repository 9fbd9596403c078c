/** The read side of a Mesos master, as its web UI, mesos-dns, dcos-cli and exporters read it. */
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';
import type {GatewayOptions} from '../gateway-options.ts';
import {agentIdOf} from '../../engine/index.ts';
import {makeGateway} from '../gateway.ts';
import {EngineCluster, STARTED_AT, type ClusterSetup} from '../testing/engine-cluster.ts';

const APP = {id: '/shop/web', cmd: 'sleep 1000', cpus: 0.5, mem: 64};
const DOCKER = {
  ...APP,
  labels: {team: 'py'},
  user: 'nobody',
  networks: [{mode: 'container/bridge'}],
  container: {
    type: 'DOCKER',
    docker: {image: 'nginx:1', forcePullImage: true, parameters: [{key: 'cap-add', value: 'ALL'}]},
    portMappings: [{containerPort: 80, hostPort: 0, name: 'http', labels: {VIP_0: '/web:80'}}],
    volumes: [{containerPath: '/data', hostPath: '/srv', mode: 'RO'}],
  },
};

// What is read of answers here; the tests say what must be in it.
type Fields = Readonly<Record<string, never>>;
// oxlint-disable-next-line typescript/no-explicit-any -- answers are JSON of many forms
type Json = any;

interface Scene {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
  readonly get: (url: string) => Promise<Json>;
}

function scene(
  t: ExecutionContext,
  {options, setup}: {options?: Partial<GatewayOptions>; setup?: ClusterSetup} = {},
): Scene {
  const cluster = new EngineCluster(setup);
  const app = makeGateway(cluster, {now: () => cluster.now, ...options});
  t.teardown(() => app.close());
  const get = async (url: string): Promise<Json> => {
    const answer = await app.inject({url});
    t.is(answer.statusCode, 200, `${url}: ${answer.body}`);
    t.is(answer.headers['content-type'], 'application/json', url);
    return answer.json();
  };
  return {cluster, app, get};
}

/** All that is wanted is launched on the first offer. */
const FAST = {setup: {marathon: {launchesPerOfferMax: 1000}}};

async function put({cluster, app}: Scene, definition: object): Promise<void> {
  await app.inject({method: 'POST', url: '/v2/apps', payload: definition});
  cluster.run(20_000);
}

test('the state is found under every name that Mesos has for it, and no other', async (t) => {
  const {cluster, app, get} = scene(t);
  cluster.join('a1');
  for (const path of [
    '/state',
    '/master/state',
    '/master/state/',
    '/mesos/state',
    '//state',
    '/mesos/master/state',
    '/master/%73tate',
  ]) {
    t.is((await get(path)).pid, 'master@127.0.0.1:5050', path);
  }
  for (const path of ['/state.json', '/master/state.json', '/files/read.json', '/master/none']) {
    t.is((await app.inject({url: path})).statusCode, 404, path);
  }
  const old = scene(t, {options: {jsonSuffixes: true}});
  t.is((await old.get('/master/state.json')).hostname, '127.0.0.1');
  t.is((await app.inject({method: 'POST', url: '/master/state'})).statusCode, 405);
  const {headers, body} = await app.inject({method: 'DELETE', url: '/state'});
  t.is(headers['allow'], 'GET');
  t.is(body, "Expecting one of { 'GET' }, but received 'DELETE'.");
});

test('the state tells who leads and what there is', async (t) => {
  const {cluster, get} = scene(t);
  cluster.join('a1', 'cpus:8;mem:1024;ports:[31000-31009];cpus(web):2', {
    attributes: {rack: 'r1', level: 3, zones: {set: ['a', 'b']}},
    region: 'eu',
    zone: 'eu-1',
  });
  const state = await get('/state');
  t.like(state, {
    version: '1.11.0',
    id: 'master-1',
    hostname: '127.0.0.1',
    start_time: STARTED_AT / 1000,
    elected_time: STARTED_AT / 1000,
    activated_slaves: 1,
    deactivated_slaves: 0,
    unreachable_slaves: 0,
    leader: 'master@127.0.0.1:5050',
    leader_info: {id: 'master-1', pid: 'master@127.0.0.1:5050', port: 5050, hostname: '127.0.0.1'},
    cluster: 'drydock',
    flags: {zk: 'zk://z1/drydock'},
    recovered_slaves: [],
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
  });
  const [agent] = state.slaves;
  t.like(agent, {
    id: 'a1',
    hostname: 'a1.example',
    port: 5051,
    pid: 'slave(1)@a1.example:5051',
    attributes: {rack: 'r1', level: 3, zones: '{a, b}'},
    domain: {fault_domain: {region: {name: 'eu'}, zone: {name: 'eu-1'}}},
    registered_time: STARTED_AT / 1000,
    resources: {cpus: 10, gpus: 0, mem: 1024, disk: 0, ports: '[31000-31009]'},
    used_resources: {cpus: 0, gpus: 0, mem: 0, disk: 0},
    reserved_resources: {web: {cpus: 2, gpus: 0, mem: 0, disk: 0}},
    unreserved_resources: {cpus: 8, gpus: 0, mem: 1024, disk: 0, ports: '[31000-31009]'},
    active: true,
    deactivated: false,
    version: '1.11.0',
  });
  t.deepEqual(agent.reserved_resources_full, {
    web: [
      {
        name: 'cpus',
        type: 'SCALAR',
        scalar: {value: 2},
        reservations: [{type: 'STATIC', role: 'web'}],
        role: 'web',
      },
    ],
  });
  const [marathon] = state.frameworks;
  t.like(marathon, {
    id: 'marathon',
    name: 'marathon',
    active: true,
    connected: true,
    recovered: false,
    roles: ['*'],
    hostname: '127.0.0.1',
    webui_url: 'http://127.0.0.1:5050/service/marathon/',
    executors: [],
  });
  t.false('pid' in marathon, 'mesos-dns drops a state in which one has an empty pid');
  t.true(marathon.capabilities.includes('PARTITION_AWARE'));
});

test('a task is shown with its labels, its ports and its container', async (t) => {
  const world = scene(t);
  world.cluster.join('a1');
  await put(world, DOCKER);
  const state = await world.get('/state');
  const [task] = state.frameworks[0].tasks;
  const port = Number(/\[(\d+)-/.exec(task.resources.ports)?.[1]);
  t.deepEqual(task, {
    id: task.id,
    name: 'web.shop',
    framework_id: 'marathon',
    executor_id: '',
    slave_id: 'a1',
    state: 'TASK_RUNNING',
    resources: {cpus: 0.5, gpus: 0, mem: 64, disk: 0, ports: `[${port}-${port}]`},
    role: '*',
    statuses: [
      {
        state: 'TASK_RUNNING',
        timestamp: STARTED_AT / 1000,
        container_status: {
          container_id: {value: task.id},
          network_infos: [{ip_addresses: [{protocol: 'IPv4', ip_address: '172.17.0.2'}]}],
        },
      },
    ],
    user: 'nobody',
    labels: [{key: 'team', value: 'py'}],
    discovery: {
      visibility: 'FRAMEWORK',
      name: 'web.shop',
      ports: {
        ports: [
          {
            number: port,
            name: 'http',
            protocol: 'tcp',
            labels: {
              labels: [
                {key: 'VIP_0', value: '/web:80'},
                {key: 'network-scope', value: 'host'},
              ],
            },
          },
        ],
      },
    },
    container: {
      type: 'DOCKER',
      docker: {
        image: 'nginx:1',
        network: 'BRIDGE',
        port_mappings: [{host_port: port, container_port: 80, protocol: 'tcp'}],
        privileged: false,
        parameters: [
          {key: 'cap-add', value: 'ALL'},
          {key: 'label', value: `MESOS_TASK_ID=${task.id}`},
        ],
        force_pull_image: true,
      },
      volumes: [{container_path: '/data', host_path: '/srv', mode: 'RO'}],
    },
  });
  t.is(state.slaves[0].used_resources.ports, `[${port}-${port}]`);
  t.is(state.frameworks[0].used_resources.cpus, 0.5);
});

test('ports of plain processes are found by their names, for both protocols', async (t) => {
  const world = scene(t);
  world.cluster.join('a1');
  await put(world, {...APP, portDefinitions: [{port: 0, name: 'dns', protocol: 'udp,tcp'}]});
  const {tasks} = await world.get('/tasks');
  const port = Number(/\[(\d+)-/.exec(tasks[0].resources.ports)?.[1]);
  t.deepEqual(tasks[0].discovery.ports.ports, [
    {number: port, name: 'dns', protocol: 'udp'},
    {number: port, name: 'dns', protocol: 'tcp'},
  ]);
  t.false('container' in tasks[0]);
});

test('states of a task follow each other, and ended ones are completed', async (t) => {
  const world = scene(t);
  const {cluster, get} = world;
  cluster.tasksRun = false;
  cluster.join('a1');
  await put(world, APP);
  const staging = await get('/tasks');
  t.like(staging.tasks[0], {state: 'TASK_STAGING', statuses: []});
  const {id} = staging.tasks[0];
  for (const [state, healthy] of [
    ['TASK_STARTING', undefined],
    ['TASK_RUNNING', undefined],
    ['TASK_RUNNING', false],
    ['TASK_RUNNING', true],
  ] as const) {
    cluster.now += 1000;
    cluster.report(id, state, healthy === undefined ? {} : {healthy});
  }
  const running = await get(`/tasks?task_id=${id}`);
  t.deepEqual(
    running.tasks[0].statuses.map(({state, healthy}: Json) => [state, healthy]),
    [
      ['TASK_STARTING', undefined],
      ['TASK_RUNNING', true],
    ],
  );
  cluster.report(id, 'TASK_FAILED');
  const [marathon] = (await get('/state')).frameworks;
  t.deepEqual(
    marathon.tasks.filter((task: Json) => task.id === id),
    [],
  );
  t.like(marathon.completed_tasks[0], {id, state: 'TASK_FAILED', name: 'web.shop', slave_id: 'a1'});
  t.is(marathon.completed_tasks[0].resources.cpus, 0.5);
  const summary = await get('/state-summary');
  t.like(summary.frameworks[0], {id: 'marathon', TASK_FAILED: 1, slave_ids: ['a1']});
  t.like(summary.slaves[0], {id: 'a1', TASK_FAILED: 1, framework_ids: ['marathon']});
  t.is(summary.cluster, 'drydock');
  const metrics = await get('/metrics/snapshot');
  t.is(metrics['master/tasks_failed'], 1);
});

test('tasks of a lost agent are unreachable, and known again when it is back', async (t) => {
  const world = scene(t);
  const {cluster, get} = world;
  const agentId = cluster.join('a1');
  await put(world, {
    ...APP,
    labels: {a: 'b'},
    unreachableStrategy: {inactiveAfterSeconds: 3600, expungeAfterSeconds: 7200},
  });
  const tasks = [...cluster.tasks.values()];
  cluster.step({kind: 'agentDisconnected', agentId});
  t.like((await get('/state')).slaves[0], {active: false});
  t.like(await get('/metrics/snapshot'), {
    'master/slaves_disconnected': 1,
    'master/slaves_inactive': 1,
    'master/slaves_active': 0,
  });
  cluster.run(100_000);
  const lost = await get('/state');
  t.is(lost.unreachable_slaves, 1);
  t.deepEqual(lost.slaves, []);
  t.deepEqual(lost.frameworks[0].tasks, []);
  t.like(lost.frameworks[0].unreachable_tasks[0], {
    name: 'web.shop',
    state: 'TASK_UNREACHABLE',
    slave_id: 'a1',
    role: '*',
    labels: [{key: 'a', value: 'b'}],
  });
  t.is(lost.frameworks[0].unreachable_tasks[0].resources.cpus, 0.5);
  t.is((await get('/metrics/snapshot'))['master/tasks_unreachable'], 1);
  cluster.join('a1', undefined, {tasks});
  const back = await get('/state');
  t.is(back.unreachable_slaves, 0);
  t.like(back.frameworks[0].tasks[0], {state: 'TASK_RUNNING', labels: [{key: 'a', value: 'b'}]});
  t.deepEqual(back.frameworks[0].unreachable_tasks, []);
  t.true(back.slaves[0].reregistered_time > back.slaves[0].registered_time);
});

test('what an agent does not know any more is gone', async (t) => {
  const world = scene(t);
  const {cluster, get} = world;
  cluster.join('a1');
  await put(world, APP);
  const [id] = cluster.tasks.keys();
  cluster.join('a1');
  const [marathon] = (await get('/state')).frameworks;
  t.like(marathon.completed_tasks[0], {id, state: 'TASK_GONE'});
  const metrics = await get('/metrics/snapshot');
  t.is(metrics['master/tasks_gone'], 1);
  t.is(metrics['master/slave_reregistrations'], 1);
});

test('a thousand ended tasks are remembered per framework, and no more', async (t) => {
  const world = scene(t, FAST);
  const {cluster, get} = world;
  cluster.join('a1', 'cpus:1000;mem:100000;ports:[1-60000]');
  await put(world, {...APP, instances: 100, cpus: 0.01, mem: 32, backoffSeconds: 0});
  for (let round = 0; round < 11; round += 1) {
    for (const id of [...cluster.tasks.keys()]) cluster.report(id, 'TASK_FINISHED');
    cluster.run(20_000);
  }
  const [marathon] = (await get('/frameworks')).frameworks;
  t.is(marathon.completed_tasks.length, 1000);
  t.is((await get('/tasks?limit=-1')).tasks.length, 1000 + marathon.tasks.length);
  t.is((await get('/metrics/snapshot'))['master/tasks_finished'], 1100);
});

test('tasks are listed newest first and a hundred, unless asked otherwise', async (t) => {
  const world = scene(t, FAST);
  const {cluster, get} = world;
  cluster.join('a1', 'cpus:1000;mem:100000;ports:[1-60000]');
  for (const id of ['/a', '/b', '/c']) {
    await put(world, {...APP, id, instances: 40, cpus: 0.01});
  }
  const names = async (query: string): Promise<string[]> =>
    (await get(`/master/tasks${query}`)).tasks.map(({name}: Json) => name);
  const first = await names('');
  t.deepEqual([first.length, first[0], first.at(-1)], [100, 'c', 'a']);
  t.deepEqual((await names('?order=asc&limit=1'))[0], 'a');
  t.is((await names('?limit=-1')).length, 120);
  t.is((await names('?limit=1000')).length, 120);
  t.is((await names('?limit=nonsense')).length, 100);
  t.deepEqual(await names('?limit=2&offset=119'), ['a']);
  t.deepEqual(await names('?offset=-1'), []);
  t.deepEqual(await names('?framework_id=chronos'), []);
  const {id} = (await get('/tasks?limit=1')).tasks[0];
  t.is((await names(`?task_id=${id}`)).length, 1);
});

test('roles are shown with what counts for their quota', async (t) => {
  const quotas = [{role: 'shop', guarantees: {cpus: 1000}, limits: {cpus: 4000, mem: 8_192_000}}];
  const world = scene(t, {setup: {quotas, weights: {shop: 2.5, 'shop/a': 1.5}}});
  world.cluster.join('a1', 'cpus:8;mem:1024;ports:[31000-31009];mem(shop):100');
  await put(world, {
    ...APP,
    role: 'shop',
    portDefinitions: [{port: 0}],
    acceptedResourceRoles: ['*'],
  });
  const {roles} = await world.get('/roles');
  const shop = roles.find(({name}: Json) => name === 'shop');
  t.like(shop, {
    name: 'shop',
    weight: 2.5,
    quota: {
      role: 'shop',
      consumed: {cpus: 0.5, mem: 164},
      guarantee: {cpus: 1},
      limit: {cpus: 4, mem: 8192},
    },
    allocated: {cpus: 0.5, ports: 1},
    offered: {},
    resources: {cpus: 0.5, gpus: 0, disk: 0, ports: 1},
    reserved: {mem: 100},
    frameworks: ['marathon'],
  });
  t.like(
    roles.find(({name}: Json) => name === 'shop/a'),
    {weight: 1.5, frameworks: []},
  );
});

test('one agent and one framework are shown alone; those awaited stand apart', async (t) => {
  const world = scene(t);
  const {cluster, get} = world;
  cluster.join('a1');
  cluster.join('a2');
  t.deepEqual(
    (await get('/slaves?slave_id=a2')).slaves.map(({id}: Json) => id),
    ['a2'],
  );
  t.deepEqual((await get('/slaves?slave_id=none')).slaves, []);
  t.is((await get('/frameworks?framework_id=chronos')).frameworks.length, 1);
  cluster.depose();
  cluster.lead();
  cluster.join('a2');
  const after = await get('/slaves');
  t.deepEqual(
    [after.slaves, after.recovered_slaves].map((all) => all.map(({id}: Json) => id)),
    [['a2'], ['a1']],
  );
});

test('planned maintenance is shown as windows', async (t) => {
  const {cluster, get} = scene(t);
  const agentId = cluster.join('a1');
  t.deepEqual(await get('/maintenance/schedule'), {});
  const unavailability = {startMs: STARTED_AT + 60_000, durationMs: 3_600_000};
  await cluster.operatorRequest({type: 'updateUnavailability', agentId, unavailability});
  t.deepEqual(await get('/master/maintenance/schedule'), {
    windows: [
      {
        machine_ids: [{hostname: 'a1.example'}],
        unavailability: {
          start: {nanoseconds: (STARTED_AT + 60_000) * 1_000_000},
          duration: {nanoseconds: 3_600_000_000_000},
        },
      },
    ],
  });
});

test('pages get what they ask for as a script', async (t) => {
  const {cluster, app} = scene(t);
  cluster.join('a1');
  for (const path of [
    '/master/state',
    '/metrics/snapshot',
    '/master/roles',
    '/master/maintenance/schedule',
  ]) {
    const {headers, body} = await app.inject({url: `${path}?jsonp=angular.callbacks._1`});
    t.is(headers['content-type'], 'text/javascript', path);
    t.regex(body, /^angular\.callbacks\._1\(\{.*\}\);$/, path);
  }
  const {statusCode} = await app.inject({url: '/state?jsonp=%3Cscript%3E'});
  t.is(statusCode, 400);
});

test('the metrics that Mesos always has are there, with what is true of this master', async (t) => {
  const world = scene(t);
  world.cluster.join('a1', 'cpus:8;mem:1024;disk:2048;ports:[31000-31009]');
  await put(world, APP);
  const metrics = await world.get('/metrics/snapshot');
  t.like(metrics, {
    'master/elected': 1,
    'master/uptime_secs': 20,
    'master/slaves_active': 1,
    'master/slaves_connected': 1,
    'master/frameworks_active': 2,
    'master/tasks_running': 1,
    'master/cpus_total': 8,
    'master/cpus_used': 0.5,
    'master/cpus_percent': 0.0625,
    'master/mem_total': 1024,
    'master/disk_revocable_total': 0,
    'master/messages_launch_tasks': 1,
    'master/messages_status_update': 1,
    'master/messages_register_slave': 1,
    'master/dropped_messages': 0,
    'master/frameworks/marathon/marathon/tasks/active/task_running': 1,
    'master/frameworks/marathon/marathon/calls/accept': 1,
    'master/frameworks/marathon/marathon/calls/acknowledge': 1,
    'master/frameworks/marathon/marathon/calls/teardown': 0,
    'master/frameworks/marathon/marathon/events/update': 1,
    'master/frameworks/marathon/marathon/operations': 1,
    'master/frameworks/marathon/marathon/operations/launch': 1,
    'master/frameworks/marathon/marathon/tasks/terminal/task_failed': 0,
    'master/operations/total': 0,
    'master/operations/create/pending': 0,
    'registrar/queued_operations': 0,
    'registrar/log/recovered': 1,
    'registrar/log/ensemble_size': 1,
    'registrar/state_store_ms': 0,
    'allocator/mesos/resources/cpus/total': 8,
    'allocator/mesos/resources/cpus/offered_or_allocated': 0.5,
  });
  t.true(metrics['allocator/mesos/allocation_runs'] > 0);
  t.true(metrics['system/mem_total_bytes'] > 0);
  t.true('master/frameworks/marathon/marathon/roles/*/suppressed' in metrics);
  t.true(metrics['registrar/registry_size_bytes'] > 0);
  for (const value of Object.values(metrics as Fields)) t.is(typeof value, 'number');
});

test('processes are named by their addresses in numbers, where these are known', async (t) => {
  const {cluster, get} = scene(t, {setup: {self: {hostname: 'm1.example', ip: '10.0.0.1'}}});
  cluster.join('a1', undefined, {ip: '10.0.0.2'});
  cluster.join('a2', undefined, {ip: 'fd00::2', port: 5052});
  cluster.join('a3');
  const {hostname, pid, leader, leader_info, slaves} = await get('/state');
  t.deepEqual([hostname, leader_info.hostname], ['m1.example', 'm1.example']);
  t.deepEqual([pid, leader, leader_info.pid], Array(3).fill('master@10.0.0.1:5050'));
  t.deepEqual(
    slaves.map((slave: Json) => [slave.hostname, slave.pid]),
    [
      ['a1.example', 'slave(1)@10.0.0.2:5051'],
      ['a2.example', 'slave(1)@[fd00::2]:5052'],
      ['a3.example', 'slave(1)@a3.example:5051'],
    ],
  );
});

test('what only the world can time is among the metrics once it has been timed', async (t) => {
  const {cluster, get} = scene(t);
  const timed = /^(allocator\/mesos\/allocation_run|registrar\/state_fetch)/;
  const names = Object.keys(await get('/metrics/snapshot')).filter((name) => timed.test(name));
  t.deepEqual(names, ['allocator/mesos/allocation_runs']);
  cluster.measured('recordsRead', 7);
  cluster.measured('allocation', 2);
  cluster.measured('allocation', 4);
  cluster.measured('allocationDelay', 1);
  const metrics = await get('/metrics/snapshot');
  t.like(metrics, {
    'registrar/state_fetch_ms': 7,
    'allocator/mesos/allocation_run_ms': 4,
    'allocator/mesos/allocation_run_ms/count': 2,
    'allocator/mesos/allocation_run_ms/min': 2,
    'allocator/mesos/allocation_run_ms/max': 4,
    'allocator/mesos/allocation_run_ms/p50': 3,
    'allocator/mesos/allocation_run_latency_ms': 1,
  });
  t.false('allocator/mesos/allocation_run_latency_ms/count' in metrics);
});

test('ends of tasks are counted by who tells of them and why', async (t) => {
  const world = scene(t, FAST);
  const {cluster, get} = world;
  const agentId = cluster.join('a1');
  await put(world, {...APP, instances: 3});
  const [failed = '', killed = ''] = cluster.tasks.keys();
  cluster.report(failed, 'TASK_FAILED', {reason: 'REASON_COMMAND_EXECUTOR_FAILED'});
  cluster.report(killed, 'TASK_FAILED', {reason: 'REASON_CONTAINER_LIMITATION_MEMORY'});
  t.like(await get('/metrics/snapshot'), {
    'master/task_failed/source_executor/reason_command_executor_failed': 1,
    'master/task_failed/source_slave/reason_container_limitation_memory': 1,
    'master/frameworks/marathon/marathon/tasks/terminal/task_failed': 2,
  });
  cluster.step({kind: 'agentDisconnected', agentId});
  cluster.run(100_000);
  const metrics = await get('/metrics/snapshot');
  t.true(metrics['master/task_unreachable/source_master/reason_slave_removed'] >= 1);
});

test('the log of a master is among its files', async (t) => {
  const {app} = scene(t, {options: {logFile: import.meta.filename}});
  const read = await app.inject({url: '/files/read?path=/master/log&offset=0&length=3'});
  t.is(read.body, '{"data":"/**","offset":0}');
  const other = await app.inject({url: '/files/read?path=/etc/passwd&offset=0'});
  t.is(other.statusCode, 404);
});

test('a master and agents of one machine are shown in each role, and as one node', async (t) => {
  const {cluster, get} = scene(t);
  for (const name of ['a1', 'a2']) cluster.join(name, 'cpus:1', {ip: '127.0.0.1'});
  cluster.join('a3', 'cpus:1', {ip: '10.0.0.3'});
  cluster.step({kind: 'agentDisconnected', agentId: agentIdOf('a2')});
  const health = '/system/health/v1';
  t.deepEqual(await get(`${health}/nodes`), {
    nodes: [
      {host_ip: '127.0.0.1', health: 0, role: 'master'},
      {host_ip: '127.0.0.1', health: 1, role: 'agent'},
      {host_ip: '10.0.0.3', health: 0, role: 'agent'},
    ],
  });
  t.deepEqual(await get(`${health}/nodes/127.0.0.1`), {
    ...{host_ip: '127.0.0.1', health: 1, role: 'master'},
  });
  const {units} = await get(`${health}/nodes/127.0.0.1/units`);
  t.deepEqual(
    units.map(({id, health: one}: Json) => [id, one]),
    [
      ['drydock-agent.service', 1],
      ['drydock-chronos.service', 0],
      ['drydock-marathon.service', 0],
      ['drydock-master.service', 0],
    ],
  );
  const unit = 'drydock-agent.service';
  t.like(await get(`${health}/nodes/127.0.0.1/units/${unit}`), {
    id: unit,
    output: 'The agent is disconnected.',
  });
  t.like(await get(`${health}/units/${unit}/nodes/127.0.0.1`), {health: 1, role: 'agent'});
  const {Nodes} = await get(`${health}/report`);
  t.is(Nodes['127.0.0.1'].units.length, 4);
});
