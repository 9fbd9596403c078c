import type {
  DeploymentResult,
  FrameworkResult,
  ResourceUse,
  ScheduledJobResult,
  ShareUse,
  SimResult,
  TaskCounts,
  WaitingReason,
  WaitingStats,
} from '../result.ts';
import {RUN_COUNTS, TASK_COUNTS} from '../result.ts';
import {
  formatCount,
  formatDuration,
  formatInstant,
  formatInstantBriefly,
  formatRatio,
  formatResource,
} from './format.ts';
import type {Column, Html} from './html-parts.ts';
import {figures, html, metric, NOTHING, table, words} from './html-parts.ts';
import {toldDeployments} from './told-deployments.ts';
import {scheduleFigures, toldJobs} from './told-jobs.ts';
import {hasWideJobs} from './wide-jobs.ts';

/**
 * A row of the tables that show all tasks first and then each framework's; `path` is '' for all.
 */
interface Scope {
  readonly path: string;
  readonly name: string;
  readonly tasks: TaskCounts;
  readonly waiting: WaitingStats;
  readonly framework: FrameworkResult | undefined;
}

type WaitingScope = Pick<Scope, 'path' | 'name' | 'waiting'>;

const WAITING_FIGURES: readonly (readonly [string, keyof WaitingStats])[] = [
  ['mean', 'meanMs'],
  ['p50', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
  ['max', 'maxMs'],
];

function scopesOf(result: SimResult): readonly Scope[] {
  return [
    {path: '', name: 'all', tasks: result.tasks, waiting: result.waiting, framework: undefined},
    ...result.frameworks.map((framework) => ({
      path: `frameworks.${framework.name}.`,
      name: framework.name,
      tasks: framework.tasks,
      waiting: framework.waiting,
      framework,
    })),
  ];
}

export function tasksTable(result: SimResult): Html {
  const columns: Column<Scope>[] = [
    words('framework', (scope) => scope.name),
    ...TASK_COUNTS.map((key) =>
      figures<Scope>(key, ({path, tasks}) =>
        metric(`${path}tasks.${key}`, tasks[key], formatCount(tasks[key])),
      ),
    ),
  ];
  return table('Tasks by what became of them', columns, scopesOf(result));
}

export function frameworksTable(result: SimResult): Html {
  const columns: Column<FrameworkResult>[] = [
    words('framework', ({name}) => name),
    words('kind', ({kind}) => kind),
    words('role', ({role}) => role),
    figures('makespan', ({name, makespanMs}) =>
      makespanMs === undefined
        ? '–'
        : metric(`frameworks.${name}.makespanMs`, makespanMs, formatDuration(makespanMs)),
    ),
  ];
  return table('Frameworks', columns, result.frameworks);
}

export function waitingTable(result: SimResult): Html {
  const columns: Column<WaitingScope>[] = [
    words('framework', (scope) => scope.name),
    figures('placed tasks', ({path, waiting}) =>
      metric(`${path}waiting.count`, waiting.count, formatCount(waiting.count)),
    ),
    figures('that waited', ({path, waiting}) =>
      metric(`${path}waiting.countWaited`, waiting.countWaited, formatCount(waiting.countWaited)),
    ),
    ...WAITING_FIGURES.map(([title, key]) =>
      figures<WaitingScope>(title, ({path, waiting}) =>
        metric(`${path}waiting.${key}`, waiting[key], formatDuration(waiting[key])),
      ),
    ),
  ];
  const scopes: WaitingScope[] = [...scopesOf(result)];
  if (hasWideJobs(result)) {
    scopes.push({path: 'jobs.', name: 'by job', waiting: result.jobs.waiting});
  }
  return table('Waiting time, from arrival to placement', columns, scopes);
}

export function reasonsTable(result: SimResult): Html {
  const columns: Column<readonly [WaitingReason, number]>[] = [
    words('framework', ([reason]) => reason.framework),
    figures('tasks', ([reason, index]) =>
      metric(`waitingReasons.${index}.tasks`, reason.tasks, formatCount(reason.tasks)),
    ),
    words('reason', ([reason]) => reason.reason),
    words('for example', ([reason]) => reason.example),
  ];
  const rows = result.waitingReasons.map((reason, index) => [reason, index] as const);
  return table('Tasks still waiting at the end, and why', columns, rows);
}

export function utilisationTable(result: SimResult): Html {
  const columns: Column<ResourceUse>[] = [
    words('resource', ({resource}) => resource),
    figures('in the cluster', (use) =>
      metric(
        `utilisation.${use.resource}.total`,
        use.total,
        formatResource(use.resource, use.total),
      ),
    ),
    figures('mean', (use) => ratioMetric(`utilisation.${use.resource}.meanRatio`, use.meanRatio)),
    figures('peak', (use) => ratioMetric(`utilisation.${use.resource}.peakRatio`, use.peakRatio)),
    figures('peak at', (use) =>
      metric(
        `utilisation.${use.resource}.peakAtMs`,
        use.peakAtMs,
        formatInstantBriefly(use.peakAtMs),
      ),
    ),
  ];
  return table('Utilisation, weighted by time', columns, result.utilisation);
}

export function sharesTable(result: SimResult): Html {
  interface Row {
    readonly path: string;
    readonly kind: string;
    readonly share: ShareUse;
  }
  const rows: Row[] = [
    ...result.frameworkShares.map((share) => ({
      path: `frameworkShares.${share.name}`,
      kind: 'framework',
      share,
    })),
    ...result.roleShares.map((share) => ({path: `roleShares.${share.name}`, kind: 'role', share})),
  ];
  const columns: Column<Row>[] = [
    words('name', ({share}) => share.name),
    words('kind', ({kind}) => kind),
    words('role', ({share}) => share.role),
    figures('mean', ({path, share}) => ratioMetric(`${path}.meanRatio`, share.meanRatio)),
    figures('peak', ({path, share}) => ratioMetric(`${path}.peakRatio`, share.peakRatio)),
    figures('at the end', ({path, share}) => ratioMetric(`${path}.endRatio`, share.endRatio)),
  ];
  return table('Dominant share of frameworks and roles', columns, rows);
}

export function expectationsTable(result: SimResult): Html {
  type Row = readonly [SimResult['expectations'][number], number];
  const columns: Column<Row>[] = [
    words('expectation', ([{text}]) => text),
    words('outcome', ([{passed}, index]) => {
      const outcome = metric(
        `expectations.${index}.passed`,
        passed,
        passed ? '✓ passed' : '✗ failed',
      );
      return html`<span class="${passed ? 'good' : 'bad'}">${outcome}</span>`;
    }),
    words('failed first at', ([{failedAtMs}, index]) =>
      failedAtMs === undefined
        ? NOTHING
        : metric(`expectations.${index}.failedAtMs`, failedAtMs, formatInstant(failedAtMs)),
    ),
    words('found', ([{found}]) => found ?? ''),
  ];
  const rows = result.expectations.map((expectation, index) => [expectation, index] as const);
  return table('What the scenario expects, and what came', columns, rows);
}

/** Deployments told one by one; result.json has more. */
const DEPLOYMENTS_MAX = 100;

export function deploymentsTable(result: SimResult): Html {
  if (result.deployments === undefined) return NOTHING;
  const {list, ...counts} = result.deployments;
  const columns: Column<DeploymentResult>[] = [
    words('apps', ({apps}) => (apps.length > 3 ? `${apps.length} apps` : apps.join(', '))),
    words('framework', ({framework}) => framework),
    figures('begun at', ({beginMs}) => html`${formatInstant(beginMs)}`),
    figures(
      'took',
      ({beginMs, endMs}) => html`${formatDuration((endMs ?? result.endMs) - beginMs)}`,
    ),
    words('outcome', ({outcome}) => outcome),
    words('reason', ({reason}) => reason ?? ''),
  ];
  const totals = Object.entries(counts).map(
    ([outcome, count]) =>
      html`${metric(`deployments.${outcome}`, count, formatCount(count))} ${outcome} `,
  );
  return html`${table('Deployments', columns, toldDeployments(list, DEPLOYMENTS_MAX))}
    <p class="note">${totals}</p>`;
}

/** Jobs told one by one; result.json has more. */
const JOBS_MAX = 100;

export function schedulesTables(result: SimResult): Html {
  const {schedules} = result;
  if (schedules === undefined) return NOTHING;
  const columns: Column<ScheduledJobResult>[] = [
    words('job', ({job}) => job),
    words('framework', ({framework}) => framework),
    ...RUN_COUNTS.map((figure) =>
      figures<ScheduledJobResult>(figure, (job) => html`${formatCount(job[figure])}`),
    ),
  ];
  const totals = scheduleFigures(schedules).map(
    ([path, value, word], index) =>
      html`${index === 0 ? '' : ' · '}${metric(`schedules.${path}`, value, formatCount(value))}
      ${word}`,
  );
  const late = WAITING_FIGURES.map(([title, key], index) => {
    const value = schedules.lateness[key];
    const figure = metric(`schedules.lateness.${key}`, value, formatDuration(value));
    return html`${index === 0 ? '' : ' · '}${title} ${figure}`;
  });
  return html`${table('Scheduled jobs', columns, toldJobs(schedules.list, JOBS_MAX))}
    <p class="note">${totals}</p>
    <p class="note">From the slot to the launch: ${late}</p>`;
}

export function skippedTable(result: SimResult): Html {
  const columns: Column<readonly [string, number]>[] = [
    words('file', ([file]) => file),
    figures('rows skipped', ([file, count]) =>
      metric(`skippedRows.${file}`, count, formatCount(count)),
    ),
  ];
  return table('Rows that lenient reading skipped', columns, Object.entries(result.skippedRows));
}

function ratioMetric(path: string, ratio: number): Html {
  return metric(path, ratio, formatRatio(ratio));
}
