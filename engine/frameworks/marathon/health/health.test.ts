/**
 * Health and readiness: the conformance suite, the rules one by one, and the whole against a small
 * fake master.
 */
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {parse} from 'yaml';
import type {ProbeOutcome} from '../../../probes.ts';
import type {
  HealthCheck,
  Network,
  PortMapping,
  ReadinessCheck,
} from '../definition/app-definition.ts';
import type {Condition, Instance} from '../instances/instances.ts';
import {FakeCluster} from '../testing/fake-cluster.ts';
import {aggregate, healthOf} from './aggregate.ts';
import {healthCheckResults} from './health-form.ts';
import {
  healthRecordFrom,
  isAlive,
  takeVerdict,
  type HealthRecord,
  type HealthTerms,
  type Verdict,
} from './health-record.ts';
import {parseShare} from './kill-guard.ts';
import {verdictOf} from './probe-result.ts';
import {healthTarget, readinessTarget} from './probe-target.ts';
import {Readiness, type ReadinessSnapshot} from './readiness.ts';

// The conformance suite (conformance/marathon/README.md, health.yaml).

interface SuiteCheck {
  readonly protocol: HealthCheck['protocol'];
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly maxConsecutiveFailures: number;
  readonly ignoreHttp1xx?: boolean;
  readonly port?: number;
  readonly portIndex?: number;
}

interface Stimulus {
  readonly at?: number;
  readonly result?: 'healthy' | 'unhealthy';
  readonly status?: number;
  readonly condition?: Condition;
  readonly check?: string;
  readonly advanceTo?: number;
}

interface Given {
  readonly check: SuiteCheck;
  readonly instance: {condition: Condition; since: number; consecutiveFailures?: number};
  readonly checks?: readonly string[];
  readonly network?: Network['mode'];
  readonly hostPorts?: readonly number[];
  readonly mappings?: readonly {containerPort: number; hostPort: number | null}[];
  readonly containerIp?: string;
}

interface SuiteCase {
  readonly id: string;
  readonly given: Given;
  readonly when?: readonly Stimulus[];
  readonly then: {
    readonly after?: readonly Readonly<Record<string, unknown>>[];
    readonly probesAt?: readonly number[];
    readonly probePort?: number;
    readonly probeHost?: 'agent' | 'container';
  };
}

function suite(): readonly SuiteCase[] {
  const folders = [
    '../../../../../shared/conformance/marathon',
    '../../../../conformance/marathon',
  ];
  const file = folders
    .map((folder) => new URL(`${folder}/health.yaml`, import.meta.url))
    .find((url) => existsSync(url));
  if (file === undefined) throw new Error('no suite health');
  const {defaults, cases} = parse(readFileSync(file, 'utf8')) as {
    defaults: Pick<Given, 'check' | 'instance'>;
    cases: readonly SuiteCase[];
  };
  return cases.map((entry) => ({
    ...entry,
    given: {
      ...entry.given,
      check: {...defaults.check, ...entry.given.check},
      instance: {...defaults.instance, ...entry.given.instance},
    },
  }));
}

const outcomeOf = ({result, status}: Stimulus): ProbeOutcome => {
  if (status !== undefined) return {kind: 'http', status};
  return result === 'healthy' ? {kind: 'connected'} : {kind: 'failed', cause: 'refused'};
};

/** One instance and one check. */
function recordCase({given, when = []}: SuiteCase): readonly Readonly<Record<string, unknown>>[] {
  const {check, instance} = given;
  let {condition, since} = instance;
  let record: HealthRecord | undefined;
  if (instance.consecutiveFailures !== undefined) {
    record = healthRecordFrom({consecutiveFailures: instance.consecutiveFailures});
  }
  return when.map((stimulus) => {
    const {at = 0} = stimulus;
    const events: string[] = [];
    let kill = false;
    if (stimulus.condition !== undefined) {
      condition = stimulus.condition;
      since = at;
    } else {
      const step = takeVerdict(record, verdictOf(check, outcomeOf(stimulus)), at, {
        graceMs: check.gracePeriodSeconds * 1000,
        failuresMax: check.maxConsecutiveFailures,
        isRunning: condition === 'Running',
        since,
      });
      if (step?.failed === true) events.push('failed_health_check_event');
      if (step?.kill === true) events.push('unhealthy_instance_kill_event');
      if (step?.alive !== undefined) events.push(`health_status_changed_event:${step.alive}`);
      kill = step?.kill ?? false;
      record = step?.next ?? record;
    }
    return {
      consecutiveFailures: record?.consecutiveFailures ?? 0,
      alive: isAlive(record),
      kill,
      events,
    };
  });
}

/** Several checks of one instance. */
function aggregateCase({
  given,
  when = [],
}: SuiteCase): readonly Readonly<Record<string, unknown>>[] {
  const {check, instance, checks = []} = given;
  const records: (HealthRecord | undefined)[] = checks.map(() => undefined);
  let health: boolean | undefined;
  return when.map((stimulus) => {
    const index = checks.indexOf(stimulus.check ?? '');
    if (index >= 0) {
      const verdict = verdictOf(check, outcomeOf(stimulus));
      const step = takeVerdict(records[index], verdict, stimulus.at ?? 0, {
        graceMs: check.gracePeriodSeconds * 1000,
        failuresMax: check.maxConsecutiveFailures,
        isRunning: instance.condition === 'Running',
        since: instance.since,
      });
      records[index] = step?.next ?? records[index];
    }
    const before = health;
    const all = checks.map(() => ({...CHECK, ...check}));
    health = healthOf(all, records, undefined);
    const events = health === before ? [] : [`instance_health_changed_event:${health ?? null}`];
    return {health: health ?? null, events};
  });
}

const CHECK: HealthCheck = {
  protocol: 'HTTP',
  gracePeriodSeconds: 300,
  intervalSeconds: 60,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
  delaySeconds: 15,
  ipProtocol: 'IPv4',
  path: '/',
  portIndex: 0,
};

function probesUntil(check: SuiteCheck, until: number): readonly number[] {
  const fake = running({check});
  const at: number[] = [];
  for (;;) {
    const next = fake.nextTimerAt('healthCheck');
    if (next === undefined || next > until) return at;
    fake.advanceTo(next);
    if (fake.probes.length > 0) at.push(fake.now);
    fake.answerProbes(() => WELL);
  }
}

function targetCase({given}: SuiteCase): Readonly<Record<string, unknown>> {
  const {check, network = 'host', mappings, hostPorts, containerIp} = given;
  const portMappings = mappings?.map(({containerPort, hostPort}): PortMapping => ({
    containerPort,
    ...(hostPort !== null && {hostPort}),
    servicePort: 0,
    protocol: 'tcp',
    labels: {},
  }));
  const target = healthTarget(
    check,
    {
      networks: [{mode: network}],
      ...(portMappings && {container: {type: 'MESOS', volumes: [], portMappings}}),
    },
    {
      host: 'agent',
      containerIp: containerIp === undefined ? undefined : 'container',
      hostPorts: hostPorts ?? mappings?.map(({hostPort}) => hostPort) ?? [],
    },
  );
  return target.ok ? {probePort: target.port, probeHost: target.host} : {};
}

for (const entry of suite()) {
  test(entry.id, (t) => {
    const {then, given, when = []} = entry;
    if (then.probesAt !== undefined) {
      t.deepEqual(probesUntil(given.check, when[0]?.advanceTo ?? 0), then.probesAt);
    } else if (then.probePort !== undefined) {
      t.like(targetCase(entry), then);
    } else {
      t.deepEqual(given.checks ? aggregateCase(entry) : recordCase(entry), then.after);
    }
  });
}

// The rules one by one.

test('a redirect is healthy, a client error is not, 1xx only where it is ignored', (t) => {
  const kinds = (status: number, ignoreHttp1xx: boolean) =>
    verdictOf({ignoreHttp1xx}, {kind: 'http', status}).kind;
  t.deepEqual(
    [199, 200, 399, 400].map((status) => kinds(status, false)),
    ['unhealthy', 'healthy', 'healthy', 'unhealthy'],
  );
  t.is(kinds(100, true), 'ignored');
  t.is(kinds(99, true), 'unhealthy');
  t.is(kinds(200, true), 'healthy');
});

test('readiness goes to the port of its name', (t) => {
  const place = {host: 'agent', containerIp: '10.0.0.1', hostPorts: [31000, null]};
  const mapping = (containerPort: number, name: string): PortMapping => ({
    containerPort,
    servicePort: 0,
    protocol: 'tcp',
    labels: {},
    name,
  });
  const app = {
    networks: [{mode: 'container' as const}],
    container: {
      type: 'MESOS' as const,
      volumes: [],
      portMappings: [mapping(80, 'http'), mapping(8080, 'admin')],
    },
  };
  t.deepEqual(readinessTarget('http', app, place), {ok: true, host: 'agent', port: 31000});
  t.deepEqual(readinessTarget('admin', app, place), {ok: true, host: '10.0.0.1', port: 8080});
  t.false(readinessTarget('other', app, place).ok);
  t.false(readinessTarget('admin', app, {...place, containerIp: undefined}).ok);
});

test('a share is a number from 0 to 1, and no other text is', (t) => {
  t.deepEqual(['0', '1', '0.5', '.25', '1.0'].map(parseShare), [0, 1, 0.5, 0.25, 1]);
  for (const text of ['', '1.1', '-0.1', '50%', 'x', '1e-1', ' 0.5', 'Infinity', '.']) {
    t.is(parseShare(text), undefined, text);
  }
});

const verdicts = fc.array(
  fc.record({
    after: fc.integer({min: 0, max: 12}),
    kind: fc.constantFrom('healthy' as const, 'unhealthy' as const, 'ignored' as const),
    condition: fc.constantFrom<Condition>('Running', 'Running', 'Running', 'Unreachable'),
  }),
  {maxLength: 30},
);

/**
 * The naive twin keeps all results that count, and derives everything from the list anew. Seeded
 * mistakes that it finds: `>=` for `>` in the grace period, the counter compared after it was
 * raised, the first success forgotten with a failure.
 */
test('a record says what the list of all results says', (t) => {
  fc.assert(
    fc.property(
      verdicts,
      fc.integer({min: 0, max: 20}),
      fc.integer({min: 0, max: 3}),
      (list, graceMs, failuresMax) => {
        const counted: {readonly at: number; readonly isGood: boolean}[] = [];
        let record: HealthRecord | undefined;
        let now = 0;
        for (const {after, kind, condition} of list) {
          now += after;
          const terms: HealthTerms = {
            graceMs,
            failuresMax,
            isRunning: condition === 'Running',
            since: 0,
          };
          const verdict: Verdict = kind === 'unhealthy' ? {kind, cause: 'x'} : {kind};
          const failuresBefore = failuresOf(counted);
          const hadSuccess = counted.some(({isGood}) => isGood);
          const counts =
            condition === 'Running' &&
            (kind === 'healthy' || (kind === 'unhealthy' && (hadSuccess || now >= graceMs)));
          const aliveBefore = aliveOf(counted);
          if (counts) counted.push({at: now, isGood: kind === 'healthy'});
          const step = takeVerdict(record, verdict, now, terms);
          t.is(step !== undefined, counts);
          record = step?.next ?? record;
          if (step === undefined) continue;
          t.is(step.failed, kind === 'unhealthy');
          t.is(step.kill, kind === 'unhealthy' && failuresMax > 0 && failuresBefore >= failuresMax);
          const alive = aliveOf(counted);
          t.is(step.alive, alive === aliveBefore ? undefined : alive);
          t.is(isAlive(record), alive);
          t.is(record?.consecutiveFailures, failuresOf(counted));
          t.is(record?.firstSuccess, counted.find(({isGood}) => isGood)?.at);
          t.deepEqual(healthRecordFrom(step.next), {
            ...step.next,
            latestSuccess: record?.lastSuccess,
          });
        }
      },
    ),
    {seed: 1, numRuns: 500},
  );
});

interface Counted {
  readonly at: number;
  readonly isGood: boolean;
}

function failuresOf(list: readonly Counted[]): number {
  const last = list.findLastIndex(({isGood}) => isGood);
  return list.length - 1 - last;
}

function aliveOf(list: readonly Counted[]): boolean {
  const success = list.findLast(({isGood}) => isGood);
  const failure = list.findLast(({isGood}) => !isGood);
  return success !== undefined && (failure === undefined || success.at > failure.at);
}

/** Seeded mistake that it finds: false although a check has said nothing. */
test('an instance is healthy when all say so, and sick only when all have spoken', (t) => {
  const values = fc.array(fc.constantFrom(true, false, undefined), {maxLength: 4});
  fc.assert(
    fc.property(values, (list) => {
      const [good, bad, silent] = [true, false, undefined].map(
        (value) => list.filter((each) => each === value).length,
      ) as [number, number, number];
      const health = aggregate(list);
      t.is(health === true, list.length > 0 && bad + silent === 0);
      t.is(health === false, silent === 0 && bad > 0);
      t.is(good + bad + silent, list.length);
    }),
    {seed: 1},
  );
});

// The whole.

const WELL: ProbeOutcome = {kind: 'http', status: 200};
const SICK: ProbeOutcome = {kind: 'http', status: 500};

interface Wanted {
  readonly check?: Partial<SuiteCheck> | undefined;
  readonly app?: object | undefined;
  readonly shareMax?: number | undefined;
}

const HTTP = {protocol: 'HTTP', portIndex: 0, gracePeriodSeconds: 30, intervalSeconds: 10};

/** A cluster on which an app with an HTTP check has just begun to run, at instant 0. */
function running({check, app, shareMax}: Wanted = {}): FakeCluster {
  const fake = new FakeCluster(1, shareMax === undefined ? {} : {healthKillShareMax: shareMax});
  for (const name of ['a1', 'a2', 'a3']) {
    fake.agent(name, 'cpus:8;mem:9000;ports:[31000-31100]');
  }
  const reply = fake.request({
    kind: 'appPut',
    app: {
      id: '/a',
      cmd: 'serve',
      cpus: 0.1,
      mem: 32,
      portDefinitions: [{port: 0, name: 'http'}],
      healthChecks: [{...HTTP, ...check}],
      ...app,
    },
  });
  if (!reply.ok) throw new Error(reply.refusal.message);
  start(fake);
  return fake;
}

/** Whatever waits is launched and runs. */
function start(fake: FakeCluster): void {
  for (let round = 0; round < 20; round += 1) {
    fake.offer();
    for (const [id, {state}] of fake.tasks) {
      if (state === 'TASK_STAGING') fake.status(id, 'TASK_RUNNING');
    }
  }
}

/** What was published of health since the last time. */
function told(fake: FakeCluster): readonly string[] {
  const said = fake.events.splice(0).flatMap((event) => {
    if (!/health/.test(event.type)) return [];
    const value = event['alive'] ?? event['healthy'];
    const type = event.type.replace(/_event$/, '');
    return [typeof value === 'boolean' ? `${type} ${value}` : type];
  });
  return said;
}

/** Lets the next probes be asked, and answers them. */
function tick(fake: FakeCluster, answer: ProbeOutcome = SICK): readonly string[] {
  fake.advanceTo(fake.nextTimerAt('healthCheck') ?? fake.now);
  fake.answerProbes(() => answer);
  return told(fake);
}

test('D8: healthy once, then failures: killed at the fourth, and started again at once', (t) => {
  const fake = running();
  t.deepEqual(told(fake), ['add_health_check']);
  t.deepEqual(tick(fake, WELL), ['health_status_changed true', 'instance_health_changed true']);
  t.deepEqual(tick(fake), [
    'failed_health_check',
    'health_status_changed false',
    'instance_health_changed false',
  ]);
  t.deepEqual(tick(fake), ['failed_health_check']);
  t.deepEqual(tick(fake), ['failed_health_check']);
  t.deepEqual(fake.kills, []);
  t.deepEqual(tick(fake), ['failed_health_check', 'unhealthy_instance_kill']);
  t.is(fake.kills.length, 1);
  const [task = ''] = fake.kills;
  t.deepEqual(tick(fake), ['failed_health_check', 'unhealthy_instance_kill'], 'asked for again');
  t.is(fake.kills.length, 1, 'but the kill is under way');
  fake.confirmKills();
  start(fake);
  t.deepEqual([...fake.tasks.keys()], [task.replace(/\.1$/, '.2')]);
});

test('D9: never healthy: what fails in the grace period does not count', (t) => {
  const fake = running();
  told(fake);
  const seen: string[] = [];
  for (let round = 0; round < 7; round += 1) {
    for (const event of tick(fake)) seen.push(`${fake.now} ${event}`);
  }
  t.deepEqual(seen, [
    '35000 failed_health_check',
    '35000 instance_health_changed false',
    '45000 failed_health_check',
    '55000 failed_health_check',
    '65000 failed_health_check',
    '65000 unhealthy_instance_kill',
  ]);
});

test('events have the fields of their types, and no others', (t) => {
  const fake = running({check: {gracePeriodSeconds: 0, maxConsecutiveFailures: 1}});
  const [instance] = fake.marathon.instancesOf('/a');
  const version = instance?.spec.versionText;
  tick(fake, WELL);
  fake.events.length = 0;
  fake.advanceTo(15_000);
  fake.answerProbes(() => SICK);
  fake.advanceTo(25_000);
  fake.answerProbes(() => ({kind: 'failed', cause: 'too late'}));
  const healthCheck = instance?.spec.app.definition.healthChecks?.[0];
  const failed = {
    type: 'failed_health_check_event',
    appId: '/a',
    taskId: instance?.id,
    healthCheck,
  };
  t.deepEqual(fake.events, [
    failed,
    {
      type: 'health_status_changed_event',
      appId: '/a',
      instanceId: instance?.id,
      version,
      alive: false,
    },
    {
      type: 'instance_health_changed_event',
      instanceId: instance?.id,
      runSpecId: '/a',
      runSpecVersion: version,
      healthy: false,
    },
    failed,
    {
      type: 'unhealthy_instance_kill_event',
      appId: '/a',
      taskId: `${instance?.id}._app.1`,
      instanceId: instance?.id,
      version,
      reason: 'too late',
      host: instance?.host,
      slaveId: instance?.agentId,
    },
  ]);
});

test('a probe is plain data, and all of a tick come in one effect', (t) => {
  const fake = running({check: {}, app: {instances: 3}});
  fake.trace.length = 0;
  fake.advanceTo(5000);
  t.is(fake.probes.length, 3);
  t.is(fake.trace.filter((entry) => (entry as unknown[])[0] === 'probe').length, 1);
  const [instance] = fake.marathon.instancesOf('/a');
  t.deepEqual(JSON.parse(JSON.stringify(fake.probes[0])), {
    probeId: `${instance?.id}._app.1#0`,
    taskId: `${instance?.id}._app.1`,
    agentId: instance?.agentId,
    purpose: 'health',
    protocol: 'HTTP',
    host: instance?.host,
    port: instance?.hostPorts[0],
    path: '/',
    timeoutMs: 20_000,
  });
});

test('what is not answered is not asked again in its time, and does not stop the others', (t) => {
  const fake = running({check: {gracePeriodSeconds: 0}, app: {instances: 2}});
  const [silent = ''] = fake.tasks.keys();
  const asked: string[] = [];
  while (fake.now < 65_000) {
    fake.advanceTo(fake.nextTimerAt('healthCheck') ?? fake.now);
    const again = fake.probes.filter(({taskId}) => taskId === silent).length;
    asked.push(`${fake.now / 1000}: ${fake.probes.length} (${again})`);
    fake.answerProbes(({taskId}) => (taskId === silent ? undefined : WELL));
  }
  // A second after its 20 s are over it is asked anew: the old question stays unanswered.
  t.deepEqual(asked, [
    '5: 2 (1)',
    '15: 2 (1)',
    '25: 2 (1)',
    '35: 3 (2)',
    '45: 3 (2)',
    '55: 3 (2)',
    '65: 4 (3)',
  ]);
});

test('late answers do not count: another task, out of reach and back, or nobody at all', (t) => {
  const fake = running({check: {gracePeriodSeconds: 0}});
  const [task = ''] = fake.tasks.keys();
  fake.advanceTo(5000);
  fake.status(task, 'TASK_FAILED');
  fake.advanceTo(9000);
  start(fake);
  told(fake);
  fake.answerProbes(() => SICK);
  t.deepEqual(told(fake), [], 'of the task before');
  fake.advanceTo(15_000);
  const [next = ''] = fake.tasks.keys();
  fake.status(next, 'TASK_UNREACHABLE', {reason: 'REASON_SLAVE_REMOVED'});
  fake.answerProbes(() => SICK);
  t.deepEqual(told(fake), [], 'while it cannot be reached');
  fake.marathon.probeResults([{probeId: 'nobody._app.1#0', outcome: SICK}]);
  fake.marathon.probeResults([{probeId: 'nobody', outcome: SICK}]);
  t.deepEqual(told(fake), []);
});

test('an answer comes once: a second one does not count', (t) => {
  const fake = running({check: {gracePeriodSeconds: 0}});
  fake.advanceTo(5000);
  const [probe] = fake.probes;
  const result = {probeId: probe?.probeId ?? '', outcome: SICK};
  fake.marathon.probeResults([result, result]);
  t.is(fake.marathon.instancesOf('/a')[0]?.checks[0]?.consecutiveFailures, 1);
});

test('a good result after good ones writes nothing down, but is shown', (t) => {
  const fake = running();
  tick(fake, WELL);
  fake.trace.length = 0;
  tick(fake, WELL);
  const kinds = fake.trace.map((entry) => (entry as unknown[])[0]);
  t.deepEqual(kinds, ['timer', 'arm', 'probe']);
  fake.restoreMarathon();
  const [instance] = fake.marathon.instancesOf('/a');
  t.deepEqual(instance && healthCheckResults(instance), [
    {
      alive: true,
      consecutiveFailures: 0,
      firstSuccess: '1970-01-01T00:00:05.000Z',
      lastSuccess: '1970-01-01T00:00:15.000Z',
      instanceId: instance?.id,
    },
  ]);
});

test('several checks: one that is dead makes the instance sick once all have spoken', (t) => {
  const healthChecks = [HTTP, {...HTTP, path: '/other', gracePeriodSeconds: 0}];
  const fake = running({app: {healthChecks, instances: 2}});
  const counts = (): readonly unknown[] => {
    const app = fake.marathon.app('/a');
    return [app?.['tasksHealthy'], app?.['tasksUnhealthy']];
  };
  fake.advanceTo(5000);
  const [first] = fake.marathon.instancesOf('/a');
  fake.answerProbes(({path, taskId}) => {
    if (path === '/other') return taskId.startsWith(first?.id ?? '') ? SICK : WELL;
    return undefined;
  });
  t.deepEqual(counts(), [0, 1], 'one is called dead, of the other not all is known');
  t.is(first?.healthy, undefined);
  fake.answerProbes(() => WELL);
  t.deepEqual(counts(), [1, 1]);
  t.is(first?.healthy, false);
});

test('what agents report is part of the whole, without events of single checks', (t) => {
  const command = {protocol: 'COMMAND', command: {value: 'true'}};
  const fake = running({app: {healthChecks: [{...HTTP, gracePeriodSeconds: 0}, command]}});
  const [task = ''] = fake.tasks.keys();
  told(fake);
  t.deepEqual(tick(fake, WELL), ['health_status_changed true']);
  fake.status(task, 'TASK_RUNNING', {healthy: true});
  t.deepEqual(told(fake), ['instance_health_changed true']);
  fake.status(task, 'TASK_RUNNING', {healthy: false});
  fake.status(task, 'TASK_RUNNING', {healthy: false});
  t.deepEqual(told(fake), ['instance_health_changed false']);
  const [instance] = fake.marathon.instancesOf('/a');
  t.is(instance?.checks[1]?.consecutiveFailures, 2);
  t.is(instance?.since, 5000, 'a flip of what is reported counts as a change');
  t.deepEqual(fake.kills, [], 'its agent kills it');
});

test('checks come with a version and go with its last instance, or with the app', (t) => {
  const fake = running();
  tick(fake, WELL);
  fake.request({kind: 'appPatch', appId: '/a', patch: {env: {V: '2'}}});
  t.deepEqual(told(fake), ['add_health_check']);
  start(fake);
  t.deepEqual(told(fake), []);
  fake.advanceTo(10_000);
  fake.answerProbes(() => WELL);
  fake.confirmKills();
  t.deepEqual(told(fake), [
    'health_status_changed true',
    'instance_health_changed true',
    'remove_health_check',
  ]);
  fake.request({kind: 'appRemove', appId: '/a'});
  fake.confirmKills();
  t.deepEqual(told(fake), ['remove_health_check']);
  t.is(fake.nextTimerAt('healthCheck'), undefined);
});

test('a container without an address fails its checks until it has one', (t) => {
  const fake = running({
    check: {gracePeriodSeconds: 0},
    app: {
      networks: [{mode: 'container', name: 'overlay'}],
      container: {type: 'MESOS', portMappings: [{containerPort: 80}]},
      portDefinitions: undefined,
    },
  });
  told(fake);
  t.deepEqual(tick(fake), ['failed_health_check', 'instance_health_changed false']);
  const [task = ''] = fake.tasks.keys();
  fake.status(task, 'TASK_RUNNING', {containerIp: '10.0.0.9'});
  fake.advanceTo(15_000);
  t.like(fake.probes[0], {host: '10.0.0.9', port: 80});
});

test('while too many are sick none is killed; then killing goes on by itself', (t) => {
  const app = {instances: 4, labels: {DRYDOCK_HEALTH_KILL_SHARE_MAX: '0.5'}};
  const fake = running({check: {gracePeriodSeconds: 0, maxConsecutiveFailures: 1}, app});
  const sick = (count: number): readonly unknown[] => {
    const ids = fake.marathon.instancesOf('/a').map(({id}) => id);
    const dead = new Set(ids.slice(0, count));
    fake.advanceTo(fake.nextTimerAt('healthCheck') ?? fake.now);
    fake.answerProbes(({taskId}) => (dead.has(taskId.split('._app.')[0] ?? '') ? SICK : WELL));
    return fake.events
      .splice(0)
      .filter(({type}) => /kill/.test(type))
      .map(({type, unhealthy, instances, shareMax}) =>
        unhealthy === undefined ? type : [type, {unhealthy, instances, shareMax}],
      );
  };
  t.deepEqual(sick(0), []);
  t.deepEqual(sick(3), [
    ['health_kill_suspended_event', {unhealthy: 3, instances: 4, shareMax: 0.5}],
  ]);
  t.deepEqual(sick(3), []);
  fake.restoreMarathon();
  t.deepEqual(sick(4), []);
  t.deepEqual(fake.kills, []);
  // When the third gets well again, of the others one has been looked at already, one not.
  t.deepEqual(sick(2), [
    ['health_kill_resumed_event', {unhealthy: 2, instances: 4, shareMax: 0.5}],
  ]);
  t.deepEqual(sick(2), ['unhealthy_instance_kill_event', 'unhealthy_instance_kill_event']);
  t.is(fake.kills.length, 2);
});

test('the share of the cluster is for apps that name none, and a wrong one is refused', (t) => {
  const killed = (shareMax: number | undefined, label?: string): number => {
    const labels = label === undefined ? {} : {DRYDOCK_HEALTH_KILL_SHARE_MAX: label};
    const check = {gracePeriodSeconds: 0, maxConsecutiveFailures: 1};
    const fake = running({check, shareMax, app: {instances: 3, labels}});
    for (let round = 0; round < 3; round += 1) tick(fake);
    return fake.kills.length;
  };
  t.is(killed(undefined), 3);
  t.is(killed(0.9), 0);
  t.is(killed(0.9, '1'), 3);
  t.is(killed(undefined, '0'), 0);
  const error = t.throws(() => killed(undefined, 'half'));
  t.truthy(error);
});

const READY: ReadinessCheck = {
  name: 'ready',
  protocol: 'HTTP',
  portName: 'http',
  path: '/ready',
  intervalSeconds: 10,
  timeoutSeconds: 5,
  httpStatusCodesForReady: [200],
  preserveLastResponse: true,
};

/** The readiness of the only instance of an app, driven by hand: Marathon knows nothing of it. */
function readinessBench(check: Partial<ReadinessCheck> = {}) {
  const fake = running({app: {healthChecks: []}});
  const ready: string[] = [];
  const checked = (id?: string): Instance => {
    const [live] = fake.marathon.instancesOf('/a');
    if (live === undefined || (id !== undefined && live.id !== id)) throw new Error('no instance');
    const {app} = live.spec;
    const definition = {...app.definition, readinessChecks: [{...READY, ...check}]};
    return {...live, spec: {...live.spec, app: {...app, definition}}};
  };
  const make = (snapshot?: ReadinessSnapshot): Readiness =>
    new Readiness(fake.services(), {instance: checked}, (id) => ready.push(id), snapshot);
  const answer = (readiness: Readiness, outcome: ProbeOutcome): void => {
    for (const {probeId} of fake.probes.splice(0)) readiness.take({probeId, outcome});
  };
  return {fake, ready, make, checked, instance: checked(), answer};
}

test('readiness is asked at once and every interval until it is there, and then no more', (t) => {
  const {fake, ready, make, instance, answer} = readinessBench();
  const readiness = make();
  readiness.start(instance);
  t.like(fake.probes[0], {purpose: 'readiness', path: '/ready', port: instance.hostPorts[0]});
  t.deepEqual(readiness.resultsOf('/a'), []);
  answer(readiness, {kind: 'http', status: 503, contentType: 'text/html', body: 'wait'});
  const taskId = `${instance.id}._app.1`;
  const result = {name: 'ready', taskId, ready: false};
  const lastResponse = {status: 503, contentType: 'text/html', body: 'wait'};
  t.deepEqual(readiness.resultsOf('/a'), [{...result, lastResponse}]);
  t.is(fake.nextTimerAt('readinessCheck'), 10_000);
  readiness.onTimer(instance.id);
  answer(readiness, {kind: 'failed', cause: 'connection refused'});
  const gone = {status: 504, contentType: 'text/plain', body: 'connection refused'};
  t.deepEqual(readiness.resultsOf('/a'), [{...result, lastResponse: gone}]);
  t.like(readiness.resultsOf('/a')[0], {ready: false});
  const restored = make(JSON.parse(JSON.stringify(readiness.snapshot())) as ReadinessSnapshot);
  t.deepEqual(restored.resultsOf('/a'), readiness.resultsOf('/a'));
  restored.onTimer(instance.id);
  answer(restored, WELL);
  t.deepEqual(ready, [instance.id]);
  t.like(restored.resultsOf('/a')[0], {ready: true});
  t.is(fake.nextTimerAt('readinessCheck'), undefined);
  restored.onTimer(instance.id);
  restored.start(instance);
  t.deepEqual(fake.probes, []);
  restored.stopAll(['b.instance-1']);
  t.like(restored.resultsOf('/a')[0], {ready: true});
  restored.stopAll([instance.id]);
  t.deepEqual(restored.resultsOf('/a'), []);
});

test('ready is what the check says; a response is kept only where it wants that', (t) => {
  const {ready, make, instance, answer} = readinessBench({
    httpStatusCodesForReady: [204],
    preserveLastResponse: false,
  });
  const readiness = make();
  readiness.start(instance);
  answer(readiness, WELL);
  const result = {name: 'ready', taskId: `${instance.id}._app.1`, ready: false};
  t.deepEqual(readiness.resultsOf('/a'), [result]);
  readiness.onTimer(instance.id);
  answer(readiness, {kind: 'http', status: 204});
  t.deepEqual(ready, [instance.id]);
});

test('of a task that is over readiness is neither asked nor believed', (t) => {
  const {fake, ready, make, checked} = readinessBench();
  const readiness = make();
  readiness.start(checked());
  const [probe] = fake.probes.splice(0);
  const late = {probeId: probe?.probeId ?? '', outcome: WELL};
  fake.status(probe?.taskId ?? '', 'TASK_FAILED');
  readiness.moved(checked());
  readiness.take(late);
  t.is(fake.nextTimerAt('readinessCheck'), undefined);
  fake.advanceTo(10_000);
  start(fake);
  readiness.start(checked());
  readiness.take(late);
  t.deepEqual(ready, []);
  t.false(readiness.resultsOf('/a').some((result) => result.ready));
  for (const {probeId} of fake.probes.splice(0)) readiness.take({probeId, outcome: WELL});
  t.deepEqual(ready, [checked().id]);
});

test('a readiness question that is not answered is asked again after its time', (t) => {
  const {fake, make, instance} = readinessBench({intervalSeconds: 4, timeoutSeconds: 3});
  const readiness = make();
  readiness.start(instance);
  const asked = [0, 4000, 8000].map((now) => {
    fake.now = now;
    if (now > 0) readiness.onTimer(instance.id);
    return fake.probes.length;
  });
  t.deepEqual(asked, [1, 1, 2]);
});

/*
 * Random histories of one app with two checks of both kinds, killed for health under a guard. Two
 * equal runs, one of which is written down and read back. Seeded mistakes that it finds: leave
 * `asked` or the guard out of the checker's snapshot, or `reported` out of the instances' records.
 */
test('a run that is restored in the middle of its checks goes on identically', (t) => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(30), fc.boolean()), {
    minLength: 10,
    maxLength: 80,
  });
  const make = (): FakeCluster =>
    running({
      shareMax: 0.5,
      app: {
        instances: 3,
        healthChecks: [
          {...HTTP, gracePeriodSeconds: 5, maxConsecutiveFailures: 2},
          {protocol: 'COMMAND', command: {value: 'true'}},
        ],
        readinessChecks: [READY],
      },
    });
  fc.assert(
    fc.property(steps, (list) => {
      const [one, other] = [make(), make()];
      for (const [kind, pick, restores] of list) {
        act(one, kind, pick);
        act(other, kind, pick);
        if (restores) other.restoreMarathon();
      }
      const [left, right] = [healthOnly(one), healthOnly(other)];
      const at = left.findIndex((entry, index) => entry !== right[index]);
      // Of long traces only where they part.
      t.is(right[at], left[at]);
      t.is(right.length, left.length);
    }),
    {seed: 1, numRuns: 100},
  );
});

/** What was asked, found and done about health; the rest has tests of its own. */
function healthOnly(fake: FakeCluster): readonly string[] {
  return fake.trace
    .map((entry) => JSON.stringify(entry))
    .filter((entry) => /health|readiness|"probe"|"kill|marathon\/instances/.test(entry));
}

function act(fake: FakeCluster, kind: number, pick: number): void {
  const tasks = [...fake.tasks.keys()];
  const task = tasks[pick % Math.max(1, tasks.length)];
  switch (kind) {
    case 0:
    case 1:
      fake.answerProbes(({port}) => (port % 3 === pick % 3 ? undefined : SICK));
      return;
    case 2:
      fake.answerProbes(({port}) => (port % 3 === pick % 3 ? undefined : WELL));
      return;
    case 3:
      if (task !== undefined) fake.status(task, 'TASK_RUNNING', {healthy: pick % 3 !== 0});
      return;
    case 4:
      if (task !== undefined) fake.status(task, pick % 2 ? 'TASK_FAILED' : 'TASK_UNREACHABLE');
      return;
    case 5:
      fake.confirmKills();
      start(fake);
      return;
    case 6:
      fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 1 + (pick % 4)}});
      return;
    case 7:
      fake.request({kind: 'appPatch', appId: '/a', patch: {env: {V: `${pick}`}}, force: true});
      return;
    default:
      fake.advanceTo(fake.now + pick * 1000);
  }
}
