/**
 * A small cluster to which anything can happen: apps and groups of all kinds, changes, faults,
 * failovers. What happens is drawn as data, so that a failing history shrinks. Not part of the
 * engine.
 */
import fc from 'fast-check';
import type {Probe, ProbeOutcome} from '../../../probes.ts';
import type {AgentInfo, TaskState} from '../../../scheduler.ts';
import {
  constraintsHold,
  delaysAreKept,
  keep,
  killsHaveCauses,
  launchesAreSound,
  orderIsKept,
  rollbacksRestore,
  upgradesKeepBounds,
} from './checkers.ts';
import {FakeCluster} from './fake-cluster.ts';
import {instanceOfTask, Model} from './model.ts';

const IDS = ['/a', '/b', '/g/c', '/g/d', '/g/h/e'] as const;

/** `crash` ends as soon as it runs, `sick` is never well. */
const COMMANDS = ['run', 'walk', 'run', 'walk', 'crash', 'sick'] as const;

const COMMAND = {protocol: 'COMMAND', command: {value: 'true'}, gracePeriodSeconds: 0};
const HTTP = {
  protocol: 'HTTP',
  port: 80,
  gracePeriodSeconds: 20,
  intervalSeconds: 10,
  maxConsecutiveFailures: 2,
};
const TCP = {...HTTP, protocol: 'TCP', gracePeriodSeconds: 0, intervalSeconds: 30};

/** An app but for its id. All of its constraints leave room for an upgrade on the cluster below. */
const appBody = fc
  .record({
    instances: fc.nat(4),
    cmd: fc.constantFrom(...COMMANDS),
    healthChecks: fc.constantFrom([], [COMMAND], [COMMAND], [HTTP], [TCP], [HTTP, COMMAND]),
    isReadied: fc.constantFrom(false, false, true),
    constraints: fc.constantFrom<readonly (readonly string[])[]>(
      [],
      [],
      [['hostname', 'UNIQUE']],
      [['hostname', 'MAX_PER', '2']],
      [['rack', 'CLUSTER', 'r1']],
      [['rack', 'CLUSTER']],
      [['rack', 'UNLIKE', 'r[12]']],
      [['rack', 'LIKE', 'r[13]']],
      [['@zone', 'GROUP_BY']],
      [['@zone', 'GROUP_BY', '2']],
      [['@region', 'IS', 'north']],
    ),
    upgradeStrategy: fc.record({
      minimumHealthCapacity: fc.constantFrom(0, 0.3, 0.5, 0.75, 1),
      maximumOverCapacity: fc.constantFrom(0, 0.3, 0.5, 1),
    }),
    unreachableStrategy: fc.constantFrom(
      'disabled',
      {inactiveAfterSeconds: 0, expungeAfterSeconds: 0},
      {inactiveAfterSeconds: 20, expungeAfterSeconds: 60},
      {inactiveAfterSeconds: 300, expungeAfterSeconds: 600},
    ),
    backoffSeconds: fc.constantFrom(0, 1, 30),
    backoffFactor: fc.constantFrom(1, 1.15, 3),
    maxLaunchDelaySeconds: fc.constantFrom(30, 120),
    killSelection: fc.constantFrom('YOUNGEST_FIRST', 'OLDEST_FIRST'),
    ports: fc.nat(2),
    isFixed: fc.boolean(),
    isOwnRole: fc.boolean(),
  })
  .map(({isReadied, ports, isFixed, isOwnRole, ...body}) => ({
    ...body,
    cpus: 0.5,
    mem: 64,
    isFixed,
    isOwnRole,
    ...(body.constraints.some((constraint) => constraint.join(' ') === '@zone GROUP_BY 2') && {
      // Full groups leave no room beside them.
      upgradeStrategy: {minimumHealthCapacity: 0.5, maximumOverCapacity: 0},
    }),
    portDefinitions: Array.from({length: isReadied ? 1 : ports}, (): object => ({
      port: 0,
      ...(isReadied && {name: 'http-api'}),
    })),
    ...(isReadied && {readinessChecks: [{}]}),
  }));

type Drawn<T> = T extends fc.Arbitrary<infer V> ? V : never;
type AppBody = Drawn<typeof appBody>;

function appOf(id: string, {isFixed, isOwnRole, ...body}: AppBody, more: object = {}): object {
  return {
    ...body,
    id,
    ...(isOwnRole && id.startsWith('/g/') && {role: 'g'}),
    // Only one app has fixed ports, and no constraints: else they would fill the cluster.
    ...(isFixed &&
      id === '/a' &&
      body.constraints.length === 0 &&
      body.portDefinitions.length > 0 && {
        requirePorts: true,
        portDefinitions: body.portDefinitions.map((port) => ({...port, port: 31_500})).slice(0, 1),
      }),
    ...more,
  };
}

const terms = fc.oneof(
  {weight: 4, arbitrary: fc.constant(undefined)},
  {
    weight: 1,
    arbitrary: fc.record(
      {
        deadlineSeconds: fc.constantFrom(10, 100),
        failuresMax: fc.nat(2),
        onFailure: fc.constantFrom('fail', 'pause', 'rollback'),
        stepByStep: fc.boolean(),
        canary: fc.integer({min: 1, max: 2}),
      },
      {requiredKeys: []},
    ),
  },
);

const how = {force: fc.boolean(), terms};
const pick = fc.nat(99);

const patch = fc.oneof(
  fc.record({instances: fc.nat(4)}),
  fc.record({cmd: fc.constantFrom(...COMMANDS)}),
  fc.record({env: fc.record({V: fc.constantFrom('1', '2')})}),
  fc.record({dependencies: fc.subarray([...IDS], {maxLength: 2})}),
);

const requests = [
  fc.record({act: fc.constant('put'), id: fc.constantFrom(...IDS), app: appBody, ...how}),
  fc.record({act: fc.constant('patch'), id: fc.constantFrom(...IDS), patch, ...how}),
  fc.record({act: fc.constant('restart'), id: fc.constantFrom(...IDS), ...how}),
  fc.record({act: fc.constant('remove'), id: fc.constantFrom(...IDS), ...how}),
  fc.record({
    act: fc.constant('group'),
    apps: fc.array(appBody, {minLength: 3, maxLength: 3}),
    holds: fc.nat(7),
    links: fc.nat(7),
    ...how,
  }),
  fc.record({act: fc.constant('removeGroup'), ...how}),
  fc.record({act: fc.constant('kill'), pick, scale: fc.boolean(), force: fc.boolean()}),
  fc.record({
    act: fc.constant('steer'),
    pick,
    action: fc.constantFrom('cancel', 'pause', 'resume', 'resume', 'rollBack'),
  }),
] as const;

const STATES = [
  'TASK_FAILED',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_UNREACHABLE',
  'TASK_UNREACHABLE',
  'TASK_LOST',
  'TASK_GONE',
  'TASK_STARTING',
  'TASK_KILLING',
] as const satisfies readonly TaskState[];

const FAULTS = ['state', 'again', 'lose', 'back', 'flip', 'failOver', 'restore'] as const;

const faults = [
  fc.record({act: fc.constant('state'), pick, state: fc.constantFrom(...STATES)}),
  fc.record({act: fc.constant('again'), pick}),
  fc.record({act: fc.constant('lose'), pick}),
  fc.record({act: fc.constant('back')}),
  fc.record({act: fc.constant('flip'), pick}),
  fc.record({act: fc.constant('failOver')}),
  fc.record({act: fc.constant('restore')}),
] as const;

const course = [
  fc.record({act: fc.constant('offer')}),
  fc.record({act: fc.constant('run'), count: fc.integer({min: 1, max: 6})}),
  fc.record({act: fc.constant('end'), count: fc.integer({min: 1, max: 6})}),
  fc.record({act: fc.constant('answer'), isLate: fc.boolean()}),
  fc.record({act: fc.constant('wait'), ms: fc.constantFrom(1, 500, 5000, 31_000, 61_000, 301_000)}),
  // Everything goes on for a while.
  fc.record({act: fc.constant('go'), rounds: fc.integer({min: 1, max: 3})}),
] as const;

const acts = fc.oneof(
  ...requests.map((arbitrary) => ({weight: 2, arbitrary})),
  ...faults.map((arbitrary) => ({weight: 2, arbitrary})),
  ...course.map((arbitrary) => ({weight: 4, arbitrary})),
);

type Act = Drawn<typeof acts>;

const first = fc.record({act: fc.constant('put'), id: fc.constantFrom(...IDS), app: appBody});

/** A history: what there is at first, and what happens then. */
export const histories = fc
  .tuple(
    fc.array(first, {minLength: 1, maxLength: 3, size: 'max'}),
    fc.array(acts, {maxLength: 60, size: 'max'}),
  )
  .map(([puts, rest]): readonly Act[] => [
    ...puts.map((put) => ({...put, force: true, terms: undefined})),
    ...rest,
  ]);

type Request = Extract<
  Act,
  {readonly act: 'group' | 'patch' | 'put' | 'remove' | 'removeGroup' | 'restart'}
>;

function requestOf(act: Request): object {
  const {force, terms: how} = act;
  const given = {force, ...(how !== undefined && {terms: how})};
  switch (act.act) {
    case 'put':
      return {kind: 'appPut', app: appOf(act.id, act.app), ...given};
    case 'patch':
      return {kind: 'appPatch', appId: act.id, patch: act.patch, ...given};
    case 'restart':
      return {kind: 'appRestart', appId: act.id, ...given};
    case 'remove':
      return {kind: 'appRemove', appId: act.id, ...given};
    case 'group':
      return {kind: 'groupPut', group: groupOf(act), ...given};
    case 'removeGroup':
      return {kind: 'groupRemove', groupId: '/g', ...given};
  }
}

/** `holds`: which of the apps it has, one bit each; `links`: which dependencies. */
function groupOf({apps, holds, links}: Extract<Act, {readonly act: 'group'}>): object {
  const [c, d, e] = apps;
  const has = (set: number, bit: number): boolean => (set & bit) > 0;
  const list = (id: string, body: AppBody | undefined, bit: number, more: object): object[] =>
    body !== undefined && has(holds, bit) ? [appOf(id, body, more)] : [];
  return {
    id: '/g',
    apps: [
      ...list('/g/c', c, 1, {}),
      ...list('/g/d', d, 2, has(links, 1) ? {dependencies: ['/g/c']} : {}),
    ],
    groups: [
      {
        id: '/g/h',
        apps: list('/g/h/e', e, 4, has(links, 2) ? {dependencies: ['/g/d']} : {}),
        dependencies: has(links, 4) ? ['/g/c'] : [],
      },
    ],
  };
}

const ROUND_MS = 31_000;
/** Enough for each of a few upgrades in a row to look again whether it can go on. */
const ROUNDS_MAX = 60;

export class RandomWorld {
  readonly fake = new FakeCluster();
  readonly model: Model;
  /** Tasks whose checks fail. */
  readonly #ill = new Set<string>();
  /** Tasks that are being killed, by whomever: they never run again. */
  readonly #dying = new Set<string>();
  /** The last update of every task that ended. */
  readonly #ended: Parameters<FakeCluster['marathon']['statusUpdate']>[0][] = [];

  constructor() {
    const agents = new Map<string, AgentInfo>();
    const zones = ['z1', 'z2', 'z3'];
    for (let at = 1; at <= 7; at += 1) {
      const name = `a${at}`;
      const rack: Record<string, string> = at === 7 ? {} : {rack: `r${(at % 3) + 1}`};
      const place = {region: at <= 3 ? 'north' : 'south', zone: zones[at % 3] ?? ''};
      const reserved = at % 2 === 0 ? ';cpus(g):4;mem(g):1024' : '';
      // One is so small that not much fits.
      const free = at === 3 ? 'cpus:1.2;mem:100' : 'cpus:30;mem:30000';
      const resources = `${free};ports:[31000-32000]${reserved}`;
      agents.set(name, this.fake.agent(name, resources, rack, place));
    }
    this.model = new Model(this.fake, (model) => [
      upgradesKeepBounds(model),
      launchesAreSound(model, this.fake),
      constraintsHold(model, agents),
      delaysAreKept(model),
      killsHaveCauses(model),
      orderIsKept(model),
      rollbacksRestore(model),
    ]);
  }

  /** Whatever is drawn happens, or cannot happen now. */
  take(act: Act): void {
    this.#take(act);
    this.model.observe();
  }

  #take(act: Act): void {
    const {fake} = this;
    switch (act.act) {
      case 'put':
      case 'patch':
      case 'restart':
      case 'remove':
      case 'group':
      case 'removeGroup':
        fake.request(requestOf(act));
        return;
      case 'kill':
        this.#kill(act);
        return;
      case 'steer':
        this.#steer(act);
        return;
      case 'offer':
        fake.offer();
        return;
      case 'run':
        for (const id of this.#tasks('TASK_STAGING').slice(0, act.count)) this.#run(id);
        return;
      case 'end':
        for (const id of fake.kills.splice(0, act.count)) this.#end(id, 'TASK_KILLED');
        return;
      case 'answer':
        this.#answer(act.isLate);
        return;
      case 'wait':
        this.#advance(act.ms);
        return;
      case 'go':
        for (let round = 0; round < act.rounds; round += 1) this.#go();
        return;
      default:
        this.#fault(act);
    }
  }

  #fault(act: Extract<Act, {readonly act: (typeof FAULTS)[number]}>): void {
    const {fake} = this;
    switch (act.act) {
      case 'state': {
        const id = this.#task(act.pick);
        if (id === undefined) return;
        if (/UNREACHABLE|START|KILLING/.test(act.state)) this.#status(id, act.state);
        else this.#end(id, act.state);
        return;
      }
      case 'again':
        this.#again(act.pick);
        return;
      case 'lose': {
        const agent = fake.tasks.get(this.#task(act.pick) ?? '')?.agent;
        for (const [id, task] of fake.tasks) {
          if (task.agent === agent) this.#status(id, 'TASK_UNREACHABLE');
        }
        return;
      }
      case 'back':
        for (const id of this.#tasks('TASK_UNREACHABLE')) this.#status(id, 'TASK_RUNNING');
        return;
      case 'flip': {
        const id = this.#task(act.pick);
        if (id !== undefined) this.#flip(id);
        return;
      }
      case 'failOver':
        // The answers to what was asked are not awaited by anybody.
        fake.probes = [];
        fake.failOver();
        return;
      case 'restore':
        fake.restoreMarathon();
        return;
    }
  }

  #tasks(state: TaskState): readonly string[] {
    return [...this.fake.tasks].filter(([, task]) => task.state === state).map(([id]) => id);
  }

  #task(index: number): string | undefined {
    const ids = [...this.fake.tasks.keys()];
    return ids[index % Math.max(1, ids.length)];
  }

  #status(id: string, told: TaskState): void {
    const task = this.fake.tasks.get(id);
    if (task === undefined) return;
    if (told === 'TASK_KILLING') this.#dying.add(id);
    const isOutlived = this.#dying.has(id) && /RUNNING|STARTING/.test(told);
    const state = isOutlived ? 'TASK_KILLING' : told;
    const isSaid = state === 'TASK_RUNNING' && isReported(task.launch.details);
    this.fake.status(id, state, isSaid ? {healthy: this.#isWell(id)} : {});
    this.model.observe();
  }

  /** Its last update. */
  #end(id: string, state: TaskState): void {
    const task = this.fake.tasks.get(id);
    if (task === undefined) return;
    const {taskId} = task.launch;
    this.#ended.push({taskId, agentId: task.agent.info.id, state, source: 'SOURCE_AGENT'});
    this.#ill.delete(id);
    this.#status(id, state);
    this.#dying.delete(id);
  }

  #again(index: number): void {
    const {fake} = this;
    const ended = this.#ended[index % Math.max(1, this.#ended.length)];
    const id = this.#task(index);
    if (index % 2 === 0 && ended !== undefined) fake.marathon.statusUpdate(ended);
    else if (id !== undefined) this.#status(id, fake.tasks.get(id)?.state ?? 'TASK_RUNNING');
  }

  #run(id: string): void {
    const cmd = this.#commandOf(id);
    this.#status(id, 'TASK_RUNNING');
    if (cmd === 'crash') this.#end(id, 'TASK_FAILED');
  }

  #commandOf(id: string): string | undefined {
    const details = this.fake.tasks.get(id)?.launch.details as {readonly cmd?: string} | undefined;
    return details?.cmd;
  }

  #isWell(id: string): boolean {
    return this.#commandOf(id) !== 'sick' && !this.#ill.has(id);
  }

  #flip(id: string): void {
    if (!this.#ill.delete(id)) this.#ill.add(id);
    if (this.fake.tasks.get(id)?.state === 'TASK_RUNNING') this.#status(id, 'TASK_RUNNING');
  }

  #answer(isLate: boolean): void {
    this.fake.answerProbes((probe) => {
      const outcome = this.#outcomeOf(probe, isLate);
      const isGood = outcome.kind !== 'failed' && probe.purpose === 'readiness';
      if (isGood) this.model.ready(probe.taskId);
      return outcome;
    });
    this.model.observe();
  }

  #outcomeOf({taskId, protocol}: Probe, isLate: boolean): ProbeOutcome {
    const isUp = this.fake.tasks.get(taskId)?.state === 'TASK_RUNNING';
    if (isLate || !isUp || !this.#isWell(taskId)) return {kind: 'failed', cause: 'no answer'};
    return protocol === 'TCP' ? {kind: 'connected'} : {kind: 'http', status: 200};
  }

  #advance(ms: number): void {
    this.fake.advanceTo(this.fake.now + ms);
    this.model.observe();
  }

  #kill({pick: index, scale, force}: Extract<Act, {readonly act: 'kill'}>): void {
    const id = instanceOfTask(this.#task(index) ?? '');
    const instanceIds = [id];
    this.model.named.add(id);
    const reply = this.fake.request({kind: 'instancesKill', instanceIds, scale, force});
    if (!reply.ok || scale) this.model.named.delete(id);
  }

  /** Whoever cancels changes no definition. */
  #steer({pick: index, action}: Extract<Act, {readonly act: 'steer'}>): void {
    const deployments = this.fake.marathon.deployments();
    const deploymentId = deployments[index % Math.max(1, deployments.length)]?.id;
    if (deploymentId === undefined) return;
    const before = JSON.stringify([...this.model.definitions()]);
    if (action === 'rollBack') this.model.expectRollback(deploymentId);
    this.fake.request({kind: 'deployment', deploymentId, action});
    this.model.observe();
    if (action === 'rollBack') return;
    keep(JSON.stringify([...this.model.definitions()]) === before, 'cancel', () => before);
  }

  /** One round of a world in which everybody does what is asked of them. */
  #go(): void {
    const {fake} = this;
    this.#advance(ROUND_MS);
    for (const id of [...fake.kills.splice(0), ...this.#dying]) this.#end(id, 'TASK_KILLED');
    // Twice, because the role that comes first is offered everything.
    for (let at = 0; at < 2; at += 1) {
      fake.offer();
      this.model.observe();
    }
    const starting = [...this.#tasks('TASK_STAGING'), ...this.#tasks('TASK_STARTING')];
    for (const id of starting) this.#run(id);
    this.#answer(false);
  }

  /** No more faults: what is lost comes back, what is ill is well, and nobody wants what fails. */
  calmDown(): void {
    const {fake} = this;
    this.#ill.clear();
    for (const [id, {state}] of fake.tasks) {
      if (state === 'TASK_STAGING' || state === 'TASK_KILLING') continue;
      this.#status(id, 'TASK_RUNNING');
    }
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      for (const {id} of fake.marathon.apps()) this.#mend(id);
      for (const {id} of fake.marathon.deployments()) {
        fake.request({kind: 'deployment', deploymentId: id, action: 'resume'});
        this.model.observe();
      }
      this.#go();
      if (this.#unrest() === undefined) return;
    }
  }

  /** Whoever sees a bad definition mends it; and what is left of it after that is replaced. */
  #mend(appId: string): void {
    const isBad = (cmd: string | undefined): boolean => cmd === 'crash' || cmd === 'sick';
    const isLocked = this.model.lockOf(appId) !== undefined;
    if (isBad(this.model.apps.get(appId)?.definition.cmd)) {
      this.fake.request({kind: 'appPatch', appId, patch: {cmd: 'run'}, force: true});
    } else if (!isLocked && this.model.of(appId).some(({app}) => isBad(app.definition.cmd))) {
      this.fake.request({kind: 'appRestart', appId});
    }
    this.model.observe();
  }

  checkEnd(): void {
    const unrest = this.#unrest();
    keep(unrest === undefined, 'end', () => `${unrest}`);
  }

  /** What is not as it should be in the end. */
  #unrest(): string | undefined {
    const {fake} = this;
    const open = fake.marathon.deployments();
    if (open.length > 0) return `deployments do not end: ${JSON.stringify(open[0])}`;
    let wanted = 0;
    for (const {id, instances, running, healthy} of fake.marathon.apps()) {
      if (running !== instances) return `${running} of ${instances} of ${id} run`;
      if (healthy !== instances) return `${healthy} of ${instances} of ${id} are healthy`;
      wanted += instances;
    }
    if (fake.kills.length > 0) return `${fake.kills.length} kills are open`;
    if (this.model.instances.size !== wanted) return `${this.model.instances.size} instances`;
    return fake.tasks.size === wanted ? undefined : `${fake.tasks.size} tasks for ${wanted}`;
  }
}

function isReported(details: unknown): boolean {
  const {healthChecks = []} = details as {healthChecks?: readonly {readonly protocol: string}[]};
  return healthChecks.some(({protocol}) => protocol === 'COMMAND');
}
