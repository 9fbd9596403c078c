/** A timetable as a table for a terminal, and what it comes to below it. */
import {formatAmount, formatCount, formatDuration, formatResource} from '../report/format.ts';
import {columnsText, painter, printable, type Column, type Paint, type Row} from './columns.ts';
import type {
  ClockChange,
  Timetable,
  TimetableFire,
  TimetableJob,
  TimetableLoad,
  TimetableSkip,
} from './timetable.ts';

export interface TableOptions {
  /** Rows of the table; 0: all. */
  readonly limit: number;
  /** The zone that is told besides. */
  readonly zone?: string | undefined;
  /** ANSI colours. */
  readonly color: boolean;
}

/** Jobs told one by one below the table, and jobs named in one line. */
const JOBS_MAX = 40;
const NAMES_MAX = 4;

export function renderTimetable(timetable: Timetable, options: TableOptions): string {
  const paint = painter(options.color);
  const sections = [
    heading(timetable, paint),
    firesTable(timetable, options, paint),
    clockSection(timetable.clockChanges, paint),
    jobsTable(timetable, paint),
    loadSection(timetable.load, paint),
    assumptions(timetable, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({from, until, fires, jobs, timeZones}: Timetable, paint: Paint): string {
  const counts = `${plural(fires.length, 'run')} of ${plural(jobs.length, 'job')}`;
  const span = `${short(from)} to ${short(until)} UTC`;
  return `${paint('bold', counts)} · ${span} · time zones ${timeZones}`;
}

/** One line of the table: a run, or slots that are skipped. */
type Line =
  | {readonly at: string; readonly fire: TimetableFire}
  | {readonly at: string; readonly skip: TimetableSkip};

function firesTable(
  {fires, skips, jobs}: Timetable,
  {limit, zone}: TableOptions,
  paint: Paint,
): string {
  const lines: readonly Line[] = [
    ...fires.map((fire) => ({at: fire.at, fire})),
    ...skips.map((skip) => ({at: skip.first, skip})),
  ].sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : 0));
  if (lines.length === 0) return 'Nothing runs in this time.';
  const shown = limit === 0 ? lines : lines.slice(0, limit);
  const columns: readonly Column[] = [
    {title: 'UTC'},
    {title: 'local'},
    {title: 'zone'},
    ...(zone === undefined ? [] : [{title: zone}]),
    {title: 'job'},
    {title: 'takes', figures: true},
    {title: 'note'},
  ];
  const durations = new Map(jobs.map(({job, durationMs}) => [job, durationMs]));
  const rows = shown.map((line): Row => {
    const hasZone = zone !== undefined;
    return 'fire' in line ? fireRow(line.fire, hasZone, durations) : skipRow(line.skip, hasZone);
  });
  const more = lines.length - shown.length;
  const rest = more === 0 ? [] : [`and ${formatCount(more)} more (--limit 0 shows all)`];
  return [columnsText(columns, rows, paint), ...rest].join('\n');
}

function fireRow(
  fire: TimetableFire,
  hasZone: boolean,
  durations: ReadonlyMap<string, number>,
): Row {
  const {at, local, zone, inZone = '', job, after, notes, outcome} = fire;
  const texts = notes.map(({text}) => text);
  if (after.length > 0) texts.unshift(`after ${named(after)}`);
  const takes = formatDuration(durations.get(job) ?? 0);
  const isOdd = notes.some(({kind}) => kind !== 'twice');
  const style = outcome === 'failure' ? 'red' : isOdd ? 'yellow' : undefined;
  const cells = [short(at), short(local), zone];
  if (hasZone) cells.push(short(inZone));
  return {cells: [...cells, job, takes, texts.join('; ')], style};
}

function skipRow(skip: TimetableSkip, hasZone: boolean): Row {
  const {first, last, local, zone, count, job, text} = skip;
  const many = count === 1 ? text : `${formatCount(count)} times until ${short(last)}: ${text}`;
  const place = [short(first), short(local), zone, ...(hasZone ? [''] : [])];
  return {cells: [...place, job, '–', many], style: 'yellow'};
}

function clockSection(changes: readonly ClockChange[], paint: Paint): string {
  if (changes.length === 0) return '';
  const lines = changes.map(({day, zone, text, jobs}) => {
    return `  ${day} ${zone}: ${text} (${named(jobs)})`;
  });
  return [paint('bold', 'Changes of the clock'), ...lines].join('\n');
}

function jobsTable({jobs}: Timetable, paint: Paint): string {
  if (jobs.length === 0) return '';
  const columns: readonly Column[] = [
    {title: 'job'},
    {title: 'runs', figures: true},
    {title: 'skipped', figures: true},
    {title: 'takes', figures: true},
    {title: 'known from'},
    {title: 'first'},
    {title: 'last'},
    {title: 'schedule'},
  ];
  const most = jobs.toSorted((one, two) => two.fires - one.fires || (one.job < two.job ? -1 : 1));
  const rows = most.slice(0, JOBS_MAX).map(jobRow);
  const more = jobs.length - rows.length;
  const rest = more === 0 ? [] : [`and ${plural(more, 'more job')} (--json tells all)`];
  return [columnsText(columns, rows, paint), ...rest].join('\n');
}

function jobRow(job: TimetableJob): Row {
  const {schedule, parents, zone, disabled, durationFrom} = job;
  const rule = parents.length > 0 ? `after ${named(parents)}` : (schedule ?? 'by hand only');
  const inZone = zone === null || zone === 'UTC' ? rule : `${rule} ${zone}`;
  return {
    cells: [
      job.job,
      formatCount(job.fires),
      formatCount(job.skipped),
      formatDuration(job.durationMs),
      durationFrom === 'assumed' ? 'nothing' : durationFrom,
      job.first === null ? '–' : short(job.first),
      job.last === null ? '–' : short(job.last),
      disabled ? `disabled: ${inZone}` : inZone,
    ],
    style: job.fires === 0 ? 'dim' : undefined,
  };
}

function loadSection(load: readonly TimetableLoad[], paint: Paint): string {
  if (load.length === 0) return '';
  const columns: readonly Column[] = [
    {title: 'load'},
    {title: 'mean', figures: true},
    {title: 'peak', figures: true},
    {title: 'at (UTC)'},
    {title: 'by'},
  ];
  const rows = load.map(({resource, mean, peak, peakAt, peakJobs, peakJobsCount}): Row => {
    const told = peakJobs.slice(0, NAMES_MAX);
    const names = told.map(({job, amount}) => `${job} ${formatAmount(amount)}`);
    const more = peakJobsCount - told.length;
    if (more > 0) names.push(`${more} more`);
    const amounts = [mean, peak].map((amount) => formatResource(resource, amount));
    return {cells: [resource, ...amounts, short(peakAt), names.join(', ')]};
  });
  return columnsText(columns, rows, paint);
}

function assumptions({assumptions: list}: Timetable, paint: Paint): string {
  const lines = list.map((text) => `  ${printable(text)}`);
  return [paint('bold', 'Taken for granted'), ...lines].join('\n');
}

/** `2026-03-29 02:30`, from a text such as `2026-03-29T02:30:00.000Z`. */
export function short(text: string): string {
  const plain = text.replace('Z', '').replace('T', ' ');
  return plain.replace(/(?::00)?\.000$/, '');
}

function named(names: readonly string[]): string {
  const told = names.slice(0, NAMES_MAX).join(', ');
  const more = names.length - NAMES_MAX;
  return more > 0 ? `${told} and ${more} more` : told;
}

function plural(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
