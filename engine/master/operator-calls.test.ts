import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import type {Effect} from '../effects.ts';
import {createEngine, restoreEngine, type Engine, type EngineSnapshot} from '../engine.ts';
import type {OperatorRequest} from '../inputs.ts';
import {agentIdOf, frameworkIdOf, type AgentId} from '../kernel/ids.ts';
import type {EngineOptions, QuotaConfig} from '../options.ts';
import type {Amounts} from '../resources/amounts.ts';
import {
  addQuantities,
  containsQuantities,
  parseLimits,
  quantitiesOf,
  withinLimits,
  type Quantities,
} from '../resources/quantities.ts';
import type {FrameworkReply, Offer, Unavailability} from '../scheduler.ts';
import {kinds, launchOf, resourcesOf, Stage, type ScriptedFramework} from './testing/stage.ts';

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** `cpus:3;mem:2` in thousandths. */
function amountsOf(text: string): Quantities {
  const parsed = parseLimits(text);
  check.ok(parsed.ok);
  return parsed.limits;
}

function quota(role: string, guarantees: string, limits = ''): QuotaConfig {
  return {role, guarantees: amountsOf(guarantees), limits: amountsOf(limits)};
}

/** What comes of `updateQuota`. */
function setQuota(stage: Stage, configs: readonly QuotaConfig[], force = false): FrameworkReply {
  return stage.ask({type: 'updateQuota', configs, force});
}

/** `ok`, or the refusal's code and the paths that it names. */
function brief(reply: FrameworkReply): string {
  if (reply.ok) return 'ok';
  const {code, errors = []} = reply.refusal;
  return [code, ...errors.map(({path}) => path)].join(' ');
}

function messageOf(reply: FrameworkReply): string {
  return reply.ok ? '' : reply.refusal.message;
}

/** Oldest first. */
const byId = (offers: readonly Offer[]): Offer[] =>
  [...offers].sort((left, right) => left.id - right.id);

const idsOf = (offers: readonly Offer[]): Offer['id'][] => offers.map(({id}) => id);

/** Launches a task with all that was offered last, and answers the rest never. */
function launchAll(framework: ScriptedFramework, id: string, text: string): void {
  framework.driver.accept(idsOf(framework.taken()), [launchOf(id, resourcesOf(text))], 3600_000);
}

// Quota: what is refused.

const good = quota('good', 'cpus:1', 'cpus:2');

const badQuotas: readonly (readonly [
  title: string,
  config: QuotaConfig,
  path: string,
  message: RegExp,
])[] = [
  ['no name', quota('', 'cpus:1'), 'role', /'' is no role's name/],
  ['a blank in its name', quota('a b', 'cpus:1'), 'role', /'a b' is no role's name/],
  ['a name that begins with -', quota('-a', 'cpus:1'), 'role', /'-a' is no role's name/],
  ['the name ..', quota('..', 'cpus:1'), 'role', /'\.\.' is no role's name/],
  ['a role above', quota('eng/web', 'cpus:1'), 'role', /top-level/],
  [
    'a negative guarantee',
    {role: 'eng', guarantees: {cpus: -1}, limits: {}},
    'guarantees/cpus',
    /from 0 to 1000000000000$/,
  ],
  [
    'a guarantee that is no number',
    {role: 'eng', guarantees: {cpus: NaN}, limits: {}},
    'guarantees/cpus',
    /from 0 to/,
  ],
  [
    'parts of a thousandth',
    {role: 'eng', guarantees: {cpus: 0.5}, limits: {}},
    'guarantees/cpus',
    /from 0 to/,
  ],
  [
    'a limit without end',
    {role: 'eng', guarantees: {}, limits: {cpus: Infinity}},
    'limits/cpus',
    /from 0 to/,
  ],
  [
    'more than a trillion',
    {role: 'eng', guarantees: {}, limits: {cpus: 1_000_000_000_000_001}},
    'limits/cpus',
    /from 0 to 1000000000000$/,
  ],
  [
    'more than an exabyte of mem',
    {role: 'eng', guarantees: {}, limits: {mem: 1_099_511_627_776_001}},
    'limits/mem',
    /from 0 to 1099511627776$/,
  ],
  [
    'more than an exabyte of disk',
    {role: 'eng', guarantees: {disk: 1_099_511_627_777_000}, limits: {}},
    'guarantees/disk',
    /from 0 to 1099511627776$/,
  ],
  ['a guarantee above its limit', quota('eng', 'cpus:3', 'cpus:2'), 'guarantees/cpus', /the limit/],
  ['a guarantee where the limit is 0', quota('eng', 'mem:1', 'mem:0'), 'guarantees/mem', /limit/],
];

for (const [title, config, path, message] of badQuotas) {
  test(`a quota with ${title} is refused, forced or not, and nothing is done`, (t) => {
    const stage = new Stage([[]], {roles: ['good']});
    stage.register('a', resourcesOf('cpus:4;mem:4'));
    for (const force of [false, true]) {
      const reply = setQuota(stage, [good, config], force);
      t.is(brief(reply), `invalidRequest /configs/1/${path}`);
      t.regex(messageOf(reply), message);
      t.true(messageOf(reply).startsWith(`/configs/1/${path}: `));
    }
    t.deepEqual([...stage.records.keys()], []);
    t.deepEqual(stage.master.allocator.roles.withQuota, []);
    t.deepEqual(stage.framework(1).rescinded, []);
  });
}

test('a refusal names all that is wrong', (t) => {
  const stage = new Stage([]);
  const first = {role: 'a b', guarantees: {cpus: -1}, limits: {mem: NaN}};
  t.is(
    brief(setQuota(stage, [first, quota('a/b', ''), good])),
    'invalidRequest /configs/0/role /configs/0/guarantees/cpus ' +
      '/configs/0/limits/mem /configs/1/role',
  );
});

test('a role can be named once in a request', (t) => {
  const stage = new Stage([]);
  t.is(brief(setQuota(stage, [good, quota('good', '')], true)), 'invalidRequest /configs');
  t.deepEqual(stage.master.allocator.roles.withQuota, []);
});

const goodQuotas: readonly (readonly [title: string, config: QuotaConfig])[] = [
  ['as much as can be', {role: 'eng', guarantees: {}, limits: {cpus: 1e15, mem: 1099511627776000}}],
  ['the role of all who have none', quota('*', 'cpus:1')],
  ['a limit of nothing', quota('eng', '', 'cpus:0')],
  ['a guarantee that is its limit', quota('eng', 'cpus:1', 'cpus:1')],
  ['a guarantee without a limit of its kind', quota('eng', 'cpus:1', 'mem:0')],
  ['kinds that nobody has', quota('eng', '', 'constructor:1;toString:2')],
];

for (const [title, config] of goodQuotas) {
  test(`a quota may have ${title}`, (t) => {
    const stage = new Stage([]);
    stage.register('a', resourcesOf('cpus:4'));
    t.is(brief(setQuota(stage, [config])), 'ok');
    const {role, guarantees, limits} = config;
    t.deepEqual([...stage.records], [[`quotas/${role}`, {guarantees, limits}]]);
    t.deepEqual(
      stage.master.allocator.roles.withQuota.map(({name}) => name),
      [role],
    );
  });
}

// Quota: what the cluster can keep.

const capacities: readonly (readonly [
  title: string,
  agents: readonly string[],
  configs: readonly QuotaConfig[],
  found: string,
])[] = [
  ['all there is', ['cpus:2;mem:4'], [quota('eng', 'cpus:2;mem:4')], 'ok'],
  ['more than there is', ['cpus:2;mem:4'], [quota('eng', 'cpus:2.001')], 'quotaNotPossible'],
  ['a kind that nobody has', ['cpus:2'], [quota('eng', 'mem:1')], 'quotaNotPossible'],
  ['what several agents have together', ['cpus:2', 'cpus:1'], [quota('eng', 'cpus:3')], 'ok'],
  ['in sum what there is', ['cpus:3'], [quota('eng', 'cpus:1'), quota('ops', 'cpus:2')], 'ok'],
  [
    'in sum more than there is',
    ['cpus:3'],
    [quota('eng', 'cpus:2'), quota('ops', 'cpus:2')],
    'quotaNotPossible',
  ],
  ['what is reserved to others', ['cpus:1;cpus(ops):2'], [quota('eng', 'cpus:3')], 'ok'],
];

for (const [title, agents, configs, found] of capacities) {
  test(`promising ${title} is ${found}; forced it is done in any case`, (t) => {
    const stage = new Stage([]);
    for (const [index, text] of agents.entries()) stage.register(`a${index}`, resourcesOf(text));
    const reply = setQuota(stage, configs);
    t.is(brief(reply), found);
    if (!reply.ok) {
      t.deepEqual([...stage.records], [], 'nothing is half done');
      t.deepEqual(stage.master.allocator.roles.withQuota, []);
      t.regex(messageOf(reply), /use 'force'/);
    }
    t.is(brief(setQuota(stage, configs, true)), 'ok');
    t.is(stage.records.size, configs.length);
  });
}

test('what was promised before counts, and is replaced, not added to', (t) => {
  const stage = new Stage([]);
  stage.register('a', resourcesOf('cpus:3;mem:1'));
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2')])), 'ok');
  const reply = setQuota(stage, [quota('ops', 'cpus:2')]);
  t.is(brief(reply), 'quotaNotPossible');
  t.regex(messageOf(reply), /'cpus:4'.*'cpus:3; mem:1'/);
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:3')])), 'ok');
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:1'), quota('ops', 'cpus:2')])), 'ok');
});

test('an agent whose connection broke can still keep promises, an unreachable one cannot', (t) => {
  const stage = new Stage([]);
  stage.register('a', resourcesOf('cpus:2'));
  stage.master.agentDisconnected(agentIdOf('a'));
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2')])), 'ok');
  stage.until(75_000);
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2')])), 'quotaNotPossible');
});

test('what can be revoked keeps no promise', (t) => {
  const stage = new Stage([]);
  const revocable = {name: 'cpus', type: 'SCALAR', scalar: {value: 2}, revocable: {}} as const;
  stage.register('a', kinds.compile({scalars: {cpus: 1000}, special: [revocable]}));
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:1')])), 'ok');
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2')])), 'quotaNotPossible');
});

const consumptions: readonly (readonly [
  title: string,
  role: string,
  agent: string,
  task: string | undefined,
  limits: string,
  found: string,
])[] = [
  ['what it uses', 'eng', 'cpus:4;mem:4', 'cpus:2;mem:1', 'cpus:2;mem:1', 'ok'],
  ['less than it uses', 'eng', 'cpus:4;mem:4', 'cpus:2;mem:1', 'cpus:1.999', 'quotaNotPossible'],
  ['nothing of what it does not use', 'eng', 'cpus:4;mem:4', 'cpus:2', 'mem:0', 'ok'],
  ['less than a role below uses', 'eng/web', 'cpus:4', 'cpus:2', 'cpus:1', 'quotaNotPossible'],
  [
    'less than is reserved to it',
    'eng',
    'cpus:1;cpus(eng):3',
    undefined,
    'cpus:2',
    'quotaNotPossible',
  ],
  ['as much as is reserved to it', 'eng', 'cpus:1;cpus(eng):3', undefined, 'cpus:3', 'ok'],
  ['less than a namesake uses', 'engine', 'cpus:4', 'cpus:2', 'cpus:1', 'ok'],
  ['less than it is offered', 'eng', 'cpus:4', undefined, 'cpus:1', 'ok'],
];

for (const [title, role, agent, task, limits, found] of consumptions) {
  test(`limiting a role to ${title} is ${found}; forced it is done in any case`, (t) => {
    const stage = new Stage([[]], {roles: [role]});
    stage.register('a', resourcesOf(agent));
    if (task !== undefined) launchAll(stage.framework(1), 't', task);
    const reply = setQuota(stage, [good, quota('eng', '', limits)].slice(1));
    t.is(brief(reply), found);
    if (!reply.ok) t.regex(messageOf(reply), /'eng' is already consuming .*use 'force'/);
    t.is(stage.records.size, reply.ok ? 1 : 0);
    t.is(brief(setQuota(stage, [quota('eng', '', limits)], true)), 'ok');
  });
}

// Quota: which offers are taken back.

const limitRescinds: readonly (readonly [limits: string, rescinded: number])[] = [
  ['cpus:2;mem:2', 0],
  ['cpus:2', 0],
  ['cpus:1', 1],
  ['cpus:1.999;mem:2', 1],
  ['cpus:0.5;mem:0.5', 2],
  ['mem:0', 2],
  ['disk:0', 0],
];

for (const [limits, rescinded] of limitRescinds) {
  test(`limits of ${limits} take ${rescinded} of two offers of a role and one below back`, (t) => {
    const stage = new Stage([[], [], []], {roles: ['eng', 'eng/web', 'ops']});
    for (const id of ['a', 'b', 'c']) stage.register(id, resourcesOf('cpus:1;mem:1'));
    const [eng, web, ops] = [1, 2, 3].map((number) => stage.framework(number));
    t.deepEqual(
      [eng, web, ops].map((one) => one?.offers.length),
      [1, 1, 1],
    );
    t.is(brief(setQuota(stage, [quota('eng', '', limits)])), 'ok');
    t.is((eng?.rescinded.length ?? 0) + (web?.rescinded.length ?? 0), rescinded);
    t.deepEqual(ops?.rescinded, [], 'offers of others stand');
  });
}

test('a guarantee takes offers of others back, agent by agent, until it can be met', (t) => {
  const stage = new Stage([[], [], []], {roles: ['ops', 'eng', 'ops']});
  const [first, engineers, third] = [1, 2, 3].map((number) => stage.framework(number));
  engineers?.driver.suppress();
  for (const id of ['a', 'b', 'c', 'd']) stage.register(id, resourcesOf('cpus:1;mem:4'));
  engineers?.driver.unsuppress();
  stage.until(0);
  t.is((first?.offers.length ?? 0) + (third?.offers.length ?? 0), 4);
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:1.5;mem:4')])), 'ok');
  t.is((first?.rescinded.length ?? 0) + (third?.rescinded.length ?? 0), 2);
  t.deepEqual(engineers?.rescinded, []);
  first?.taken();
  third?.taken();
  stage.until(1000);
  const offered = (engineers?.taken() ?? []).map(({resources}) => quantitiesOf(resources, kinds));
  t.true(containsQuantities(offered.reduce(addQuantities, {}), amountsOf('cpus:1.5;mem:4')));
});

test('a guarantee that is met, or that the role is offered already, takes nothing back', (t) => {
  const stage = new Stage([[], []], {roles: ['eng', 'ops']});
  for (const id of ['a', 'b', 'c', 'd']) stage.register(id, resourcesOf('cpus:1'));
  const [eng, ops] = [stage.framework(1), stage.framework(2)];
  eng.driver.accept(
    idsOf(eng.taken().slice(0, 1)),
    [launchOf('t', resourcesOf('cpus:1'))],
    3600_000,
  );
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2')])), 'ok');
  t.deepEqual([eng.rescinded, ops.rescinded], [[], []]);
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:3')])), 'ok');
  t.deepEqual([eng.rescinded.length, ops.rescinded.length], [0, 1]);
});

/**
 * What an operator's request for a quota does to offers, judged from outside: forced or not,
 * whoever holds what. Seen to fail when offers of a role below are not taken back, when what is
 * taken back still counts as offered, and when a guarantee takes offers back after it is met.
 */
test('of offers, a quota takes back no fewer than it must, and not one agent more', (t) => {
  const part = fc.record({cpus: fc.nat(4), mem: fc.nat(4)});
  const agents = fc.array(part, {minLength: 1, maxLength: 6});
  const quotas = fc.constantFrom(
    ...(['cpus:2', 'cpus:3;mem:1', 'mem:0', 'cpus:5;mem:5'] as const).map((limit) => ['', limit]),
    ...(['cpus:1', 'cpus:4;mem:2', 'mem:6'] as const).map((guarantee) => [guarantee, '']),
    ['cpus:2', 'cpus:2'],
    ['cpus:3;mem:3', 'mem:4'],
  );
  fc.assert(
    fc.property(agents, quotas, fc.nat(3), (totals, [guarantee = '', limit = ''], tasks) => {
      const stage = new Stage([[], [], []], {roles: ['eng', 'eng/web', 'ops']});
      for (const [index, {cpus, mem}] of totals.entries()) {
        stage.register(`a${index}`, resourcesOf(`cpus:${cpus};mem:${mem}`));
      }
      const held = (framework: ScriptedFramework): readonly Offer[] =>
        framework.offers.filter(({id}) => stage.master.offers.has(id));
      // Some of the offers are used up.
      for (const framework of stage.frameworks.slice(0, tasks)) {
        const [offer] = held(framework);
        if (offer === undefined) continue;
        framework.driver.accept([offer.id], [launchOf(`${offer.id}`, offer.resources)]);
      }
      const sumOf = (offers: readonly Offer[]): Quantities =>
        offers.map(({resources}) => quantitiesOf(resources, kinds)).reduce(addQuantities, {});
      const used = (['f1', 'f2'] as const)
        .map((id) => kinds.named(stage.master.frameworks.get(frameworkIdOf(id))?.used ?? []))
        .reduce(addQuantities, {});
      const before = stage.frameworks.map(held);
      check.equal(brief(setQuota(stage, [quota('eng', guarantee, limit)], true)), 'ok');
      const after = stage.frameworks.map(held);
      const own = after.slice(0, 2).flat();
      const gone = byId(
        before
          .slice(0, 2)
          .flat()
          .filter((offer) => !own.includes(offer)),
      );
      const isWithin = (offers: readonly Offer[]): boolean =>
        withinLimits(amountsOf(limit), addQuantities(used, sumOf(offers)));
      check.ok(isWithin(own) || own.length === 0, 'limits hold as far as offers can help');
      if (gone.length > 0) check.ok(!isWithin([...own, ...gone.slice(-1)]), 'and not one more');
      const others = byId((before[2] ?? []).filter((offer) => !after[2]?.includes(offer)));
      const isMet = (offers: readonly Offer[]): boolean =>
        containsQuantities(
          [used, sumOf(own), sumOf(offers)].reduce(addQuantities, {}),
          amountsOf(guarantee),
        );
      check.ok(isMet(others) || after[2]?.length === 0, 'guarantees can be met as far as may be');
      const agentsGone = [...new Set(others.map(({agent}) => agent.id))];
      const butLast = others.filter(({agent}) => agent.id !== agentsGone.at(-1));
      if (others.length > 0) check.ok(!isMet(butLast), 'and not one agent more');
    }),
  );
  t.pass();
});

test('a framework may decline all it holds when one offer is taken back', (t) => {
  const stage = new Stage([[]], {roles: ['eng']});
  const framework = stage.framework(1);
  for (const id of ['a', 'b', 'c']) stage.register(id, resourcesOf('cpus:1'));
  stage.until(1000);
  framework.onRescinded = () => {
    framework.driver.decline(idsOf(framework.offers), 0);
  };
  t.is(brief(setQuota(stage, [quota('eng', '', 'cpus:0')])), 'ok');
  t.deepEqual(
    ['a', 'b', 'c'].map((id) => stage.free(id)),
    [1000, 1000, 1000],
  );
  t.is(brief(setQuota(stage, [quota('eng', '')])), 'ok');
  framework.taken();
  stage.until(2000);
  t.is(framework.offers.length, 3);
  t.is(brief(stage.ask({type: 'updateWeights', weights: {eng: 2}})), 'ok');
  t.deepEqual(
    ['a', 'b', 'c'].map((id) => stage.free(id)),
    [1000, 1000, 1000],
  );
});

// Quota: what it does, and how it ends.

test('a quota is taken away by one that says nothing; what was held back is offered again', (t) => {
  const stage = new Stage([[]], {roles: ['ops']});
  t.is(brief(setQuota(stage, [quota('eng', 'cpus:2'), quota('ops', '', 'mem:1')], true)), 'ok');
  stage.register('a', resourcesOf('cpus:2'));
  t.deepEqual(stage.framework(1).takenHosts(), [], 'held back for eng');
  for (const nothing of [quota('eng', ''), quota('eng', 'cpus:0')]) {
    t.is(brief(setQuota(stage, [quota('eng', 'cpus:1')], true)), 'ok');
    t.is(brief(setQuota(stage, [nothing], true)), 'ok');
    t.deepEqual([...stage.records.keys()], ['quotas/ops']);
  }
  stage.until(1000);
  t.deepEqual(stage.framework(1).takenHosts(), ['a']);
});

test('a limit of 0 forbids, a kind that is not named is free', (t) => {
  const stage = new Stage([[]], {roles: ['eng']});
  t.is(brief(setQuota(stage, [quota('eng', '', 'cpus:0')])), 'ok');
  stage.register('a', resourcesOf('cpus:2;mem:64'));
  const [offer] = stage.framework(1).taken();
  t.deepEqual(quantitiesOf(offer?.resources ?? resourcesOf(''), kinds), amountsOf('mem:64'));
});

// Through the engine.

const ENG = frameworkIdOf('eng');

function engineOptions(more: Partial<EngineOptions> = {}): EngineOptions {
  return {
    seed: 1,
    frameworks: [
      {id: 'eng', type: 'batch', role: 'eng'},
      {id: 'ops', type: 'batch', role: 'ops'},
    ],
    ...more,
  };
}

function registered(id: string, resources: Amounts): Parameters<Engine['step']>[1] {
  const agent = {id: agentIdOf(id), hostname: id, attributes: {}};
  return {kind: 'agentRegistered', agent, resources, tasks: []};
}

/** Tasks that start while time goes on to `until`, with records written at once. */
function launchesOf(engine: Engine, until: number): string[] {
  const launched: string[] = [];
  let now = engine.snapshot().now;
  const take = (): void => {
    for (const effect of engine.takeEffects()) {
      if (effect.kind === 'launchTask') launched.push(effect.name);
      if (effect.kind !== 'persist') continue;
      engine.step(now, {kind: 'recordsWritten', batch: effect.batch});
      take();
    }
  };
  take();
  while (engine.wakeAt <= until) {
    now = Math.max(now, engine.wakeAt);
    engine.step(now, {kind: 'tick'});
    take();
  }
  check.deepEqual(engine.view.checkInvariants(), []);
  return launched;
}

/** Three jobs of one cpu each, and an agent with four. */
function fill(engine: Engine): void {
  engine.step(0, registered('a', {scalars: {cpus: 4000, mem: 1000}}));
  for (const id of ['j1', 'j2', 'j3']) {
    const job = {id, tasks: 1, resources: {scalars: {cpus: 1000}}};
    engine.step(0, {kind: 'jobSubmitted', frameworkId: ENG, job});
  }
}

const ask = (request: OperatorRequest): Parameters<Engine['step']>[1] => ({
  kind: 'operatorRequest',
  requestId: 'r1',
  request,
});

const recordedRequests: readonly (readonly [
  title: string,
  request: OperatorRequest,
  puts: readonly {readonly path: string; readonly document: unknown}[],
])[] = [
  [
    'a quota',
    {type: 'updateQuota', configs: [quota('eng', 'cpus:1', 'cpus:2')]},
    [{path: 'master/quotas/eng', document: {guarantees: {cpus: 1000}, limits: {cpus: 2000}}}],
  ],
  [
    'weights',
    {type: 'updateWeights', weights: {ops: 0.5, eng: 3}},
    [
      {path: 'master/weights/eng', document: 3},
      {path: 'master/weights/ops', document: 0.5},
    ],
  ],
  [
    'a whitelist',
    {type: 'updateWhitelist', hostnames: ['a']},
    [{path: 'master/whitelist', document: ['a']}],
  ],
];

for (const [title, request, puts] of recordedRequests) {
  test(`${title} is answered when it is recorded, not before`, (t) => {
    const engine = createEngine(engineOptions());
    engine.step(0, registered('a', {scalars: {cpus: 4000}}));
    engine.takeEffects();
    engine.step(0, ask(request));
    t.deepEqual(engine.takeEffects(), [{kind: 'persist', batch: 1, puts, deletes: []}]);
    engine.step(0, {kind: 'recordsWritten', batch: 1});
    t.deepEqual(engine.takeEffects(), [
      {kind: 'operatorReply', requestId: 'r1', reply: {ok: true, body: {}}},
    ] satisfies Effect[]);
  });
}

test('a refusal is answered at once, and records nothing', (t) => {
  const engine = createEngine(engineOptions());
  engine.step(0, ask({type: 'updateQuota', configs: [quota('a/b', '')]}));
  const [effect, ...others] = engine.takeEffects();
  t.deepEqual(others, []);
  t.is(effect?.kind, 'operatorReply');
  if (effect?.kind === 'operatorReply') t.is(brief(effect.reply), 'invalidRequest /configs/0/role');
});

test('the record of a quota that is taken away is deleted', (t) => {
  const engine = createEngine(engineOptions({quotas: [quota('eng', '', 'cpus:1')]}));
  const path = 'master/quotas/eng';
  const document = {guarantees: {}, limits: {cpus: 1000}};
  t.deepEqual(engine.takeEffects(), [
    {kind: 'persist', batch: 1, puts: [{path, document}], deletes: []},
  ]);
  engine.step(0, ask({type: 'updateQuota', configs: [quota('eng', '')]}));
  t.deepEqual(engine.takeEffects(), [{kind: 'persist', batch: 2, puts: [], deletes: [path]}]);
});

const limited = quota('eng', '', 'cpus:2');

test('quotas of the options hold from the start, quotas of operators from then on', (t) => {
  const byOptions = createEngine(engineOptions({quotas: [limited]}));
  const byRequest = createEngine(engineOptions());
  byRequest.step(0, ask({type: 'updateQuota', configs: [limited]}));
  for (const engine of [byOptions, byRequest]) {
    fill(engine);
    t.deepEqual(launchesOf(engine, 5000), ['j1', 'j2']);
    engine.step(5000, ask({type: 'updateQuota', configs: [quota('eng', '', 'cpus:3')]}));
    t.deepEqual(launchesOf(engine, 9000), ['j3']);
  }
});

test('a restored engine has the quotas that were in force, not those of its options', (t) => {
  const engine = createEngine(engineOptions({quotas: [quota('eng', '', 'cpus:0'), good]}));
  engine.step(0, ask({type: 'updateQuota', configs: [limited, quota('good', '')]}));
  fill(engine);
  const snapshot: EngineSnapshot = throughJson(engine.snapshot());
  for (const one of [engine, restoreEngine(snapshot)]) {
    t.deepEqual(launchesOf(one, 5000), ['j1', 'j2']);
    one.step(5000, ask({type: 'updateQuota', configs: [quota('ops', 'cpus:1;mem:1')]}));
    t.deepEqual(launchesOf(one, 6000), []);
    one.step(6000, ask({type: 'updateQuota', configs: [quota('ops', 'cpus:4;mem:1')]}));
    t.deepEqual(launchesOf(one, 7000), []);
    one.step(7000, ask({type: 'updateQuota', configs: [quota('eng', '')]}));
    t.deepEqual(launchesOf(one, 8000), [], 'all that is left is promised');
    one.step(8000, ask({type: 'updateQuota', configs: [quota('ops', '')]}));
    t.deepEqual(launchesOf(one, 9000), ['j3']);
  }
});

// Weights.

const badWeights: readonly (readonly [
  title: string,
  role: string,
  weight: number,
  path: string,
])[] = [
  ['0', 'eng', 0, '/weights/eng'],
  ['less than 0', 'eng', -1, '/weights/eng'],
  ['no number', 'eng', NaN, '/weights/eng'],
  ['without end', 'eng', Infinity, '/weights/eng'],
  ['for what is no role', 'a b', 1, '/weights/a b'],
  ['for a role below, of 0', 'eng/web', 0, '/weights/eng~1web'],
];

for (const [title, role, weight, path] of badWeights) {
  test(`a weight ${title} is refused, and no weight of the request is set`, (t) => {
    const stage = new Stage([[]], {roles: ['eng']});
    stage.register('a', resourcesOf('cpus:1'));
    const reply = stage.ask({type: 'updateWeights', weights: {aaa: 2, [role]: weight, zzz: 2}});
    t.is(brief(reply), `invalidRequest ${path}`);
    t.deepEqual([...stage.records], []);
    t.is(stage.master.allocator.roles.get('aaa'), undefined);
    t.deepEqual(stage.framework(1).rescinded, []);
  });
}

const weightRescinds: readonly (readonly [
  title: string,
  weights: Readonly<Record<string, number>>,
  isRescinded: boolean,
])[] = [
  ['a role with a framework', {eng: 2}, true],
  ['a nested role with a framework, among others', {nobody: 2, 'ops/web': 2}, true],
  ['roles without frameworks', {nobody: 2, other: 3}, false],
  ['a role above one with a framework', {ops: 2}, false],
  ['no role at all', {}, false],
];

for (const [title, weights, isRescinded] of weightRescinds) {
  const what = isRescinded ? 'all offers of the cluster' : 'no offer';
  test(`a new weight of ${title} takes ${what} back`, (t) => {
    const stage = new Stage([[], []], {roles: ['eng', 'ops/web']});
    for (const id of ['a', 'b', 'c', 'd']) stage.register(id, resourcesOf('cpus:1'));
    t.is(brief(stage.ask({type: 'updateWeights', weights})), 'ok');
    const rescinded = stage.frameworks.map((framework) => framework.rescinded.length);
    t.deepEqual(rescinded, isRescinded ? [2, 2] : [0, 0]);
    for (const framework of stage.frameworks) framework.taken();
    stage.until(1000);
    const offered = stage.frameworks.flatMap((framework) => framework.taken());
    t.is(offered.length, isRescinded ? 4 : 0, 'without a filter');
  });
}

test('by a new weight a role is given more from the next run on', (t) => {
  const stage = new Stage([[], []], {roles: ['eng', 'ops']});
  stage.ask({type: 'updateWeights', weights: {ops: 2}});
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) stage.register(id, resourcesOf('cpus:1'));
  t.deepEqual(
    stage.frameworks.map((framework) => framework.taken().length),
    [2, 4],
  );
  stage.ask({type: 'updateWeights', weights: {ops: 0.5}});
  stage.until(1000);
  t.deepEqual(
    stage.frameworks.map((framework) => framework.taken().length),
    [4, 2],
  );
});

// The whitelist.

test('agents off the whitelist are not offered, until they are on it, or it is gone', (t) => {
  const stage = new Stage([[]]);
  const framework = stage.framework(1);
  t.is(brief(stage.ask({type: 'updateWhitelist', hostnames: ['a']})), 'ok');
  for (const id of ['a', 'b', 'c']) stage.register(id, resourcesOf('cpus:1'));
  t.deepEqual(framework.takenHosts(), ['a']);
  stage.ask({type: 'updateWhitelist', hostnames: ['b']});
  stage.until(999);
  t.deepEqual(framework.takenHosts(), [], 'no run of its own');
  stage.until(1000);
  t.deepEqual(framework.takenHosts(), ['b']);
  t.deepEqual(framework.rescinded, [], 'what is offered stays offered');
  stage.ask({type: 'updateWhitelist', hostnames: null});
  stage.until(2000);
  t.deepEqual(framework.takenHosts(), ['c']);
  t.deepEqual([...stage.records], [['whitelist', null]]);
  stage.ask({type: 'updateWhitelist', hostnames: []});
  stage.register('d', resourcesOf('cpus:1'));
  stage.until(9000);
  t.deepEqual(framework.takenHosts(), []);
});

// Maintenance.

const plan = (stage: Stage, id: string, startMs: number | null): FrameworkReply =>
  stage.ask({
    type: 'updateUnavailability',
    agentId: agentIdOf(id),
    unavailability: startMs === null ? null : {startMs, durationMs: 120_000},
  });

test('offers of an agent are taken back when its maintenance is planned, and say it anew', (t) => {
  const stage = new Stage([[]]);
  const framework = stage.framework(1);
  for (const id of ['a', 'b']) stage.register(id, resourcesOf('cpus:1'));
  const [first, second] = framework.taken();
  t.is(first?.unavailability, undefined);
  t.is(brief(plan(stage, 'a', 60_000)), 'ok');
  t.deepEqual(framework.rescinded.splice(0), [first?.id ?? -1]);
  const [planned] = framework.taken();
  t.deepEqual(planned?.unavailability, {startMs: 60_000, durationMs: 120_000});
  t.is(planned?.agent.hostname, 'a');
  t.is(brief(plan(stage, 'a', null)), 'ok');
  t.deepEqual(framework.rescinded.splice(0), [planned?.id ?? -1]);
  t.is(framework.taken()[0]?.unavailability, undefined);
  t.true(stage.master.offers.has(second?.id ?? (-1 as never)), 'other agents are left alone');
});

test('planned maintenance is recorded, and an agent that was lost comes back with it', (t) => {
  const stage = new Stage([[]]);
  const framework = stage.framework(1);
  stage.register('a', resourcesOf('cpus:1'));
  t.is(brief(plan(stage, 'a', 600_000)), 'ok');
  const unavailability = {startMs: 600_000, durationMs: 120_000};
  t.deepEqual(stage.records.get('maintenance/a'), unavailability);
  stage.master.agentDisconnected(agentIdOf('a'));
  stage.until(75_000);
  framework.taken();
  stage.register('a', resourcesOf('cpus:1'));
  t.deepEqual(framework.taken()[0]?.unavailability, unavailability);
  t.is(brief(plan(stage, 'a', null)), 'ok');
  t.false(stage.records.has('maintenance/a'));
});

test('maintenance of an agent that is not there cannot be planned', (t) => {
  const stage = new Stage([[]]);
  stage.register('a', resourcesOf('cpus:1'));
  const reply = plan(stage, 'x', 1000);
  t.is(brief(reply), 'agentUnknown');
  t.regex(messageOf(reply), /'x'/);
  stage.master.agentDisconnected(agentIdOf('a'));
  t.is(brief(plan(stage, 'a', 1000)), 'ok', 'its connection may come back');
  stage.until(75_000);
  t.is(brief(plan(stage, 'a', 1000)), 'agentUnknown');
});

const badPlans: readonly (readonly [title: string, plan: Unavailability, path: string])[] = [
  ['at no instant', {startMs: NaN}, 'startMs'],
  ['for less than no time', {startMs: 0, durationMs: -1}, 'durationMs'],
  ['for parts of a millisecond', {startMs: 0, durationMs: 0.5}, 'durationMs'],
];

for (const [title, unavailability, path] of badPlans) {
  test(`maintenance ${title} cannot be planned`, (t) => {
    const stage = new Stage([[]]);
    stage.register('a', resourcesOf('cpus:1'));
    const agentId = agentIdOf('a');
    const reply = stage.ask({type: 'updateUnavailability', agentId, unavailability});
    t.is(brief(reply), `invalidRequest /unavailability/${path}`);
    t.deepEqual(stage.framework(1).rescinded, []);
  });
}

test('maintenance may have begun already, and may be for good', (t) => {
  const {stage, framework} = runningStage();
  const agentId = agentIdOf('a');
  stage.until(20_000);
  stage.ask({type: 'updateUnavailability', agentId, unavailability: {startMs: -10_000}});
  t.deepEqual(framework.asked(), ['a -10000']);
});

/** A stage whose f1 runs tasks on agents a and b, and whose f2 and f3 hold nothing there. */
function runningStage(): {readonly stage: Stage; readonly framework: ScriptedFramework} {
  const stage = new Stage([[], [], []]);
  const framework = stage.framework(1);
  stage.framework(2).driver.suppress();
  stage.framework(3).driver.suppress();
  for (const id of ['a', 'b']) {
    stage.register(id, resourcesOf('cpus:4'));
    launchAll(framework, id, 'cpus:1');
  }
  framework.driver.suppress();
  return {stage, framework};
}

test('who holds something on an agent is asked to leave it, once; the others are not', (t) => {
  const {stage, framework} = runningStage();
  plan(stage, 'a', 60_000);
  t.deepEqual(framework.asked(), ['a 60000']);
  t.deepEqual(stage.framework(2).asked(), []);
  stage.until(30_000);
  t.deepEqual(framework.asked(), [], 'until it answers');
  stage.framework(2).driver.unsuppress();
  stage.until(31_000);
  t.deepEqual(stage.framework(2).asked(), ['a 60000'], 'an offer is something, too');
  t.deepEqual(framework.asked(), []);
});

test('who has nothing left on an agent is not asked again', (t) => {
  const {stage, framework} = runningStage();
  plan(stage, 'a', 60_000);
  framework.asked();
  stage.status('a', 'a', 'TASK_FINISHED');
  framework.driver.answerInverseOffers([agentIdOf('a')], true, 0);
  stage.until(10_000);
  t.deepEqual(framework.asked(), []);
});

const answers: readonly (readonly [
  title: string,
  accepted: boolean,
  refuseMs: number | undefined,
  at: number,
])[] = [
  ['accepts and says nothing else', true, undefined, 5000],
  ['declines and says nothing else', false, undefined, 5000],
  ['accepts for 0', true, 0, 1000],
  ['declines for 0', false, 0, 1000],
  ['declines for less than an interval', false, 300, 1000],
  ['accepts for a minute', true, 60_000, 60_000],
  ['declines for a while between two runs', false, 2500, 3000],
];

for (const [title, accepted, refuseMs, at] of answers) {
  test(`who ${title} is asked again at ${at} ms, and what it said is known`, (t) => {
    const {stage, framework} = runningStage();
    plan(stage, 'a', 60_000);
    plan(stage, 'b', 70_000);
    t.deepEqual(framework.asked(), ['a 60000', 'b 70000']);
    framework.driver.answerInverseOffers([agentIdOf('a')], accepted, refuseMs);
    const slotOf = (id: AgentId): number => stage.master.agents.get(id)?.slot ?? -1;
    const statuses = stage.master.allocator.inverseOffers.statusesOf(slotOf(agentIdOf('a')));
    t.deepEqual(
      statuses.map((status) => [status.accepted, status.at]),
      [[accepted, 0]],
    );
    stage.until(at - 1);
    t.deepEqual(framework.asked(), []);
    stage.until(at);
    t.deepEqual(framework.asked(), ['a 60000'], 'and not for the other agent');
  });
}

test('a new plan forgets what was said to the old one', (t) => {
  const {stage, framework} = runningStage();
  plan(stage, 'a', 60_000);
  framework.driver.answerInverseOffers([agentIdOf('a')], false, 3600_000);
  framework.asked();
  plan(stage, 'a', 90_000);
  t.deepEqual(framework.asked(), ['a 90000']);
  const slot = stage.master.agents.get(agentIdOf('a'))?.slot ?? -1;
  t.deepEqual(stage.master.allocator.inverseOffers.statusesOf(slot), []);
  plan(stage, 'a', null);
  framework.driver.answerInverseOffers([agentIdOf('a')], true, 0);
  stage.until(10_000);
  t.deepEqual(framework.asked(), []);
});

test('answers for agents that are not known, not there, or not planned, mean nothing', (t) => {
  const {stage, framework} = runningStage();
  stage.master.agentDisconnected(agentIdOf('b'));
  stage.until(75_000);
  framework.driver.answerInverseOffers(['x', 'b', 'a'].map(agentIdOf), true);
  stage.until(76_000);
  t.deepEqual(framework.asked(), []);
  plan(stage, 'a', 90_000);
  t.deepEqual(framework.asked(), ['a 90000']);
});

test('a framework inside the engine that knows no maintenance goes on with its work', (t) => {
  const engine = createEngine(engineOptions());
  fill(engine);
  t.deepEqual(launchesOf(engine, 2000), ['j1', 'j2', 'j3']);
  const agentId = agentIdOf('a');
  const unavailability = {startMs: 60_000};
  engine.step(2000, ask({type: 'updateUnavailability', agentId, unavailability}));
  t.deepEqual(launchesOf(engine, 20_000), []);
  const job = {id: 'j4', tasks: 1, resources: {scalars: {cpus: 1000}}};
  engine.step(20_000, {kind: 'jobSubmitted', frameworkId: ENG, job});
  t.deepEqual(launchesOf(engine, 25_000), ['j4']);
});
