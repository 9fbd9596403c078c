/** Statistics over the tasks of an app, by version (reference part 2.1, `embed=apps.taskStats`). */

/** One task, as far as statistics look at it; instants in ms. */
export interface StatsTask {
  readonly version: number;
  readonly startedAt: number | undefined;
  readonly isStaged: boolean;
  readonly isRunning: boolean;
  /** What the health checks say; undefined while unknown. */
  readonly healthy: boolean | undefined;
}

interface Stats {
  readonly stats: {
    readonly counts: {
      readonly staged: number;
      readonly running: number;
      readonly healthy: number;
      readonly unhealthy: number;
    };
    readonly lifeTime?: {readonly averageSeconds: number; readonly medianSeconds: number};
  };
}

export interface TaskStats {
  readonly startedAfterLastScaling?: Stats;
  readonly withLatestConfig?: Stats;
  readonly withOutdatedConfig?: Stats;
  readonly totalSummary?: Stats;
}

/** Groups without tasks are left out. */
export function taskStats(
  tasks: readonly StatsTask[],
  versions: {readonly lastScalingAt: number; readonly lastConfigChangeAt: number},
  now: number,
): TaskStats {
  const {lastScalingAt, lastConfigChangeAt} = versions;
  const groups = [
    ['startedAfterLastScaling', tasks.filter(({version}) => version >= lastScalingAt)],
    ['withLatestConfig', tasks.filter(({version}) => version >= lastConfigChangeAt)],
    ['withOutdatedConfig', tasks.filter(({version}) => version < lastConfigChangeAt)],
    ['totalSummary', tasks],
  ] as const;
  return Object.fromEntries(
    groups.flatMap(([name, some]) => (some.length === 0 ? [] : [[name, statsOf(some, now)]])),
  );
}

function statsOf(tasks: readonly StatsTask[], now: number): Stats {
  const count = (is: (task: StatsTask) => boolean): number => tasks.filter(is).length;
  const counts = {
    staged: count(({isStaged}) => isStaged),
    running: count(({isRunning}) => isRunning),
    healthy: count(({healthy}) => healthy === true),
    unhealthy: count(({healthy}) => healthy === false),
  };
  const lifeTimes = tasks
    .flatMap(({startedAt}) => (startedAt === undefined ? [] : (now - startedAt) / 1000))
    .sort((left, right) => left - right);
  const median = lifeTimes[Math.floor(lifeTimes.length / 2)];
  if (median === undefined) return {stats: {counts}};
  const sum = lifeTimes.reduce((total, seconds) => total + seconds, 0);
  return {
    stats: {
      counts,
      lifeTime: {averageSeconds: sum / lifeTimes.length, medianSeconds: median},
    },
  };
}
