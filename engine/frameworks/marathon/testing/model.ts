/**
 * What somebody who watches a Marathon knows of it: its records, events and calls in order, and
 * what was sent to it. It shares no state with Marathon and none of its rules but the names of
 * states. For checkers. Not part of the engine.
 */
import {must} from '../../../kernel/assert.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkEvent, TaskLaunch} from '../../../scheduler.ts';
import type {App, AppDefinition} from '../definition/app-definition.ts';
import type {DeploymentPlan} from '../deploy/deployment.ts';
import type {PlanAction} from '../deploy/plan.ts';
import type {Group} from '../root/groups.ts';
import type {FakeCluster} from './fake-cluster.ts';

export interface SeenInstance {
  readonly id: string;
  readonly app: App;
  /** Its place among all instances that were ever seen. */
  readonly order: number;
  condition: string;
  goal: string;
  agentId: string | undefined;
  healthy: boolean | null;
  /** Its readiness check was answered well. */
  ready: boolean;
  /** It has been well and ready at once, in its present task. */
  proven: boolean;
  taskId: string | undefined;
  launchedAt: number;
}

export interface SeenDeployment {
  readonly plan: DeploymentPlan;
  /** All definitions before it. */
  readonly before: ReadonlyMap<string, AppDefinition>;
  /** Apps whose definition it changed. */
  changed: readonly string[];
  /** How many steps were begun. */
  steps: number;
  /** Stopped by somebody's word or its terms, not for confirmation. */
  isPaused: boolean;
  /** Actions of the step that are not done. */
  readonly actions: Map<string, SeenAction>;
}

export interface SeenAction {
  readonly planned: PlanAction;
  readonly deployment: SeenDeployment;
  /** `order` of the last instance before it. */
  readonly after: number;
}

/** What checkers are told, when the model knows of it. */
export interface Checker {
  created?(instance: SeenInstance): void;
  /** Its goal is not Running any more; `before` is how it was. */
  sentenced?(instance: SeenInstance, before: Readonly<SeenInstance>): void;
  /** It has a place; `before` is how it was. */
  placed?(instance: SeenInstance, before: Readonly<SeenInstance>): void;
  moved?(instance: SeenInstance, before: Readonly<SeenInstance>): void;
  launched?(launch: TaskLaunch): void;
  killed?(taskId: string): void;
  begun?(deployment: SeenDeployment): void;
  ended?(action: SeenAction): void;
  accepted?(deployment: SeenDeployment): void;
  reviewed?(appId: string): void;
  terminated?(appId: string): void;
  delayed?(key: string, delay: {readonly delayNs: number; readonly delayNsMax: number}): void;
  rolledBack?(deployment: SeenDeployment, others: ReadonlyMap<string, AppDefinition>): void;
}

type Entry = readonly [kind: string, ...rest: unknown[]];

const LOST: ReadonlySet<string> = new Set(['Unreachable', 'UnreachableInactive']);
const ENDED: ReadonlySet<string> = new Set([
  'Error',
  'Failed',
  'Finished',
  'Killed',
  'Gone',
  'Dropped',
  'Unknown',
]);

export const isOver = (condition: string): boolean => ENDED.has(condition) || LOST.has(condition);

export const instanceOfTask = (taskId: string): string => taskId.replace(/\._app\.\d+$/, '');

export class Model {
  now = 0;
  /** In force. */
  readonly apps = new Map<string, App>();
  readonly groups = new Map<string, Group>();
  readonly instances = new Map<string, SeenInstance>();
  readonly deployments = new Map<string, SeenDeployment>();
  /** Instances that somebody asked to kill. */
  readonly named = new Set<string>();
  /** Instances that were called dead. */
  readonly dead = new Set<string>();
  readonly #fake: FakeCluster;
  readonly #versions = new Map<string, App>();
  readonly #checkers: readonly Checker[];
  #read = 0;
  #orders = 0;
  /** The plan that is to come in force. */
  #planned: SeenDeployment | undefined;
  readonly #undone: {
    readonly deployment: SeenDeployment;
    readonly others: ReadonlyMap<string, AppDefinition>;
  }[] = [];

  constructor(fake: FakeCluster, checkers: (model: Model) => readonly Checker[]) {
    this.#fake = fake;
    this.#checkers = checkers(this);
  }

  get order(): number {
    return this.#orders;
  }

  definitions(): ReadonlyMap<string, AppDefinition> {
    return new Map([...this.apps].map(([id, {definition}]) => [id, definition]));
  }

  of(appId: string): readonly SeenInstance[] {
    return [...this.instances.values()].filter(({app}) => app.definition.id === appId);
  }

  /** Wanted and not given up. */
  pool(appId: string): number {
    return this.of(appId).filter(
      ({goal, condition}) => goal === 'Running' && condition !== 'UnreachableInactive',
    ).length;
  }

  actionOf(appId: string): SeenAction | undefined {
    for (const {actions} of this.deployments.values()) {
      const action = actions.get(appId);
      if (action !== undefined) return action;
    }
    return undefined;
  }

  lockOf(appId: string): SeenDeployment | undefined {
    return [...this.deployments.values()].find(({plan}) => plan.appIds.includes(appId));
  }

  /** A deployment is going to be undone. */
  expectRollback(id: string): void {
    const deployment = must(this.deployments.get(id), id);
    this.#undone.push({deployment, others: this.definitions()});
  }

  ready(taskId: string): void {
    const instance = this.instances.get(instanceOfTask(taskId));
    if (instance?.taskId !== taskId || instance.condition !== 'Running') return;
    instance.ready = true;
    prove(instance);
  }

  /** Reads on. */
  observe(): void {
    const {trace} = this.#fake;
    for (; this.#read < trace.length; this.#read += 1) this.#take(trace[this.#read] as Entry);
    this.now = this.#fake.now;
    if (this.#undone.splice(0).length > 0) throw new Error('undone without a word');
  }

  #take([kind, ...rest]: Entry): void {
    const [first, second, third] = rest as [never, string, string];
    switch (kind) {
      case 'put':
        this.#put(first, JSON.parse(second));
        return;
      case 'delete':
        this.#delete(first);
        return;
      case 'event':
        this.now = first;
        this.#event(JSON.parse(second) as FrameworkEvent);
        return;
      case 'driver':
        this.now = first;
        this.#call(JSON.parse(second) as Entry);
        return;
      case 'timer':
        this.now = first;
        if (second === 'upgradeReview')
          for (const checker of this.#checkers) checker.reviewed?.(third);
        return;
    }
  }

  #put(path: string, document: unknown): void {
    const parts = path.split('/');
    if (parts[1] === 'apps') {
      const app = document as App;
      this.apps.set(app.definition.id, app);
      this.#versions.set(`${app.definition.id}@${isoInstant(app.version)}`, app);
    } else if (parts[1] === 'groups') {
      this.groups.set((document as Group).id, document as Group);
    } else if (parts[1] === 'backoff') {
      const delay = document as {delayNs: number; delayNsMax: number};
      for (const checker of this.#checkers) {
        checker.delayed?.(path.slice('backoff'.length), delay);
      }
    } else if (parts[1] === 'deployments' && parts[3] === 'plan') {
      const plan = document as DeploymentPlan;
      this.#planned = {
        plan,
        before: this.definitions(),
        changed: [],
        steps: 0,
        isPaused: false,
        actions: new Map(),
      };
      this.deployments.set(plan.id, this.#planned);
    }
  }

  #delete(path: string): void {
    const [, folder, id = '', what, ...rest] = path.split('/');
    const below = path.split('/').slice(2).join('/');
    if (folder === 'apps') this.apps.delete(`/${below}`);
    else if (folder === 'groups') this.groups.delete(`/${below}`);
    else if (folder === 'instances') this.instances.delete(id);
    else if (folder === 'deployments' && what === 'actions') {
      const actions = this.deployments.get(id)?.actions;
      const app = `/${rest.join('/')}`;
      const action = actions?.get(app);
      actions?.delete(app);
      if (action === undefined) return;
      for (const checker of this.#checkers) checker.ended?.(action);
    }
  }

  #call([what, ...args]: Entry): void {
    if (what === 'kill') {
      for (const checker of this.#checkers) checker.killed?.(args[0] as string);
    } else if (what === 'accept') {
      for (const launch of args[1] as readonly TaskLaunch[]) {
        const instance = this.instances.get(instanceOfTask(launch.taskId));
        if (instance !== undefined) instance.taskId = launch.taskId;
        for (const checker of this.#checkers) checker.launched?.(launch);
      }
    }
  }

  #event(event: FrameworkEvent): void {
    switch (event.type) {
      case 'instance_changed_event':
        this.#changed(event);
        return;
      case 'instance_health_changed_event': {
        const instance = this.instances.get(event['instanceId'] as string);
        if (instance === undefined) return;
        instance.healthy = event['healthy'] as boolean | null;
        prove(instance);
        return;
      }
      case 'unhealthy_instance_kill_event':
        this.dead.add(event['instanceId'] as string);
        return;
      case 'app_terminated_event':
        for (const checker of this.#checkers) checker.terminated?.(event['appId'] as string);
        return;
      case 'group_change_success':
        this.#inForce();
        return;
      case 'group_change_failed':
        this.#undone.shift();
        return;
      default:
        if (event.type.startsWith('deployment_')) this.#deployment(event);
    }
  }

  #changed(event: FrameworkEvent): void {
    const id = event['instanceId'] as string;
    const condition = event['condition'] as string;
    const goal = event['goal'] as string;
    const known = this.instances.get(id);
    if (known === undefined) {
      const app = must(
        this.#versions.get(`${event['runSpecId'] as string}@${event['runSpecVersion'] as string}`),
        'definition of an instance',
      );
      this.#orders += 1;
      const fresh: SeenInstance = {
        id,
        app,
        order: this.#orders,
        condition,
        goal,
        agentId: undefined,
        healthy: null,
        ready: false,
        proven: false,
        taskId: undefined,
        launchedAt: 0,
      };
      this.instances.set(id, fresh);
      for (const checker of this.#checkers) checker.created?.(fresh);
      return;
    }
    const before = {...known};
    known.condition = condition;
    known.goal = goal;
    known.agentId = event['agentId'] as string | undefined;
    if (condition === 'Scheduled') Object.assign(known, {ready: false, proven: false});
    if (isOver(condition) && !LOST.has(condition)) {
      this.named.delete(id);
      this.dead.delete(id);
    }
    if (condition === 'Provisioned') known.launchedAt = this.now;
    prove(known);
    for (const checker of this.#checkers) {
      if (before.goal === 'Running' && goal !== 'Running') checker.sentenced?.(known, before);
      if (before.condition === condition) continue;
      if (condition === 'Provisioned') checker.placed?.(known, before);
      checker.moved?.(known, before);
    }
  }

  /** A plan was accepted, and its change is in force. */
  #inForce(): void {
    const deployment = this.#planned;
    this.#planned = undefined;
    if (deployment === undefined) return;
    const ids = new Set([...deployment.before.keys(), ...this.apps.keys()]);
    deployment.changed = [...ids].filter((id) => {
      const now = JSON.stringify(this.apps.get(id)?.definition);
      return now !== JSON.stringify(deployment.before.get(id));
    });
    for (const checker of this.#checkers) checker.accepted?.(deployment);
    const undone = this.#undone.shift();
    if (undone === undefined) return;
    for (const checker of this.#checkers) checker.rolledBack?.(undone.deployment, undone.others);
  }

  #deployment(event: FrameworkEvent): void {
    const plan = event['plan'] as {readonly id: string};
    const deployment = this.deployments.get(plan.id);
    if (deployment === undefined) return;
    switch (event.type) {
      case 'deployment_info':
        for (const planned of deployment.plan.steps[deployment.steps] ?? []) {
          if (planned.action === 'StartApplication') continue;
          deployment.actions.set(planned.app, {planned, deployment, after: this.#orders});
        }
        deployment.steps += 1;
        for (const checker of this.#checkers) checker.begun?.(deployment);
        return;
      case 'deployment_step_failure':
        deployment.actions.clear();
        return;
      case 'deployment_paused':
        deployment.isPaused = event['reason'] !== 'Waits for confirmation';
        return;
      case 'deployment_resumed':
        deployment.isPaused = false;
        return;
      case 'deployment_failed':
      case 'deployment_success':
        this.#over(deployment, event);
        return;
    }
  }

  #over(deployment: SeenDeployment, {type, reason}: FrameworkEvent): void {
    this.deployments.delete(deployment.plan.id);
    const isAsked = reason === 'The upgrade has been cancelled';
    if (type === 'deployment_success' || isAsked) return;
    if (deployment.plan.terms.onFailure !== 'rollback') return;
    this.#undone.push({deployment, others: this.definitions()});
  }
}

export function isWell({condition, app, healthy}: Readonly<SeenInstance>): boolean {
  return condition === 'Running' && (!hasChecks(app.definition) || healthy === true);
}

export function hasChecks({healthChecks = []}: AppDefinition): boolean {
  return healthChecks.length > 0;
}

function prove(instance: SeenInstance): void {
  const {readinessChecks = []} = instance.app.definition;
  if (isWell(instance) && (readinessChecks.length === 0 || instance.ready)) instance.proven = true;
}
