import {styleText} from 'node:util';
import Table from 'cli-table3';
import type {FrameworkResult, ShareUse, SimResult, TaskCounts, WaitingStats} from '../result.ts';
import {RUN_COUNTS, TASK_COUNTS} from '../result.ts';
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatInstant,
  formatInstantBriefly,
  formatMemory,
  formatRatio,
  formatResource,
} from './format.ts';
import {plural} from './headline.ts';
import {toldDeployments} from './told-deployments.ts';
import {scheduleFigures, toldJobs} from './told-jobs.ts';
import {hasWideJobs} from './wide-jobs.ts';

export interface SummaryOptions {
  /** Columns of the terminal; 80 by default, and at least: the task counts need them. */
  readonly width?: number | undefined;
  /** ANSI colours; by default none, for files and pipes. */
  readonly color?: boolean | undefined;
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

interface Paper {
  readonly width: number;
  readonly paint: (style: Style, text: string) => string;
}

/**
 * A column of a table: `words` stand to the left and give way when room is short, figures to the
 * right.
 */
interface Column {
  readonly title: string;
  readonly words: boolean;
}

const INDENT = '  ';
const GAP = 2;
const WORDS_MIN = 8;
/** Deployments told one by one; result.json has more. */
const DEPLOYMENTS_MAX = 10;
/** Scheduled jobs told one by one, likewise. */
const JOBS_MAX = 10;
/** Reasons told one by one; result.json and the report have them all. */
const REASONS_MAX = 10;

/**
 * The tables at the end of a run, for a terminal: no line is wider than `width` unless figures need
 * it.
 */
export function renderSummary(result: SimResult, options: SummaryOptions = {}): string {
  const paper: Paper = {
    width: Math.max(80, options.width ?? 80),
    paint: (style, text) =>
      options.color === true && text !== ''
        ? styleText(style, text, {validateStream: false})
        : text,
  };
  const sections = [
    heading(result, paper),
    tasks(result, paper),
    reasons(result, paper),
    waiting(result, paper),
    utilisation(result, paper),
    shares(result, paper),
    schedules(result, paper),
    deployments(result, paper),
    facts(result, paper),
    expectations(result, paper),
  ];
  return sections.filter((section) => section !== '').join('\n\n') + '\n';
}

function heading(result: SimResult, paper: Paper): string {
  const title = paper.paint('bold', clip(printable(result.scenario), paper.width - 30));
  const lines = [`${title} · ${formatDuration(result.endMs)} of virtual time`];
  if (result.partial) {
    const when = formatInstant(result.endMs);
    const text = `PARTIAL: interrupted at ${when}; all figures are up to then.`;
    lines.push(paper.paint('yellow', text));
  }
  return lines.join('\n');
}

function tasks(result: SimResult, paper: Paper): string {
  const row = (name: string, counts: TaskCounts): string[] => [
    name,
    ...TASK_COUNTS.map((key) => formatCompact(counts[key])),
  ];
  const rows = scopes(result.frameworks, ({name, tasks: counts}) => row(name, counts));
  return grid(
    paper,
    [words('Tasks'), ...TASK_COUNTS.map(figures)],
    [...rows, row('all', result.tasks)],
  );
}

/** Each framework's row; none when there is only one, whose row would be the one of all. */
function scopes(
  frameworks: readonly FrameworkResult[],
  row: (framework: FrameworkResult) => string[],
): string[][] {
  return frameworks.length > 1 ? frameworks.map(row) : [];
}

function reasons(result: SimResult, paper: Paper): string {
  if (result.waitingReasons.length === 0) return '';
  const lines = [paper.paint('bold', 'Still waiting, and why')];
  const told = result.waitingReasons.slice(0, REASONS_MAX);
  const digits = Math.max(...told.map(({tasks: count}) => formatCount(count).length));
  for (const {framework, reason, tasks: count, example} of told) {
    const lead = `${INDENT}${formatCount(count).padStart(digits)}  `;
    const text = `${framework}: ${reason} (such as ${example})`;
    lines.push(...hanging(lead, text, paper.width));
  }
  const rest = result.waitingReasons.slice(REASONS_MAX).map(({tasks: count}) => count);
  if (rest.length > 0) {
    lines.push(
      `${INDENT}and ${plural(sum(rest), 'task')} for ${plural(rest.length, 'other reason')}`,
    );
  }
  return lines.join('\n');
}

function waiting(result: SimResult, paper: Paper): string {
  const row = (name: string, stats: WaitingStats): string[] => [
    name,
    formatCompact(stats.countWaited),
    ...[stats.meanMs, stats.p50Ms, stats.p95Ms, stats.p99Ms, stats.maxMs].map(formatDuration),
  ];
  const rows = scopes(result.frameworks, ({name, waiting: stats}) => row(name, stats));
  rows.push(row('all', result.waiting));
  if (hasWideJobs(result)) rows.push(row('by job', result.jobs.waiting));
  const columns = ['waited', 'mean', 'p50', 'p95', 'p99', 'max'].map(figures);
  return grid(paper, [words('Waiting time'), ...columns], rows);
}

function utilisation(result: SimResult, paper: Paper): string {
  const rows = result.utilisation.map(({resource, total, meanRatio, peakRatio, peakAtMs}) => [
    resource,
    formatResource(resource, total),
    formatRatio(meanRatio),
    formatRatio(peakRatio),
    formatInstantBriefly(peakAtMs),
  ]);
  const columns = ['total', 'mean', 'peak', 'peak at'].map(figures);
  return grid(paper, [words('Utilisation'), ...columns], rows);
}

function shares(result: SimResult, paper: Paper): string {
  const row = (kind: string, {name, role, meanRatio, peakRatio, endRatio}: ShareUse): string[] => [
    name,
    kind === 'role' ? 'role' : `framework of ${role}`,
    formatRatio(meanRatio),
    formatRatio(peakRatio),
    formatRatio(endRatio),
  ];
  const rows = [
    ...result.frameworkShares.map((share) => row('framework', share)),
    ...result.roleShares.map((share) => row('role', share)),
  ];
  const columns = ['mean', 'peak', 'at the end'].map(figures);
  return grid(paper, [words('Dominant share'), words(''), ...columns], rows);
}

/** Those that did not simply succeed first, then the latest. */
function deployments(result: SimResult, paper: Paper): string {
  if (result.deployments === undefined) return '';
  const {list, ...counts} = result.deployments;
  const told = toldDeployments(list, DEPLOYMENTS_MAX);
  const rows = told.map(({apps, beginMs, endMs, outcome}) => [
    apps.length > 1 ? `${apps[0]} and ${apps.length - 1} more` : (apps[0] ?? ''),
    formatInstantBriefly(beginMs),
    formatDuration((endMs ?? result.endMs) - beginMs),
    outcome,
  ]);
  const columns = [words('Deployments'), figures('begun at'), figures('took'), figures('outcome')];
  const reasons = told.flatMap(({apps, outcome, reason}) =>
    reason === undefined ? [] : hanging(INDENT, `${apps[0]}: ${outcome}: ${reason}`, paper.width),
  );
  const total = sum(Object.values(counts));
  const others = (['succeeded', 'failed', 'running', 'paused'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${formatCount(counts[outcome])} ${outcome}`);
  const line = `${INDENT}of ${plural(total, 'deployment')}: ${others.join(' · ')}`;
  return [grid(paper, columns, rows), ...reasons, line].join('\n');
}

/** Those with most trouble, then what became of all runs, and how late they began. */
function schedules({schedules: told}: SimResult, paper: Paper): string {
  if (told === undefined) return '';
  const rows = toldJobs(told.list, JOBS_MAX).map((job) => [
    job.job,
    ...RUN_COUNTS.map((figure) => formatCompact(job[figure])),
  ]);
  const lines = scheduleFigures(told)
    .filter(([, value]) => value > 0)
    .map(([, value, word]) => `${formatCount(value)} ${word}`);
  const {lateness} = told;
  const late = (['p50Ms', 'p95Ms', 'maxMs'] as const)
    .map((key) => `${key.slice(0, -2)} ${formatDuration(lateness[key])}`)
    .join(' · ');
  return [
    grid(paper, [words('Scheduled jobs'), ...RUN_COUNTS.map(figures)], rows),
    ...hanging(`${INDENT}of `, lines.join(' · '), paper.width),
    ...(lateness.count > 0 ? [`${INDENT}from slot to launch: ${late}`] : []),
  ].join('\n');
}

/** The run itself: what it met, how fast it went, and how to get it again. */
function facts(result: SimResult, paper: Paper): string {
  const {agents, machine} = result;
  const lost =
    `${formatCount(agents.count)} · ${formatCount(agents.lost)} lost · ` +
    `${formatCount(agents.returned)} returned · ${formatCount(agents.upAtEnd)} up at the end`;
  const rows: (readonly [string, string])[] = [['Agents', lost]];
  if (machine === undefined) {
    rows.push(['Events', formatCount(result.events)]);
  } else {
    rows.push(
      [
        'Events',
        `${formatCount(result.events)} · ${formatCount(machine.eventsPerSecond)}/s · ` +
          `${formatCount(machine.virtualToRealRatio)} times as fast as real time`,
      ],
      [
        'Machine',
        `${formatDuration(machine.wallRealMs)} · peak memory ` +
          `${formatMemory(machine.memoryPeakMiB)} · Node ${machine.node}`,
      ],
    );
  }
  if (result.start !== undefined) {
    rows.push(['Began', `${result.start} · tz database ${result.timeZones}`]);
  }
  rows.push(
    ['Run', `seed ${result.seed} · hash ${result.runHash} · drydock ${result.drydock}`],
    ...result.assumptions.map((text): readonly [string, string] => ['Assumed', text]),
    ...Object.entries(result.skippedRows).map(([file, count]): readonly [string, string] => [
      'Skipped',
      `${plural(count, 'row')} of ${file}`,
    ]),
  );
  const lines = rows.flatMap(([name, text], index) => {
    const label = rows[index - 1]?.[0] === name ? '' : name;
    const [first = '', ...rest] = hanging(label.padEnd(10), text, paper.width);
    return [paper.paint('bold', first.slice(0, 10)) + first.slice(10), ...rest];
  });
  return lines.join('\n');
}

function expectations(result: SimResult, paper: Paper): string {
  const failed = result.expectations.filter(({passed}) => !passed);
  const total = plural(result.expectations.length, 'expectation');
  if (result.expectations.length === 0) return '';
  if (failed.length === 0) return paper.paint('green', `✓ ${total} met`);
  const lines = [paper.paint('red', `✗ ${formatCount(failed.length)} of ${total} failed`)];
  for (const {text, failedAtMs, found} of failed) {
    const when = failedAtMs === undefined ? '' : ` first at ${formatInstant(failedAtMs)}`;
    const what = found === undefined ? '' : `, found ${found}`;
    lines.push(...hanging(INDENT, `${text}: failed${when}${what}`, paper.width));
  }
  return lines.join('\n');
}

function words(title: string): Column {
  return {title, words: true};
}

function figures(title: string): Column {
  return {title, words: false};
}

/**
 * Rows under a ruled head, without vertical lines. Words are clipped, the longest first, until a
 * row fits the width; figures are never clipped.
 */
function grid(paper: Paper, columns: readonly Column[], rows: readonly string[][]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({title}, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const room = paper.width - GAP * (columns.length - 1);
  for (let over = sum(widths) - room; over > 0; over--) {
    const longest = columns
      .map((column, index) => ({column, index, width: widths[index] ?? 0}))
      .filter(({column, width}) => column.words && width > Math.max(WORDS_MIN, column.title.length))
      .toSorted((a, b) => b.width - a.width)[0];
    if (longest === undefined) break;
    widths[longest.index] = longest.width - 1;
  }
  const table = new Table({
    head: columns.map(({title}) => paper.paint('bold', title)),
    colAligns: columns.map((column) => (column.words ? 'left' : 'right')),
    chars: RULED,
    style: {head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0},
  });
  for (const row of cells) table.push(row.map((cell, index) => clip(cell, widths[index] ?? 0)));
  const [head = '', rule = '', ...body] = table.toString().split('\n');
  return [head, paper.paint('dim', rule), ...body].map((line) => line.trimEnd()).join('\n');
}

const RULED = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '─',
  'mid-mid': '──',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Names come from scenarios: what would move the cursor or break the line is shown as `?`. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Text after a lead, wrapped at words, further lines indented below the first. */
function hanging(lead: string, text: string, width: number): string[] {
  const room = Math.max(20, width - lead.length);
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > room) {
      lines.push(line.slice(0, room));
      line = line.slice(room);
    }
  }
  lines.push(line);
  return lines.map((part, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + part);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
