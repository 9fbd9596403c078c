/** An app with what a client asked to have embedded (reference part 2.1, appendix C1). */
import type {App} from '../definition/app-definition.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import type {ReadinessResult} from '../health/readiness.ts';
import type {TaskFailure} from '../instances/failures.ts';
import type {Tally} from '../instances/roster.ts';
import type {TaskStats} from './task-stats.ts';

type Json = Readonly<Record<string, unknown>>;

export interface CountFacts {
  readonly staged: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** Of an app that has no instances yet. */
export const NEW_APP: CountFacts = {staged: 0, running: 0, healthy: 0, unhealthy: 0};

export function countsOf({
  staged,
  running,
  reportedHealthy,
  reportedUnhealthy,
}: Pick<Tally, 'reportedHealthy' | 'reportedUnhealthy' | 'running' | 'staged'>): CountFacts {
  return {staged, running, healthy: reportedHealthy, unhealthy: reportedUnhealthy};
}

/** What is embedded: each thing exactly if it is given. */
export interface AppInfoFacts {
  readonly counts?: CountFacts | undefined;
  readonly deploymentIds?: readonly string[] | undefined;
  /** As `taskForm` makes them. */
  readonly tasks?: readonly Json[] | undefined;
  readonly readiness?: readonly ReadinessResult[] | undefined;
  readonly lastTaskFailure?: TaskFailure | undefined;
  readonly taskStats?: TaskStats | undefined;
  /** The same, by the name of 1.5 and later. */
  readonly tasksStats?: TaskStats | undefined;
}

/** `definition` may be another rendering of the app's own. */
export function appInfo(
  app: App,
  facts: AppInfoFacts = {},
  definition: Json = {...app.definition},
): Json {
  const {counts, deploymentIds, tasks, readiness, lastTaskFailure} = facts;
  const {taskStats, tasksStats} = facts;
  return {
    ...versionedForm(app, definition),
    ...(counts === undefined
      ? {}
      : {
          tasksStaged: counts.staged,
          tasksRunning: counts.running,
          tasksHealthy: counts.healthy,
          tasksUnhealthy: counts.unhealthy,
        }),
    ...(deploymentIds === undefined ? {} : {deployments: deploymentIds.map((id) => ({id}))}),
    ...(readiness === undefined ? {} : {readinessCheckResults: readiness}),
    ...(tasks === undefined ? {} : {tasks}),
    ...(lastTaskFailure === undefined ? {} : {lastTaskFailure}),
    ...(tasksStats === undefined ? {} : {tasksStats}),
    ...(taskStats === undefined ? {} : {taskStats}),
  };
}

/** The app alone, as `/versions/{version}` and the queue show it. */
export function versionedForm(app: App, definition: Json = {...app.definition}): Json {
  const {version, lastScalingAt, lastConfigChangeAt} = app;
  return {
    ...definition,
    version: isoInstant(version),
    versionInfo: {
      lastScalingAt: isoInstant(lastScalingAt),
      lastConfigChangeAt: isoInstant(lastConfigChangeAt),
    },
  };
}
