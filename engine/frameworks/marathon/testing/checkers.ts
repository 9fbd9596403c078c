/**
 * What Marathon promises, each promise derived anew from what is seen from outside, by the dumbest
 * rule that says it. A broken promise throws. Not part of the engine.
 */
import {quantitiesOf} from '../../../resources/quantities.ts';
import type {AgentInfo, TaskLaunch} from '../../../scheduler.ts';
import {keeperOf, type Keep} from '../../testing/promises.ts';
import type {App, ConstraintText} from '../definition/app-definition.ts';
import type {FakeCluster} from './fake-cluster.ts';
import {
  hasChecks,
  instanceOfTask,
  isOver,
  isWell,
  type Checker,
  type Model,
  type SeenAction,
  type SeenDeployment,
  type SeenInstance,
} from './model.ts';
import {satisfiesAll} from './placement-rules.ts';

/** In words. The last one is a matter of the end: see `RandomWorld`. */
export const PROMISES = {
  health: 'no upgrade goes below minimumHealthCapacity by its own doing',
  count: 'never more than are wanted',
  capacity: 'no upgrade goes above maximumOverCapacity',
  once: 'no task id is launched twice',
  role: 'an app is launched on offers of its role',
  needs: 'a task gets what its app needs',
  constraints: 'constraints hold for what is launched',
  delayCap: 'no launch delay is negative or above its cap',
  delay: 'nothing is launched before its delay is over',
  sentence: 'nothing is given up that nobody asked to change',
  kill: 'nothing is killed without a cause',
  dependencies: 'an app comes after all that it depends on',
  steps: 'a step begins when the one before is done',
  proof: 'an action ends when all it brings is proven',
  rollback: 'a rollback restores the definition before, and no other',
  cancel: 'who cancels leaves in force what was asked for',
  end: 'once all is calm, deployments end and exactly what is wanted is there',
} as const;

/** Throws where a promise is broken. */
export const keep: Keep<keyof typeof PROMISES> = keeperOf(PROMISES);

const idOf = ({app}: Readonly<SeenInstance>): string => app.definition.id;

/** What an upgrade keeps to. */
interface Bounds {
  readonly minHealthy: number;
  /** Where there were fewer when it began, or looked again, so many. */
  floor: number;
  maxCapacity: number;
  /** Instances that it replaces. */
  readonly old: ReadonlySet<string>;
  /** Those that ended, or that could not be reached when they were given up. */
  readonly gone: Set<string>;
}

/** Whether an instance is one that the upgrade of its app leads to. */
function isNew({app}: Readonly<SeenInstance>, {planned}: SeenAction, inForce: App): boolean {
  if (planned.action === 'RestartApplication' && planned.keeps === true) {
    return app.lastConfigChangeAt === inForce.lastConfigChangeAt;
  }
  return app.version === inForce.version;
}

/** Without checks an old instance counts as long as it is wanted and has not ended. */
function counts(instance: Readonly<SeenInstance>, isFresh: boolean): boolean {
  if (instance.goal !== 'Running') return false;
  if (isFresh || hasChecks(instance.app.definition)) return isWell(instance);
  return !isOver(instance.condition);
}

function boundsAt(model: Model, action: SeenAction, app: App): Bounds {
  const {id, instances, upgradeStrategy} = app.definition;
  const old = model.of(id).filter((one) => one.goal === 'Running' && !isNew(one, action, app));
  const minHealthy = Math.ceil(instances * upgradeStrategy.minimumHealthCapacity);
  return {
    minHealthy,
    floor: minHealthy,
    maxCapacity: Math.floor(instances * (1 + upgradeStrategy.maximumOverCapacity)),
    old: new Set(old.map((one) => one.id)),
    gone: new Set(),
  };
}

/**
 * Neither below the floor nor above the capacity, by the numbers of the reference, part 3.5; and
 * outside of upgrades never more than are wanted.
 */
export function upgradesKeepBounds(model: Model): Checker {
  const bounds = new WeakMap<SeenAction, Bounds>();
  const boundsOf = (appId: string): Bounds | undefined => {
    const action = model.actionOf(appId);
    return action === undefined ? undefined : bounds.get(action);
  };
  const healthy = (appId: string, {old}: Bounds): number =>
    model.of(appId).filter((instance) => counts(instance, !old.has(instance.id))).length;
  const present = (appId: string, {old, gone}: Bounds): number =>
    model.of(appId).filter(({id, goal, condition}) => {
      if (goal === 'Running') return true;
      return old.has(id) && !gone.has(id) && !isOver(condition);
    }).length;
  const look = (appId: string, bound: Bounds): void => {
    const {maxCapacity, minHealthy} = bound;
    bound.floor = Math.min(bound.floor, healthy(appId, bound));
    if (minHealthy !== maxCapacity || maxCapacity > healthy(appId, bound)) return;
    bound.maxCapacity = maxCapacity + 1;
  };
  return {
    begun: ({actions}) => {
      for (const [appId, action] of actions) {
        const app = model.apps.get(appId);
        if (action.planned.action !== 'RestartApplication' || app === undefined) continue;
        const bound = boundsAt(model, action, app);
        look(appId, bound);
        bounds.set(action, bound);
      }
    },
    reviewed: (appId) => {
      const bound = boundsOf(appId);
      if (bound !== undefined) look(appId, bound);
    },
    sentenced: (instance, before) => {
      const appId = idOf(instance);
      const bound = boundsOf(appId);
      if (bound === undefined) return;
      if (!counts(before, !bound.old.has(instance.id))) return;
      const left = healthy(appId, bound);
      keep(
        left >= bound.floor,
        'health',
        () => `${instance.id} sentenced, ${left} of ${bound.floor} are left`,
      );
    },
    changed: ({id, app, goal, condition}) => {
      if (goal !== 'Running' && isOver(condition)) boundsOf(app.definition.id)?.gone.add(id);
    },
    created: (instance) => {
      const appId = idOf(instance);
      const bound = boundsOf(appId);
      const wanted = model.apps.get(appId)?.definition.instances ?? 0;
      if (bound === undefined) {
        const pool = model.pool(appId);
        keep(pool <= wanted, 'count', () => `${pool} of ${appId}`);
        return;
      }
      const there = present(appId, bound);
      keep(
        there <= bound.maxCapacity,
        'capacity',
        () => `${there} of ${bound.maxCapacity} with ${instance.id}`,
      );
    },
  };
}

/** Each launch is the only one of its task, and gets what the app needs in the app's role. */
export function launchesAreSound(model: Model, fake: FakeCluster): Checker {
  const launched = new Set<string>();
  return {
    launched: (launch: TaskLaunch) => {
      const {taskId, resources} = launch;
      keep(!launched.has(taskId), 'once', () => taskId);
      launched.add(taskId);
      const instance = model.instances.get(instanceOfTask(taskId));
      if (instance === undefined) throw new Error(`nobody's task is launched: ${taskId}`);
      const {definition} = instance.app;
      const role = fake.tasks.get(taskId)?.role;
      keep(
        role === definition.role,
        'role',
        () => `${taskId}: ${role} instead of ${definition.role}`,
      );
      const got = quantitiesOf(resources, fake.kinds);
      const needed = {
        cpus: definition.cpus * 1000,
        mem: definition.mem * 1000,
        ports: (definition.portDefinitions ?? []).length * 1000,
      };
      for (const [name, amount] of Object.entries(needed)) {
        keep(
          (got[name] ?? 0) === amount,
          'needs',
          () => `${taskId}: ${got[name]} of ${amount} ${name}`,
        );
      }
    },
  };
}

function looksAt([name, operator = '', argument]: ConstraintText, field: string): boolean {
  if (name !== field) return false;
  return /UNIQUE|MAX_PER|GROUP_BY/.test(operator) || (operator === 'CLUSTER' && !argument);
}

/** By the rules of the reference, part 6.2. */
export function constraintsHold(model: Model, agents: ReadonlyMap<string, AgentInfo>): Checker {
  return {
    placed: (instance) => {
      const {definition, lastConfigChangeAt} = instance.app;
      const agent = agents.get(instance.agentId ?? '');
      if (agent === undefined) throw new Error(`${instance.id} is nowhere`);
      const placed = model.of(definition.id).filter(({id, condition, agentId, app}) => {
        if (id === instance.id || agentId === undefined) return false;
        if (condition === 'Scheduled' || condition === 'Unreachable') return false;
        if (condition !== 'UnreachableInactive' && isOver(condition)) return false;
        return app.lastConfigChangeAt >= lastConfigChangeAt;
      });
      const wanted = model.apps.get(definition.id)?.definition.instances ?? 0;
      // Unlike in Marathon, a version that does not look at the field itself is not looked at.
      const others = (field: string): readonly AgentInfo[] =>
        placed
          .filter(({app}) => app.definition.constraints?.some((one) => looksAt(one, field)))
          .flatMap(({agentId}) => agents.get(agentId ?? '') ?? []);
      const broken = satisfiesAll(definition.constraints ?? [], agent, others, wanted);
      keep(
        broken === undefined,
        'constraints',
        () => `${instance.id} on ${agent.hostname} breaks ${broken}`,
      );
    },
  };
}

interface Delay {
  reference: number;
  delayNs: number;
  readonly delayNsMax: number;
}

const FAILURES = new Set(['Dropped', 'Error', 'Failed', 'Gone', 'Finished']);
const SIGNS_OF_LIFE = new Set(['Provisioned', 'Staging', 'Starting', 'Running']);

/** Launch delays by the rules of the reference, parts 5.1 and 5.2. */
export function delaysAreKept(model: Model): Checker {
  const delays = new Map<string, Delay>();
  const keyOf = ({definition, lastConfigChangeAt}: App): string =>
    `${definition.id}@${lastConfigChangeAt}`;
  const find = (key: string): Delay | undefined => {
    const delay = delays.get(key);
    if (delay !== undefined && model.now > delay.reference + delay.delayNsMax / 1e6) {
      delays.delete(key);
      return undefined;
    }
    return delay;
  };
  const forget = (appId: string): void => {
    for (const key of [...delays.keys()]) if (key.startsWith(`${appId}@`)) delays.delete(key);
  };
  return {
    delayed: (key, {delayNs, delayNsMax}) => {
      keep(
        delayNs >= 0 && delayNs <= delayNsMax,
        'delayCap',
        () => `${key}: ${delayNs} of ${delayNsMax} ns`,
      );
    },
    placed: ({id, app}) => {
      const delay = find(keyOf(app));
      const until = delay === undefined ? 0 : delay.reference + Math.ceil(delay.delayNs / 1e6);
      keep(until <= model.now, 'delay', () => `${id} at ${model.now}, not before ${until}`);
    },
    moved: ({app, condition}) => {
      const {backoffSeconds, backoffFactor, maxLaunchDelaySeconds} = app.definition;
      const delay = find(keyOf(app));
      if (SIGNS_OF_LIFE.has(condition) && delay !== undefined) delay.reference = model.now;
      if (!FAILURES.has(condition)) return;
      const delayNsMax = maxLaunchDelaySeconds * 1e9;
      const next =
        delay === undefined ? backoffSeconds * 1e9 : Math.floor(delay.delayNs * backoffFactor);
      const delayNs = Math.min(delayNsMax, next);
      delays.set(keyOf(app), {reference: model.now, delayNs, delayNsMax});
    },
    begun: ({actions}) => {
      for (const [appId, {planned}] of actions) {
        if (planned.action === 'RestartApplication') forget(appId);
      }
    },
    terminated: forget,
  };
}

/** `--task_launch_timeout`. */
const OVERDUE_MS = 300_000;

/** Whatever ends by Marathon's hand ends for a reason. */
export function killsHaveCauses(model: Model): Checker {
  const justified = new Set<string>();
  const mayBeSentenced = (instance: SeenInstance, before: Readonly<SeenInstance>): boolean => {
    const appId = idOf(instance);
    const inForce = model.apps.get(appId);
    const wanted = inForce?.definition.instances ?? 0;
    // Who asks for the end of what cannot be reached gets another one.
    if (isOver(before.condition) && model.named.has(instance.id)) return true;
    const hasTooMany = model.pool(appId) >= wanted;
    const action = model.actionOf(appId);
    if (action === undefined) return model.lockOf(appId) === undefined && hasTooMany;
    switch (action.planned.action) {
      case 'StopApplication':
        return true;
      case 'ScaleApplication':
        if (action.deployment.isPaused) return false;
        return hasTooMany || action.planned.toKill?.includes(instance.id) === true;
      case 'RestartApplication':
        if (action.deployment.isPaused || inForce === undefined) return false;
        return !isNew(instance, action, inForce);
      default:
        return false;
    }
  };
  return {
    sentenced: (instance, before) => {
      keep(
        mayBeSentenced(instance, before),
        'sentence',
        () => `${instance.id}, ${before.condition}`,
      );
    },
    killed: (taskId) => {
      const instance = model.instances.get(instanceOfTask(taskId));
      const isPresent = instance?.taskId === taskId;
      if (instance === undefined || !isPresent || justified.has(taskId)) return;
      const {id, goal, condition, launchedAt} = instance;
      const isStaged = ['Provisioned', 'Staging', 'Starting'].includes(condition);
      const isOverdue = isStaged && model.now >= launchedAt + OVERDUE_MS;
      keep(
        goal !== 'Running' || isOverdue || model.named.has(id) || model.dead.has(id),
        'kill',
        () => `${taskId}, ${condition}`,
      );
      justified.add(taskId);
    },
  };
}

/** Apps come after what they depend on, and steps after what is proven. */
export function orderIsKept(model: Model): Checker {
  const needs = (id: string): readonly string[] => {
    const own = model.apps.get(id)?.definition.dependencies ?? [];
    const inherited = [...model.groups.values()].flatMap((group) =>
      id.startsWith(group.id === '/' ? '/' : `${group.id}/`) ? group.dependencies : [],
    );
    return [...own, ...inherited].flatMap((path) =>
      [...model.apps.keys()].filter(
        (other) => other !== id && (other === path || other.startsWith(`${path}/`)),
      ),
    );
  };
  const allNeeds = (id: string, known = new Set<string>()): ReadonlySet<string> => {
    for (const other of needs(id)) {
      if (known.has(other)) continue;
      known.add(other);
      allNeeds(other, known);
    }
    return known;
  };
  return {
    accepted: ({plan}) => {
      const stepOf = new Map<string, number>();
      for (const [at, step] of plan.steps.entries()) {
        for (const {action, app} of step) {
          if (/^(Scale|Restart)/.test(action)) stepOf.set(app, at);
        }
      }
      for (const [id, at] of stepOf) {
        for (const other of allNeeds(id)) {
          keep(
            (stepOf.get(other) ?? -1) < at,
            'dependencies',
            () => `${id} in step ${at}, ${other} in step ${stepOf.get(other)}`,
          );
        }
      }
    },
    begun: ({plan, steps, actions}) => {
      const now = new Set(plan.steps[steps - 1]?.map(({app}) => app));
      const left = [...actions.keys()].filter((app) => !now.has(app));
      keep(left.length === 0, 'steps', () => `${left.join(', ')} not done in step ${steps}`);
    },
    ended: (action) => {
      const why = unfinished(model, action);
      keep(why === undefined, 'proof', () => `${why}`);
    },
  };
}

function unfinished(model: Model, action: SeenAction): string | undefined {
  const {planned, after} = action;
  const app = model.apps.get(planned.app);
  const instances = model.of(planned.app);
  if (planned.action === 'StopApplication') {
    const alive = instances.filter(({condition}) => !isOver(condition));
    return alive.length === 0 ? undefined : `${alive.length} of ${planned.app} still run`;
  }
  if (app === undefined) return `${planned.app} is not there`;
  const wanted = app.definition.instances;
  const pool = model.pool(planned.app);
  if (planned.action === 'ScaleApplication') {
    const fresh = instances.filter(({order, goal}) => order > after && goal === 'Running');
    const unproven = fresh.filter(({proven}) => !proven).length;
    if (pool >= wanted && unproven === 0) return undefined;
    return `${pool} of ${wanted} of ${planned.app}, ${unproven} not proven`;
  }
  const wantedOnes = instances.filter(({goal}) => goal === 'Running');
  const proven = wantedOnes.filter((one) => one.proven && isNew(one, action, app)).length;
  const old = wantedOnes.filter((one) => !isNew(one, action, app)).length;
  if (proven >= wanted && old === 0) return undefined;
  return `${proven} of ${wanted} of ${planned.app} proven, ${old} old`;
}

/** What was changed becomes what it was, what was not stays what it is. */
export function rollbacksRestore(model: Model): Checker {
  return {
    rolledBack: ({before, changed}: SeenDeployment, others) => {
      const now = model.definitions();
      for (const id of new Set([...others.keys(), ...now.keys()])) {
        const expected = (changed.includes(id) ? before : others).get(id);
        keep(
          JSON.stringify(now.get(id)) === JSON.stringify(expected),
          'rollback',
          () => `${id}: ${JSON.stringify(now.get(id))} is not ${JSON.stringify(expected)}`,
        );
      }
    },
  };
}
