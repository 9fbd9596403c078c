/** What tasks will do once they are launched: the behaviours of the scenario, drawn per task. */
import {makeRandom} from '../../engine/index.ts';
import {draw} from '../random/distributions.ts';
import type {Distribution} from '../random/distributions.ts';
import {DEFAULT_BEHAVIOUR, makeBehaviourFinder} from '../scenario/behaviours.ts';
import type {BehaviourFinder} from '../scenario/behaviours.ts';
import type {Behaviour} from '../scenario/schema.ts';
import {SAYS_FAILED, SAYS_FINISHED} from './tasks.ts';
import type {Definitions} from './definitions.ts';
import type {JobTable} from './jobs.ts';
import type {AgentCheck, TaskHealth} from './health-plan.ts';
import type {Launch, TaskPlan} from './tasks.ts';

/** How long a run of a Chronos job takes where no behaviour says so: its command tells nobody. */
const RUN_MS = 60_000;

export class TaskPlans {
  readonly #seed: number;
  readonly #find: BehaviourFinder;
  /** Whether any behaviour can match a job at all; most scenarios have none. */
  readonly #hasJobBehaviours: boolean;
  readonly #definitions: Definitions;
  /** `<app> <number>` → how instances of that definition behave. */
  readonly #byNumber = new Map<string, Behaviour>();
  /** Filled anew for each task. */
  readonly #plan: TaskPlan = {
    saysStarting: false,
    saysKilling: false,
    startupMs: 0,
    durationMs: -1,
    end: SAYS_FINISHED,
    stopMs: 0,
    health: null,
  };

  constructor(seed: number, behaviours: readonly Behaviour[], definitions: Definitions) {
    this.#seed = seed;
    this.#definitions = definitions;
    this.#find = makeBehaviourFinder(behaviours);
    this.#hasJobBehaviours = behaviours.some(({match}) => /^(job:|[*?])/.test(match));
  }

  /** The plan of a job's task; `job` is a row of `jobs`. The next call overwrites it. */
  ofJob(jobs: JobTable, job: number, taskId: string): TaskPlan {
    const behaviour = this.#hasJobBehaviours
      ? this.#find(jobs.subjectOf(job), 1)
      : DEFAULT_BEHAVIOUR;
    return this.#fill(behaviour, taskId, jobs.durationMs[job] as number);
  }

  /** The plan of a run of a Chronos job. The next call overwrites it. */
  ofRun(jobName: string, taskId: string): TaskPlan {
    return this.#fill(this.#find(`job:${jobName}`, 1), taskId, RUN_MS);
  }

  /** The plan of an app's instance. The next call overwrites it. */
  ofInstance(appId: string, version: string, launch: Launch): TaskPlan {
    const behaviour = this.#behaviourOf(appId, version);
    const plan = this.#fill(behaviour, launch.taskId, -1);
    const checks = healthChecksOf(launch.details);
    if (checks.length > 0) plan.health = this.#health(behaviour, launch.taskId, checks);
    return plan;
  }

  /** The health of an instance that is asked for it although its app has no health checks. */
  healthOf({origin, taskId}: Launch): TaskHealth {
    const behaviour =
      origin.kind === 'app' ? this.#behaviourOf(origin.appId, origin.version) : DEFAULT_BEHAVIOUR;
    return this.#health(behaviour, taskId, []);
  }

  #behaviourOf(appId: string, version: string): Behaviour {
    const definitions = this.#definitions;
    const number = definitions.numberOf(appId, version);
    const key = `${appId} ${number}`;
    let behaviour = this.#byNumber.get(key);
    if (behaviour === undefined) {
      behaviour = this.#find(appId, number, (fields) => definitions.has(appId, number, fields));
      this.#byNumber.set(key, behaviour);
    }
    return behaviour;
  }

  #fill(behaviour: Behaviour, taskId: string, ownMs: number): TaskPlan {
    const plan = this.#plan;
    const {durationMs, failure} = behaviour;
    plan.saysStarting = behaviour.saysStarting ?? false;
    plan.saysKilling = behaviour.saysKilling ?? false;
    plan.startupMs = this.#draw(behaviour.startupMs, taskId, 'startup');
    plan.durationMs = durationMs === undefined ? ownMs : this.#draw(durationMs, taskId, 'duration');
    plan.end = behaviour.end === 'failed' ? SAYS_FAILED : SAYS_FINISHED;
    plan.stopMs = this.#draw(behaviour.stopMs, taskId, 'stop');
    plan.health = null;
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

  #health(behaviour: Behaviour, taskId: string, checks: readonly unknown[]): TaskHealth {
    const {healthyAfterMs, sickAfterMs, flap, sickAnswer, readyAfterMs} = behaviour;
    const drawn = (distribution: Distribution | undefined, occasion: string): number =>
      distribution === undefined ? -1 : this.#draw(distribution, taskId, occasion);
    const wellForMs = drawn(flap?.wellMs, 'well');
    const sickForMs = drawn(flap?.sickMs, 'sick');
    return {
      healthyMs: drawn(healthyAfterMs, 'healthy'),
      sickMs: drawn(sickAfterMs, 'sickAfter'),
      // Who is well for no time and sick for none stays as it is.
      wellForMs: wellForMs + sickForMs > 0 ? wellForMs : -1,
      sickForMs,
      readyMs: drawn(readyAfterMs, 'ready'),
      sickAnswer,
      byAgent: agentCheckOf(checks),
      said: null,
      sickSince: -1,
    };
  }

  /** Each occasion has a stream of its own, so that a new one does not re-roll the others. */
  #draw(distribution: Distribution, taskId: string, occasion: string): number {
    if (distribution.kind === 'constant') return Math.round(distribution.value);
    return Math.round(draw(distribution, makeRandom(this.#seed, `task/${taskId}/${occasion}`)));
  }
}

/** The health checks that a task was launched with, as their user wrote them. */
function healthChecksOf(details: unknown): readonly unknown[] {
  if (typeof details !== 'object' || details === null || !('healthChecks' in details)) return [];
  return Array.isArray(details.healthChecks) ? details.healthChecks : [];
}

/** The first check that is the agent's; an agent makes one. */
function agentCheckOf(checks: readonly unknown[]): AgentCheck | null {
  for (const check of checks as readonly Partial<Record<string, unknown>>[]) {
    if (!/^(COMMAND|MESOS_)/.test(String(check['protocol']))) continue;
    return {
      graceMs: 1000 * Number(check['gracePeriodSeconds']),
      intervalMs: 1000 * Number(check['intervalSeconds']),
      failuresMax: Number(check['maxConsecutiveFailures']),
    };
  }
  return null;
}
