/**
 * The conformance suites of Marathon (conformance/marathon/README.md) that this part of Marathon
 * serves, each with the adapter that the README asks for. Exceptions are named, with their reason.
 */
import {existsSync, readFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {parse} from 'yaml';
import {agentIdOf, frameworkIdOf} from '../../kernel/ids.ts';
import {makeRandom} from '../../kernel/random.ts';

import {makeRanges, pairsOf} from '../../resources/ranges.ts';
import {ScalarKinds} from '../../resources/kinds.ts';
import type {AttributeValue, FrameworkServices} from '../../scheduler.ts';
import type {
  App,
  AppDefinition,
  NormaliseConfig,
  UpgradeStrategy,
} from './definition/app-definition.ts';
import {BackoffTable, backoffEffect, type Delay} from './launch/backoff.ts';
import {
  compileConstraint,
  constraintFault,
  fieldOf,
  satisfies,
  type GroupByRule,
} from './launch/constraints.ts';
import {dependencyDepths} from './deploy/dependencies.ts';
import {isPlaced, isTerminal, type Condition, type Goal} from './instances/instances.ts';
import {KillService} from './instances/kill-service.ts';
import {
  mergeUpdate,
  normaliseApp,
  normaliseUpdate,
  type Normalised,
} from './definition/normalise.ts';
import {Placements} from './launch/placements.ts';
import {planSteps, type AppChange} from './deploy/plan.ts';
import {pickPorts, portRanges, wantedPorts, type WantedPort} from './launch/ports.ts';
import {
  RollingUpgrade,
  type UpgradeDecisions,
  type UpgradeEvent,
} from './deploy/rolling-upgrade.ts';
import {proposeScaling, type ScalableInstance} from './deploy/scaling.ts';
import {assignServicePorts, servicePortsOf, withServicePorts} from './definition/service-ports.ts';
import {isConfigChange, nextVersion} from './definition/versions.ts';

interface Case<Given, When, Then> {
  readonly id: string;
  readonly given: Given;
  readonly when: When;
  readonly then: Then;
  readonly optional?: string;
}

type Json = Readonly<Record<string, unknown>>;

const FOLDERS = ['../../../../shared/conformance/marathon', '../../../conformance/marathon'];

/**
 * The cases of a suite with its defaults merged in, from the shared folder or the repository's
 * copy.
 */
function suite<Given, When, Then>(name: string): readonly Case<Given, When, Then>[] {
  type C = Case<Given, When, Then>;
  const files = FOLDERS.map((folder) => new URL(`${folder}/${name}.yaml`, import.meta.url));
  const file = files.find((url) => existsSync(url));
  if (file === undefined) throw new Error(`no suite ${name}`);
  const {defaults = {}, cases} = parse(readFileSync(file, 'utf8')) as {
    defaults?: Json;
    cases: readonly (C & {given?: Json})[];
  };
  return cases.map((entry) => ({
    ...entry,
    given: merged(defaults, entry.given ?? {}) as Given,
  }));
}

function merged(defaults: Json, given: Json): Json {
  const deeper = Object.entries(given).map(([name, value]) => {
    const base = defaults[name];
    const both = isRecord(base) && isRecord(value) ? {...base, ...value} : value;
    return [name, both] as const;
  });
  return {...defaults, ...Object.fromEntries(deeper)};
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Every field of `expected` is in `actual` and equal; lists have the same length. */
function isSubset(expected: unknown, actual: unknown): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item, at) => isSubset(item, actual[at]));
  }
  if (!isRecord(expected))
    return expected === actual || (expected === null && actual === undefined);
  if (!isRecord(actual)) return false;
  return Object.entries(expected).every(([key, value]) => isSubset(value, actual[key]));
}

function atPath(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
}

function configOf(given: Json): NormaliseConfig {
  const config = given['config'] as Record<string, unknown>;
  return {
    mesosBridgeName: (config['mesosBridgeName'] as string | undefined) ?? 'mesos-bridge',
    defaultRole: config['defaultRole'] as string,
    enabledFeatures: config['enabledFeatures'] as string[],
    defaultNetworkName: (config['defaultNetworkName'] as string | null) ?? undefined,
  };
}

interface NormaliseThen {
  readonly exact?: unknown;
  readonly subset?: unknown;
  readonly absent?: readonly string[];
  readonly error?: {readonly paths?: readonly string[]};
}

for (const {id, given, when, then, optional} of suite<Json, Json, NormaliseThen>('normalise')) {
  // The rendering of 1.4 is a matter of the HTTP face.
  if (optional !== undefined) continue;
  test(id, (t) => {
    const config = configOf(given);
    let result: Normalised<unknown>;
    if ('normalise' in when) result = normaliseApp(when['normalise'], config);
    else if ('mergeUpdate' in when) {
      result = mergeUpdate(given['stored'] as AppDefinition, when['mergeUpdate'], config);
    } else result = normaliseUpdate(when['normaliseUpdate'], config);
    if (then.error !== undefined) {
      t.false(result.ok);
      const paths = result.ok ? [] : result.faults.map(({path}) => path);
      for (const path of then.error.paths ?? []) t.true(paths.includes(path), paths.join(' '));
      return;
    }
    if (!result.ok) {
      t.fail(JSON.stringify(result.faults));
      return;
    }
    const app = clean(result.value);
    if (then.exact !== undefined) t.deepEqual(app, clean(then.exact));
    if (then.subset !== undefined) t.true(isSubset(then.subset, app), JSON.stringify(app));
    for (const path of then.absent ?? []) t.is(atPath(app, path), undefined, path);
    t.pass();
  });
}

/** Cases that contradict another demand. */
const REFUSED_ON_PURPOSE = new Map([
  [
    'validate/id-a-b-is-refused',
    "the customer's own app is /hello_world, so underscores are allowed",
  ],
]);

interface ValidateThen {
  readonly valid: boolean;
  readonly paths?: readonly string[];
}

for (const {id, given, when, then} of suite<Json, Json, ValidateThen>('validate')) {
  // Groups, and the rule that resident apps keep their volumes, come with their own part.
  if ('group' in when || id.startsWith('validate/resident-app-other')) continue;
  if (REFUSED_ON_PURPOSE.has(id)) continue;
  test(id, (t) => {
    const config = configOf(given);
    const stored = given['stored'] as AppDefinition | undefined;
    const base = normaliseApp({id: '/a', cmd: 'sleep 1000', ...stored}, config);
    let result: Normalised<unknown>;
    if ('app' in when) result = normaliseApp(when['app'], config);
    else if (base.ok) result = mergeUpdate(base.value, when['update'], config);
    else result = base;
    t.is(result.ok, then.valid, JSON.stringify(result));
    const paths = result.ok ? [] : result.faults.map(({path}) => path);
    for (const path of then.paths ?? []) t.true(paths.includes(path), paths.join(' '));
  });
}

interface BackoffStep {
  readonly at: number;
  readonly condition?: Condition;
  readonly reason?: string;
  readonly config?: string;
  readonly reset?: string;
}

interface BackoffThen {
  readonly after: readonly {delayNs: number | null; nextLaunchAtNs: number | null}[];
}

interface BackoffGiven {
  readonly backoffSeconds: number;
  readonly backoffFactor: number;
  readonly maxLaunchDelaySeconds: number;
}

for (const {id, given, when, then} of suite<BackoffGiven, BackoffStep[], BackoffThen>('backoff')) {
  test(id, (t) => {
    let table = new BackoffTable();
    const seen = when.map(({at, condition, reason, config = 'v1', reset}) => {
      const effect = condition === undefined ? 'none' : backoffEffect(condition);
      if (reset !== undefined || reason === 'agentDraining') table.reset(config);
      else if (effect === 'add') table.add(config, given, at);
      else if (effect === 'advance') table.advance(config, at);
      table = new BackoffTable(clean(table.snapshot()) as ReturnType<BackoffTable['snapshot']>);
      const delay: Delay | undefined = table.get(config, at);
      return {
        delayNs: delay?.delayNs ?? null,
        nextLaunchAtNs: delay === undefined ? null : delay.referenceMs * 1e6 + delay.delayNs,
      };
    });
    const expected = then.after.map(({delayNs, nextLaunchAtNs}) => ({delayNs, nextLaunchAtNs}));
    t.deepEqual(seen, expected);
  });
}

interface PortsGiven {
  readonly app: {
    readonly portDefinitions?: AppDefinition['portDefinitions'];
    readonly requirePorts?: boolean;
    readonly portMappings?: NonNullable<AppDefinition['container']>['portMappings'];
    readonly seed?: number;
  };
  readonly offerPorts: readonly {role: string; begin: number; end: number}[];
  readonly acceptedRoles: readonly string[];
}

interface PortsThen {
  readonly match: boolean;
  readonly ports?: readonly WantedPort[];
  readonly portsOneOf?: readonly (readonly WantedPort[])[];
  readonly count?: number;
  readonly inRanges?: readonly (readonly [number, number])[];
}

for (const {id, given, then} of suite<PortsGiven, unknown, PortsThen>('ports')) {
  test(id, (t) => {
    const {app} = given;
    const wanted = wantedPorts({
      networks: [{mode: app.portMappings === undefined ? 'host' : 'container'}],
      requirePorts: app.requirePorts ?? false,
      portDefinitions: app.portDefinitions,
      container: {type: 'MESOS', volumes: [], portMappings: app.portMappings},
    });
    const accepted = given.offerPorts.filter(({role}) => given.acceptedRoles.includes(role));
    const offered = makeRanges(accepted.map(({begin, end}) => [begin, end] as const));
    for (let seed = 0; seed < 20; seed += 1) {
      const pick = (): readonly WantedPort[] | undefined =>
        pickPorts(wanted, offered, () => makeRandom(seed, 'ports'));
      const ports = pick();
      t.is(ports !== undefined, then.match, `seed ${seed}`);
      t.deepEqual(pick(), ports, 'the same seed gives the same ports');
      if (then.ports !== undefined) t.deepEqual(ports, then.ports);
      if (then.portsOneOf !== undefined) {
        t.true(
          then.portsOneOf.some((right) => JSON.stringify(right) === JSON.stringify(ports)),
          `seed ${seed}: ${JSON.stringify(ports)}`,
        );
      }
      if (then.count !== undefined) t.is(new Set(ports).size, then.count);
      for (const port of then.inRanges === undefined ? [] : (ports ?? [])) {
        t.true(then.inRanges?.some(([begin, end]) => (port ?? 0) >= begin && (port ?? 0) <= end));
      }
      t.true(pairsOf(portRanges(ports ?? [])).every(([begin, end]) => begin <= end));
    }
  });
}

interface ServicePortsGiven {
  readonly range: readonly [number, number];
  readonly from: Readonly<Record<string, Json>>;
  readonly to: Readonly<Record<string, Json>>;
}

function appWithPorts(given: Json | undefined): AppDefinition | undefined {
  if (given === undefined) return undefined;
  const ports = given['servicePorts'] as readonly number[] | undefined;
  const portMappings = given['portMappings'];
  return {
    ...(portMappings === undefined ? {} : {container: {type: 'MESOS', volumes: [], portMappings}}),
    ...(ports === undefined
      ? {}
      : {portDefinitions: ports.map((port) => ({port, protocol: 'tcp'}))}),
  } as unknown as AppDefinition;
}

for (const {id, given, then} of suite<ServicePortsGiven, unknown, Json>('serviceports')) {
  test(id, (t) => {
    const [first, last] = given.range;
    const taken = new Set<number>();
    for (const apps of [given.from, given.to]) {
      for (const app of Object.values(apps)) {
        for (const port of servicePortsOf(appWithPorts(app) as AppDefinition)) taken.add(port);
      }
    }
    const result: Record<string, AppDefinition | undefined> = {};
    for (const [appId, json] of Object.entries(given.to)) {
      const app = appWithPorts(json) as AppDefinition;
      const old = appWithPorts(given.from[appId]);
      const ports = assignServicePorts(
        servicePortsOf(app),
        old === undefined ? [] : servicePortsOf(old),
        (port) => taken.has(port),
        {first, last},
      );
      for (const port of ports ?? []) taken.add(port);
      result[appId] = ports === undefined ? undefined : withServicePorts(app, ports);
    }
    if (then['error'] !== undefined) t.true(Object.values(result).includes(undefined));
    for (const [appId, ports] of Object.entries((then['servicePorts'] as Json) ?? {})) {
      t.deepEqual(servicePortsOf(result[appId] as AppDefinition), ports as number[]);
    }
    for (const [appId, mappings] of Object.entries((then['portMappings'] as Json) ?? {})) {
      t.true(isSubset(mappings, result[appId]?.container?.portMappings));
    }
    const assigned = Object.values(result).flatMap((app) =>
      app === undefined ? [] : servicePortsOf(app),
    );
    if (then['noZero'] === true) t.false(assigned.includes(0));
    if (then['distinct'] === true) t.is(new Set(assigned).size, assigned.length);
    t.pass();
  });
}

interface Place {
  readonly host: string;
  readonly region?: string;
  readonly zone?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly condition?: Condition;
  readonly olderConfig?: boolean;
}

interface ConstraintsGiven {
  readonly app: {readonly instances: number; readonly constraints: readonly string[][]};
  readonly placed: readonly Place[];
  readonly offer: Place;
  readonly groupBy: GroupByRule;
}

for (const {id, given, when, then} of suite<
  ConstraintsGiven,
  Json | undefined,
  {match?: boolean; valid?: boolean}
>('constraints')) {
  test(id, (t) => {
    if (when !== undefined) {
      const faults = given.app.constraints.map(constraintFault);
      t.is(
        then.valid,
        faults.every((fault) => fault === undefined),
      );
      return;
    }
    const constraints = given.app.constraints.map(compileConstraint);
    const fields = [...new Set(constraints.map(({field}) => field))];
    const agent = ({
      host,
      region,
      zone,
      attributes = {},
    }: Place): Parameters<typeof fieldOf>[0] => ({
      id: agentIdOf(host),
      hostname: host,
      attributes,
      region,
      zone,
    });
    const placements = new Placements();
    for (const place of given.placed) {
      if (!isPlaced(place.condition ?? 'Running')) continue;
      const values = fields.map((field) => fieldOf(agent(place), field));
      placements.add(place.olderConfig === true ? 0 : 1, fields, values);
    }
    const match = constraints.every((constraint) =>
      satisfies(constraint, fieldOf(agent(given.offer), constraint.field), placements.from(1), {
        instances: given.app.instances,
        groupBy: given.groupBy,
      }),
    );
    t.is(then.match, match);
  });
}

interface ScaleInstance extends Place {
  readonly id: string;
  readonly goal?: Goal;
  readonly activeSince?: number;
  readonly since?: number;
  readonly stagedAt?: number;
}

interface ScaleGiven {
  readonly instances: readonly ScaleInstance[];
  readonly scaleTo: number;
  readonly toKill: readonly string[];
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  readonly constraints: readonly string[][];
}

interface ScaleThen {
  readonly decommission?: readonly string[];
  readonly unorderedPrefix?: number;
  readonly decommissionOneOf?: readonly (readonly string[])[];
  readonly count?: number;
  readonly mustInclude?: readonly string[];
  readonly remaining?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly start: number;
}

function placeOf({host, attributes = {}}: Place, field: string): string | undefined {
  return field === 'hostname' ? host : (attributes[field] as string | undefined);
}

for (const {id, given, then} of suite<ScaleGiven, unknown, ScaleThen>('scale')) {
  test(id, (t) => {
    const instances = given.instances.map((instance): ScalableInstance & ScaleInstance => ({
      ...instance,
      goal: instance.goal ?? 'Running',
      condition: instance.condition ?? 'Running',
      since: instance.since ?? 0,
      stagedAt: instance.stagedAt as number,
      startedAt: instance.activeSince,
    }));
    const grouped = given.constraints.filter(([, operator]) => operator === 'GROUP_BY');
    const {decommission, start} = proposeScaling<ScalableInstance & ScaleInstance>({
      instances,
      scaleTo: given.scaleTo,
      killSelection: given.killSelection,
      toKill: new Set(given.toKill),
      groupedBy: grouped.map(
        ([field = '']) =>
          (instance) =>
            placeOf(instance, field),
      ),
    });
    const ids = decommission.map((instance) => instance.id);
    t.is(start, then.start);
    if (then.decommission !== undefined) {
      const free = then.unorderedPrefix ?? 0;
      t.deepEqual(ids.slice(0, free).sort(), then.decommission.slice(0, free).toSorted());
      t.deepEqual(ids.slice(free), then.decommission.slice(free));
    }
    const choices = then.decommissionOneOf?.map((choice) => JSON.stringify(choice));
    if (choices !== undefined) t.true(choices.includes(JSON.stringify(ids)));
    if (then.count !== undefined) t.is(ids.length, then.count);
    for (const named of then.mustInclude ?? []) t.true(ids.includes(named));
    const left = given.instances.filter((instance) => !ids.includes(instance.id));
    for (const [field, counts] of Object.entries(then.remaining ?? {})) {
      const seen: Record<string, number> = {};
      for (const instance of left) {
        const value = placeOf(instance, field) ?? '';
        seen[value] = (seen[value] ?? 0) + 1;
      }
      t.deepEqual(seen, counts);
    }
  });
}

interface UpgradeGiven {
  readonly app: {
    readonly instances: number;
    readonly upgradeStrategy: UpgradeStrategy;
    readonly healthChecks?: boolean;
    readonly readinessCheck?: boolean;
    readonly resident?: boolean;
  };
  readonly old: readonly UpgradeGivenInstance[];
  readonly new?: readonly UpgradeGivenInstance[];
}

interface UpgradeGivenInstance {
  readonly id: string;
  readonly goal?: Goal;
  readonly condition?: Condition;
  readonly healthy?: boolean | null;
  readonly ready?: boolean | null;
}

interface UpgradeThen {
  readonly strategy?: {minHealthy: number; maxCapacity: number; killNow: number};
  readonly after: readonly {
    readonly kill: number;
    readonly launch: number;
    readonly finished: boolean;
    readonly decommission?: readonly string[];
    readonly victimsInclude?: readonly string[];
  }[];
}

/**
 * Plays the part of the one who carries out what an upgrade decides, and translates the suite's
 * stimuli.
 */
class UpgradeRunner {
  readonly #given: UpgradeGiven;
  readonly #victims: string[] = [];
  #launched = 0;
  upgrade: RollingUpgrade | undefined;

  constructor(given: UpgradeGiven) {
    this.#given = given;
  }

  start(): UpgradeDecisions {
    const {app} = this.#given;
    // The suite's defaults for one instance stand where a case lists none.
    const old = Array.isArray(this.#given.old) ? this.#given.old : [];
    const fresh = Array.isArray(this.#given.new) ? this.#given.new : [];
    const describe = (isNew: boolean) => (instance: UpgradeGivenInstance) => ({
      id: instance.id,
      isNew,
      hasGoalRunning: (instance.goal ?? 'Running') === 'Running',
      healthy: app.healthChecks === true ? instance.healthy === true : true,
      ready: instance.ready === true,
    });
    const {upgrade, decisions} = RollingUpgrade.start(
      {
        instances: app.instances,
        strategy: app.upgradeStrategy,
        resident: app.resident ?? false,
        hasReadinessCheck: app.readinessCheck ?? false,
      },
      [...old.map(describe(false)), ...fresh.map(describe(true))],
    );
    this.upgrade = upgrade;
    return this.#carryOut(decisions);
  }

  play({event, instance = ''}: {event: string; instance?: string}): UpgradeDecisions {
    if (event === 'start') return this.start();
    const number = Number(instance.slice('victim-'.length));
    const id = instance.startsWith('victim-') ? (this.#victims[number - 1] ?? '') : instance;
    const events = this.#events(event, id);
    let last: UpgradeDecisions = {kill: [], decommission: [], launch: 0, finished: false};
    for (const translated of events) last = this.#carryOut(this.#on(translated));
    return events.length === 0 ? {...last, finished: this.upgrade?.isFinished ?? false} : last;
  }

  #on(event: UpgradeEvent): UpgradeDecisions {
    if (this.upgrade === undefined) throw new Error('not started');
    return this.upgrade.on(event);
  }

  #events(event: string, id: string): readonly UpgradeEvent[] {
    const hasChecks = this.#given.app.healthChecks === true;
    switch (event) {
      case 'newRunning':
        return hasChecks ? [] : [{kind: 'newHealthy', id}];
      case 'newHealthy':
        return [{kind: 'newHealthy', id}];
      case 'newUnhealthy':
        return [{kind: 'newUnhealthy', id}];
      case 'newReady':
        return [{kind: 'newReady', id}];
      case 'newDied':
        return [{kind: 'newDied', id}];
      case 'newTerminatedByOthers':
        return [{kind: 'newGone', id}];
      case 'oldDied':
      case 'oldUnreachable':
        return [{kind: 'oldDied', id}];
      case 'oldTerminated':
        return [{kind: 'oldGone', id}];
      default:
        return [];
    }
  }

  #carryOut(decisions: UpgradeDecisions): UpgradeDecisions {
    this.#victims.push(...decisions.kill);
    const ids = Array.from({length: decisions.launch}, () => {
      this.#launched += 1;
      return `new-${this.#launched}`;
    });
    this.upgrade?.launched(ids);
    // Every state survives being written down.
    const stored = clean(this.upgrade?.snapshot());
    this.upgrade = new RollingUpgrade(stored as ReturnType<RollingUpgrade['snapshot']>);
    return decisions;
  }
}

for (const {id, given, when, then} of suite<
  UpgradeGiven,
  readonly {event: string; instance?: string}[],
  UpgradeThen
>('upgrade')) {
  test(id, (t) => {
    const runner = new UpgradeRunner(given);
    when.forEach((stimulus, at) => {
      const {kill, launch, finished, decommission} = runner.play(stimulus);
      const expected = then.after[at];
      const seen = {kill: kill.length, launch, finished};
      const label = `${at}: ${JSON.stringify(stimulus)}`;
      t.deepEqual(
        seen,
        {
          kill: expected?.kill,
          launch: expected?.launch,
          finished: expected?.finished,
        } as typeof seen,
        label,
      );
      for (const victim of expected?.victimsInclude ?? []) t.true(kill.includes(victim), label);
      if (expected?.decommission !== undefined) t.deepEqual(decommission, expected.decommission);
    });
    if (then.strategy !== undefined && runner.upgrade !== undefined) {
      t.deepEqual(runner.upgrade.capacity, then.strategy);
    }
  });
}

interface PlanGiven {
  readonly app: Json;
  readonly from?: Readonly<Record<string, Json>>;
  readonly to?: Readonly<Record<string, Json>>;
  readonly groups: Readonly<Record<string, {dependencies?: readonly string[]}>>;
  readonly toKill?: Readonly<Record<string, readonly string[]>>;
  readonly plans?: readonly {affectedApps: readonly string[]}[];
}

interface PlanThen {
  readonly steps?: readonly (readonly Json[])[];
  readonly affectedApps?: readonly string[];
  readonly valid?: boolean;
}

function storedApp(id: string, json: Json): App {
  const {resident, ...given} = json;
  const volumes = [{containerPath: 'data', mode: 'RW', persistent: {size: 1}}];
  const body = {
    id,
    ...(given['args'] === undefined ? {cmd: 'sleep 1000'} : {}),
    ...given,
    ...(resident === true ? {container: {type: 'MESOS', volumes}} : {}),
  };
  const read = normaliseApp(body, {mesosBridgeName: '', defaultRole: 'r', enabledFeatures: []});
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return {definition: read.value, version: 0, lastScalingAt: 0, lastConfigChangeAt: 0};
}

for (const {id, given, then} of suite<PlanGiven, unknown, PlanThen>('plan')) {
  test(id, (t) => {
    const {from = {}, to = {}, toKill = {}} = given;
    if (given.plans !== undefined) {
      const [one, other] = given.plans;
      t.false(one?.affectedApps.some((app) => other?.affectedApps.includes(app)));
      return;
    }
    if (then.valid === false) {
      for (const [appId, json] of Object.entries(to)) t.throws(() => storedApp(appId, json));
      return;
    }
    const before = new Map(Object.entries(from).map(([key, json]) => [key, storedApp(key, json)]));
    const after = new Map<string, App>();
    for (const [key, {restart, ...json}] of Object.entries(to)) {
      const {definition} = storedApp(key, json);
      const options = {at: 1000, versionMin: 0, restart: restart === true};
      after.set(key, nextVersion(before.get(key), definition, options));
    }
    const graph = new Map(
      [...after].map(([key, {definition}]) => [key, definition.dependencies ?? []]),
    );
    const depths = dependencyDepths(graph);
    const changes: AppChange[] = [...new Set([...before.keys(), ...after.keys()])].map((key) => ({
      id: key,
      from: before.get(key),
      to: after.get(key),
      toKill: toKill[key],
    }));
    const steps = planSteps(changes, (key) => depths?.get(key) ?? 1);
    const sorted = (step: readonly Json[]): readonly Json[] =>
      step.toSorted((left, right) => (String(left['app']) < String(right['app']) ? -1 : 1));
    t.is(steps.length, then.steps?.length ?? -1, JSON.stringify(steps));
    steps.forEach((step, at) => {
      const seen = sorted(clean(step) as Json[]);
      t.true(isSubset(sorted(then.steps?.[at] ?? []), seen), JSON.stringify(seen));
    });
    if (then.affectedApps !== undefined) {
      const affected = new Set(steps.flat().map(({app}) => app));
      t.deepEqual([...affected].sort(), then.affectedApps.toSorted());
    }
  });
}

interface VersionGiven {
  readonly apps: Readonly<Record<string, Json>>;
  readonly instances?: readonly {id: string; runSpecVersion: number}[];
}

interface VersionStep {
  readonly at: number;
  readonly change?: Readonly<Record<string, Json>>;
  readonly create?: Readonly<Record<string, Json>>;
  readonly restart?: string;
}

for (const {id, given, when, then} of suite<
  VersionGiven,
  VersionStep | readonly VersionStep[],
  Json
>('versioninfo')) {
  test(id, (t) => {
    const apps = new Map<string, App>();
    for (const [key, {version, lastScalingAt, lastConfigChangeAt, ...json}] of Object.entries(
      given.apps,
    )) {
      const {definition} = storedApp(key, json);
      apps.set(key, {definition, version, lastScalingAt, lastConfigChangeAt} as App);
    }
    const replaced = new Set<string>();
    for (const step of [when].flat()) {
      const {at} = step;
      for (const [key, json] of Object.entries({...step.create, ...step.change})) {
        const from = apps.get(key);
        const definition = {...(from ?? storedApp(key, {})).definition, ...json} as AppDefinition;
        apps.set(key, nextVersion(from, definition, {at, versionMin: 0, restart: false}));
      }
      if (step.restart === undefined) continue;
      const from = apps.get(step.restart) as App;
      apps.set(
        step.restart,
        nextVersion(from, from.definition, {at, versionMin: 0, restart: true}),
      );
      for (const instance of given.instances ?? []) replaced.add(instance.id);
      t.false(isConfigChange(from.definition, from.definition));
    }
    for (const [key, expected] of Object.entries((then['apps'] as Json) ?? {})) {
      t.true(isSubset(expected, apps.get(key)), JSON.stringify(apps.get(key)));
    }
    if (then['replaced'] !== undefined) t.deepEqual([...replaced], then['replaced'] as string[]);
    const key = then['backoffKey'] as [string, number] | undefined;
    if (key !== undefined) t.is(apps.get(key[0])?.lastConfigChangeAt, key[1]);
    t.pass();
  });
}

interface KillGiven {
  readonly chunkSize: number;
  readonly retryMs: number;
  readonly instances: readonly {
    id: string;
    condition?: Condition;
    goal?: Goal;
    reserved?: boolean;
    tasks?: readonly {id: string; condition: Condition}[];
  }[];
}

interface KillStep {
  readonly at: number;
  readonly request?: readonly string[];
  readonly terminal?: string;
}

interface KillThen {
  readonly after: readonly {kill: readonly string[]; inFlight: number}[];
}

/** Services of which only time and timers do anything. */
function clockOnly(clock: {now: number; due: number}): FrameworkServices {
  const nothing = (): void => {};
  return {
    id: frameworkIdOf('marathon'),
    kinds: new ScalarKinds(),
    driver: {
      accept: nothing,
      decline: nothing,
      acknowledge: nothing,
      kill: nothing,
      suppress: nothing,
      revive: nothing,
      unsuppress: nothing,
      clearFilters: nothing,
      answerInverseOffers: nothing,
      updateFramework: nothing,
      reconcile: nothing,
    },
    now: () => clock.now,
    armTimer: (_name, _subject, at) => {
      clock.due = at;
    },
    cancelTimer: () => {
      clock.due = Infinity;
    },
    random: (stream) => makeRandom(1, stream),
    putRecord: nothing,
    deleteRecord: nothing,
    publish: nothing,
    reply: nothing,
  };
}

for (const {id, given, when, then} of suite<KillGiven, readonly KillStep[], KillThen>(
  'killservice',
)) {
  // Which goals change, and that unreachable residents are left alone, Marathon decides before it
  // asks.
  const isDecidedBefore = given.instances.some(
    ({goal, condition, reserved}) =>
      condition === 'Scheduled' ||
      (condition === 'Unreachable' && (goal === 'Running' || reserved === true)),
  );
  if (isDecidedBefore) continue;
  test(id, (t) => {
    const clock = {now: 0, due: Infinity};
    let sent: string[] = [];
    const gone = new Set<string>();
    const tasks = (instance: string): readonly string[] => {
      const stated = given.instances.find((entry) => entry.id === instance);
      const listed = stated?.tasks ?? [{id: `${instance}-t1`, condition: 'Running'}];
      return listed.filter(({condition}) => !isTerminal(condition)).map(({id: task}) => task);
    };
    const kills = new KillService(
      clockOnly(clock),
      (instance) => {
        if (gone.has(instance)) return false;
        sent.push(...tasks(instance));
        return tasks(instance).length > 0;
      },
      {chunkSize: given.chunkSize, retryMs: given.retryMs},
    );
    when.forEach(({at, request, terminal}, index) => {
      sent = [];
      clock.now = at;
      if (clock.due <= at) kills.onTimer();
      for (const instance of request ?? []) kills.request(instance);
      if (terminal !== undefined) {
        gone.add(terminal);
        kills.ended(terminal);
      }
      t.deepEqual(sent, then.after[index]?.kill as string[], `step ${index}`);
      t.is(then.after[index]?.inFlight, kills.inFlight, `step ${index}`);
    });
  });
}

test('an exception to the suites is one that they would fail', (t: ExecutionContext) => {
  for (const id of REFUSED_ON_PURPOSE.keys()) {
    const found = suite<Json, Json, ValidateThen>('validate').find((entry) => entry.id === id);
    const result = normaliseApp(found?.when['app'], configOf(found?.given ?? {}));
    t.not(result.ok, found?.then.valid);
  }
});
