/** Suite `versioninfo`: version stamps of apps when the root definition changes. */
import {z} from 'zod';
import {nextVersion, type App, type FrameworkReply} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {anyFields, makeAdapter} from './adapter.ts';
import {sameSet, subset} from './compare.ts';
import {requiredApp} from './definitions.ts';
import {World} from './world.ts';

const stored = z.looseObject({
  version: z.int(),
  lastScalingAt: z.int(),
  lastConfigChangeAt: z.int(),
});
const definitions = z.record(z.string(), anyFields);

const step = z.strictObject({
  at: z.int(),
  change: definitions.default({}),
  create: definitions.default({}),
  restart: z.string().optional(),
  delete: z.string().optional(),
});
type Step = z.output<typeof step>;

const instance = z.strictObject({id: z.string(), runSpecVersion: z.int()});

const given = z.strictObject({
  apps: z.record(z.string(), stored),
  instances: z.array(instance).default([]),
  at: z.int(),
});
type Given = z.output<typeof given>;

export const versioninfo = makeAdapter({
  given,
  when: z.union([step.transform((one) => [one]), z.array(step)]),
  expected: z.strictObject({
    rootVersion: z.int(),
    apps: z.record(z.string(), anyFields).optional(),
    replaced: z.array(z.string()).optional(),
    backoffKey: z.tuple([z.string(), z.int()]).optional(),
  }),
  run: ({given: value, when}, seed) => {
    const apps = new Map<string, App>();
    for (const [id, {version, lastScalingAt, lastConfigChangeAt, ...fields}] of Object.entries(
      value.apps,
    )) {
      const {definition} = requiredApp(id, fields);
      apps.set(id, {definition, version, lastScalingAt, lastConfigChangeAt});
    }
    for (const one of when) change(apps, one);
    return {
      rootVersion: rootVersionAfter(value, when, seed),
      apps: Object.fromEntries(apps),
      replaced: replacedIn(value, when, seed),
    };
  },
  judge: ({replaced, backoffKey, ...equal}, result) => {
    const [id = '', at] = backoffKey ?? [];
    return [
      ...subset(equal, result),
      ...(replaced === undefined ? [] : sameSet(replaced, result.replaced, 'replaced')),
      ...(backoffKey === undefined
        ? []
        : subset(at, result.apps[id]?.lastConfigChangeAt, 'backoffKey')),
    ];
  },
});

function change(apps: Map<string, App>, {at, create, change: changed, ...step}: Step): void {
  const next = (id: string, definition: App['definition'], restart: boolean): void => {
    apps.set(id, nextVersion(apps.get(id), definition, {at, restart}));
  };
  for (const [id, fields] of Object.entries({...create, ...changed})) {
    const {definition} = apps.get(id) ?? requiredApp(id, {});
    next(id, {...definition, ...fields}, false);
  }
  if (step.restart !== undefined) {
    const app = apps.get(step.restart) ?? requiredApp(step.restart, {});
    next(step.restart, app.definition, true);
  }
  if (step.delete !== undefined) apps.delete(step.delete);
}

/** The version that a real Marathon answers the last change with: that of its root. */
function rootVersionAfter({apps}: Given, steps: readonly Step[], seed: number): number {
  const world = new World({seed, agents: []});
  const put = (appId: string, fields: Given['apps'][string] | Step['create'][string]): unknown => {
    const {version: _version, lastScalingAt: _at, lastConfigChangeAt: _configAt, ...rest} = fields;
    const app = {id: appId, cmd: 'sleep 1000', ...rest};
    return versionOf(world.request({kind: 'appPut', app, force: true}));
  };
  for (const [appId, fields] of Object.entries(apps)) put(appId, fields);
  let last: unknown;
  for (const {at, change: changed, create, restart: appId} of steps) {
    world.advanceTo(at);
    const named = Object.entries({...create, ...changed});
    for (const [id, fields] of named) last = put(id, fields);
    if (appId !== undefined) {
      last = versionOf(world.request({kind: 'appRestart', appId, force: true}));
    } else if (named.length === 0) {
      // Where no app is named, the root is told to be as it is.
      last = versionOf(world.request({kind: 'groupPut', group: {id: '/'}, force: true}));
    }
  }
  return typeof last === 'string' ? Date.parse(last) : NaN;
}

function versionOf(reply: FrameworkReply): unknown {
  return reply.ok ? (reply.body as {readonly version?: unknown}).version : undefined;
}

/** Instances that a real Marathon takes away after the changes, by the names of the case. */
function replacedIn({apps, instances}: Given, steps: readonly Step[], seed: number): string[] {
  if (instances.length === 0) return [];
  const world = new World({
    seed,
    agents: [{name: 'agent', resources: 'cpus:100;mem:100000', times: {startMs: 10, killMs: 10}}],
    marathon: {reviveIntervalMs: 0},
  });
  const [appId] = Object.keys(apps);
  const first = apps[appId ?? ''];
  if (appId === undefined || first === undefined) throw new UnknownInCase('instances of no app');
  const {version: _version, lastScalingAt: _at, lastConfigChangeAt: _configAt, ...fields} = first;
  const app = {id: appId, cmd: 'sleep 1000', cpus: 1, mem: 32, portDefinitions: [], ...fields};
  world.request({kind: 'appPut', app: {...app, instances: instances.length}});
  world.advanceTo(60_000);
  const there = world.marathon.instancesOf(appId).map(({id}) => id);
  for (const {change: changed, restart} of steps) {
    const patch = changed[appId];
    if (patch !== undefined) world.request({kind: 'appPatch', appId, patch, force: true});
    if (restart !== undefined) world.request({kind: 'appRestart', appId: restart, force: true});
    world.advanceTo(world.now + 60_000);
  }
  const left = new Set(world.marathon.instancesOf(appId).map(({id}) => id));
  return instances.filter((_, at) => !left.has(there[at] ?? '')).map(({id}) => id);
}
