/** What tasks will do once they are launched: the behaviours of the scenario, drawn per task. */
import {makeRandom} from '../../engine/index.ts';
import {draw} from '../random/distributions.ts';
import type {Distribution} from '../random/distributions.ts';
import {DEFAULT_BEHAVIOUR, makeBehaviourFinder} from '../scenario/behaviours.ts';
import type {BehaviourFinder} from '../scenario/behaviours.ts';
import type {Behaviour} from '../scenario/schema.ts';
import {SAYS_FAILED, SAYS_FINISHED} from './tasks.ts';
import type {JobTable} from './jobs.ts';
import type {Launch, TaskPlan} from './tasks.ts';

/** Versions of each app in the order in which they were first launched: behaviours count them from 1. */
export type TaskPlansSnapshot = readonly (readonly [app: string, versions: readonly string[]])[];

export class TaskPlans {
  readonly #seed: number;
  readonly #find: BehaviourFinder;
  /** Whether any behaviour can match a job at all; most scenarios have none. */
  readonly #hasJobBehaviours: boolean;
  readonly #versions = new Map<string, string[]>();
  readonly #byVersion = new Map<string, Behaviour>();
  /** Filled anew for each task. */
  readonly #plan: TaskPlan = {startupMs: 0, durationMs: -1, end: SAYS_FINISHED, healthyMs: -1};

  constructor(seed: number, behaviours: readonly Behaviour[]) {
    this.#seed = seed;
    this.#find = makeBehaviourFinder(behaviours);
    this.#hasJobBehaviours = behaviours.some(({match}) => /^(job:|[*?])/.test(match));
  }

  /** The plan of a job's task; `job` is a row of `jobs`. The next call overwrites it. */
  ofJob(jobs: JobTable, job: number, taskId: string): TaskPlan {
    const behaviour = this.#hasJobBehaviours
      ? this.#find(jobs.subjectOf(job), 1)
      : DEFAULT_BEHAVIOUR;
    const plan = this.#fill(behaviour, taskId, jobs.durationMs[job] as number);
    plan.healthyMs = -1;
    return plan;
  }

  /** The plan of an app's instance. The next call overwrites it. */
  ofInstance(appId: string, version: string, launch: Launch): TaskPlan {
    const key = `${appId} ${version}`;
    let behaviour = this.#byVersion.get(key);
    if (behaviour === undefined) {
      behaviour = this.#find(appId, this.#numberOf(appId, version));
      this.#byVersion.set(key, behaviour);
    }
    const plan = this.#fill(behaviour, launch.taskId, -1);
    if (!hasHealthChecks(launch.details)) plan.healthyMs = -1;
    return plan;
  }

  #numberOf(appId: string, version: string): number {
    const versions = this.#versions.get(appId) ?? [];
    if (!versions.includes(version)) versions.push(version);
    this.#versions.set(appId, versions);
    return versions.indexOf(version) + 1;
  }

  #fill(behaviour: Behaviour, taskId: string, ownMs: number): TaskPlan {
    const plan = this.#plan;
    const {durationMs, failure} = behaviour;
    plan.startupMs = this.#draw(behaviour.startupMs, taskId, 'startup');
    plan.durationMs =
      durationMs === undefined ? ownMs : this.#draw(durationMs, taskId, 'duration');
    plan.end = behaviour.end === 'failed' ? SAYS_FAILED : SAYS_FINISHED;
    plan.healthyMs = this.#draw(behaviour.healthyAfterMs, taskId, 'healthy');
    if (failure === undefined) return plan;
    if (makeRandom(this.#seed, `task/${taskId}/fails`).float() < failure.probability) {
      const failsAfterMs = this.#draw(failure.afterMs, taskId, 'failure');
      if (plan.durationMs < 0 || failsAfterMs < plan.durationMs) {
        plan.durationMs = failsAfterMs;
        plan.end = SAYS_FAILED;
      }
    }
    return plan;
  }

  /** Each occasion has a stream of its own, so that a new one does not re-roll the others. */
  #draw(distribution: Distribution, taskId: string, occasion: string): number {
    if (distribution.kind === 'constant') return Math.round(distribution.value);
    return Math.round(draw(distribution, makeRandom(this.#seed, `task/${taskId}/${occasion}`)));
  }

  snapshot(): TaskPlansSnapshot {
    return [...this.#versions].map(([app, versions]) => [app, [...versions]]);
  }

  restore(snapshot: TaskPlansSnapshot): void {
    for (const [app, versions] of snapshot) this.#versions.set(app, [...versions]);
  }
}

/** Whether anybody asks for the health of a task: only then does its agent report it. */
function hasHealthChecks(details: unknown): boolean {
  if (typeof details !== 'object' || details === null || !('healthChecks' in details)) return false;
  return Array.isArray(details.healthChecks) && details.healthChecks.length > 0;
}
