/** Apps and their tasks as answers show them, from what is known at the moment. */
import type {FrameworkServices} from '../../../scheduler.ts';
import type {App, AppDefinition} from '../definition/app-definition.ts';
import {legacyForm} from '../definition/legacy-form.ts';
import {healthCheckResults} from '../health/health-form.ts';
import type {Deployments} from '../deploy/deployments.ts';
import type {Readiness} from '../health/readiness.ts';
import type {Failures} from '../instances/failures.ts';
import {isStaged, type Instance} from '../instances/instances.ts';
import type {AppEntry} from '../instances/roster.ts';
import {appInfo, countsOf, NEW_APP, versionedForm} from './app-info.ts';
import type {AppEmbed} from './embed.ts';
import {hasTask, taskForm} from './task-form.ts';
import {taskStats, type TaskStats} from './task-stats.ts';

type Json = Readonly<Record<string, unknown>>;

export interface AppViewParts {
  readonly services: Pick<FrameworkServices, 'now'>;
  readonly deployments: Pick<Deployments, 'lockOf'>;
  readonly readiness: Pick<Readiness, 'resultsOf'>;
  readonly failures: Pick<Failures, 'of'>;
  /** Old and new form at once; undefined: the new one. */
  readonly legacy: {readonly mesosBridgeName: string} | undefined;
}

export class AppView {
  readonly #parts: AppViewParts;

  constructor(parts: AppViewParts) {
    this.#parts = parts;
  }

  /** An app with what is asked for of it. */
  info(entry: AppEntry, embed: AppEmbed): Json {
    const {id, app, tally} = entry;
    const {deployments, readiness, failures} = this.#parts;
    const stats = embed.taskStats ? this.#statsOf(entry) : undefined;
    const lock = embed.deployments ? deployments.lockOf(id) : undefined;
    return appInfo(
      app,
      {
        counts: embed.counts ? countsOf(tally) : undefined,
        deploymentIds: embed.deployments ? (lock === undefined ? [] : [lock.id]) : undefined,
        tasks: embed.tasks ? tasksOf(entry) : undefined,
        readiness: embed.readiness ? readiness.resultsOf(id) : undefined,
        lastTaskFailure: embed.lastTaskFailure ? failures.of(id) : undefined,
        taskStats: stats,
        tasksStats: embed.tasksStats ? stats : undefined,
      },
      this.#render(app.definition),
    );
  }

  /**
   * An app that is just made, as it was sent: its service ports are not assigned yet (reference
   * part 1.7).
   */
  fresh(app: App, deploymentId: string): Json {
    const tasks = this.#parts.legacy === undefined ? undefined : [];
    const facts = {counts: NEW_APP, deploymentIds: [deploymentId], tasks};
    return appInfo(app, facts, this.#render(app.definition));
  }

  /** One version of an app. */
  version(app: App): Json {
    return versionedForm(app, this.#render(app.definition));
  }

  #render(definition: AppDefinition): Json {
    const {legacy} = this.#parts;
    if (legacy === undefined) return {...definition};
    const old = legacyForm(definition, legacy);
    return {...old, ...definition, container: bothContainers(old['container'], definition)};
  }

  #statsOf({app, instances}: AppEntry): TaskStats {
    const tasks = [...instances.values()].filter(hasTask).map((instance) => ({
      version: instance.spec.app.version,
      startedAt: instance.startedAt,
      isStaged: isStaged(instance.condition),
      isRunning: instance.condition === 'Running',
      healthy: instance.healthy,
    }));
    return taskStats(tasks, app, this.#parts.services.now());
  }
}

export function tasksOf({instances}: AppEntry): readonly Json[] {
  return [...instances.values()].filter(hasTask).map(taskView);
}

export function taskView(instance: Instance): Json {
  const {volumes: localVolumes, role} = instance.reservation ?? {};
  return taskForm(instance, {health: healthCheckResults(instance), localVolumes, role});
}

/** The new container, with the old docker's network and mappings beside what docker has now. */
function bothContainers(old: unknown, {container}: AppDefinition): unknown {
  if (container === undefined) return null;
  const docker = (old as {readonly docker?: object}).docker;
  return {...container, ...(docker === undefined ? {} : {docker})};
}
