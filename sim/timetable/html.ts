import {parseInstant} from '../../engine/index.ts';
import {formatAmount, formatCount, formatDuration, formatResource} from '../report/format.ts';
import {chartPlace, figures, html, NOTHING, table, words, type Html} from '../report/html-parts.ts';
import {renderPage} from '../report/page.ts';
import {short} from './table.ts';
import type {Timetable, TimetableFire} from './timetable.ts';
import {TIMETABLE_VIEWER, type Bar, type Oddity, type TimetableData} from './viewer.ts';

/** Jobs that get a row in the plot of runs, and runs in it: more nobody can tell apart. */
const ROWS_MAX = 40;
const BARS_MAX = 6000;
/** Lines of the table of remarkable runs. */
const NOTED_MAX = 100;
const JOBS_MAX = 500;

/**
 * A timetable as one HTML file that needs no network and no other file.
 * @param chartLibrary ECharts' browser build as text: `loadChartLibrary()` of `assets.io.ts`.
 */
export function renderTimetablePage(timetable: Timetable, chartLibrary: string): string {
  const data = pageData(timetable);
  const {fires, jobs, from, until} = timetable;
  const runs = `${formatCount(fires.length)} runs of ${formatCount(jobs.length)} jobs`;
  return renderPage({
    title: `Timetable from ${short(from)} – Drydock`,
    style: ownStyle(data),
    body: html`<header>
        <p class="eyebrow">Drydock timetable</p>
        <h1>${short(from)} to ${short(until)} UTC</h1>
        <p class="headline">${runs} · time zones ${timetable.timeZones}</p>
      </header>
      <main>
        ${clockChanges(timetable)} ${loads(timetable)} ${runsPlot(timetable, data)}
        ${jobsTable(timetable)} ${assumptions(timetable)} ${noted(timetable)}
      </main>
      <footer>
        <p>Foreseen by the scheduler that will run them. Charts: Apache ECharts.</p>
        <noscript><p>The charts need JavaScript; all other figures are above.</p></noscript>
      </footer>`,
    data,
    viewer: TIMETABLE_VIEWER,
    chartLibrary,
  });
}

/** A plot of runs is as high as it has rows; instants in tables are not broken. */
function ownStyle({jobs}: TimetableData): string {
  return `#runs { height: ${jobs.length * 24 + 90}px; } tbody th { white-space: nowrap; }`;
}

function clockChanges({clockChanges: changes}: Timetable): Html {
  if (changes.length === 0) return NOTHING;
  const columns = [
    words<(typeof changes)[number]>('day', ({day}) => day),
    words<(typeof changes)[number]>('zone', ({zone}) => zone),
    words<(typeof changes)[number]>('what happens', ({text}) => text),
    words<(typeof changes)[number]>('to', ({jobs}) => named(jobs)),
  ];
  return html`<section aria-labelledby="clock">
    <h2 id="clock">Changes of the clock</h2>
    ${table('What they do to the jobs', columns, changes)}
  </section>`;
}

function loads({load}: Timetable): Html {
  if (load.length === 0) return NOTHING;
  const plots = load.map(({resource, mean, peak, peakAt, peakJobs, peakJobsCount}) => {
    const [most, usual] = [formatResource(resource, peak), formatResource(resource, mean)];
    const by = peakJobs.slice(0, 5).map(({job, amount}) => `${job} ${formatAmount(amount)}`);
    if (peakJobsCount > by.length) by.push(`${peakJobsCount - by.length} more`);
    const summary = `At most ${most}, at ${short(peakAt)} UTC: ${by.join(', ')}. Mean ${usual}.`;
    const note = html`<p class="note">${summary}</p>`;
    return chartPlace(`load-${resource}`, `${resource} that runs will hold`, summary, note);
  });
  return html`<section aria-labelledby="load">
    <h2 id="load">Load on the cluster</h2>
    <p class="note">
      Areas are means of the jobs that hold the most, the line is the peak. Drag the handles below a
      chart to zoom into all of them.
    </p>
    ${plots}
  </section>`;
}

function runsPlot({fires, jobs}: Timetable, data: TimetableData): Html {
  if (data.bars.length === 0) return NOTHING;
  const left: string[] = [];
  const hidden = jobs.filter(({fires: count}) => count > 0).length - data.jobs.length;
  if (hidden > 0) left.push(`${formatCount(hidden)} jobs that take less time are not shown`);
  if (data.bars.length >= BARS_MAX) left.push(`the first ${formatCount(BARS_MAX)} runs are shown`);
  const more = left.length === 0 ? '' : ` ${left.join('; ')}.`;
  const note = html`<p class="note">
    Each bar is a run, from its start to its expected end; another colour marks runs with a
    note.${more}
  </p>`;
  const summary = `${formatCount(fires.length)} runs.`;
  return html`<section aria-labelledby="timeline">
    <h2 id="timeline">Runs</h2>
    ${chartPlace('runs', 'When each job runs', summary, note)}
  </section>`;
}

interface Noted {
  readonly at: string;
  readonly local: string;
  readonly job: string;
  readonly text: string;
}

function noted({fires, skips}: Timetable): Html {
  const rows: readonly Noted[] = [
    ...fires.flatMap(({at, local, zone, job, notes}) =>
      notes.length === 0 ? [] : [{at, local: `${short(local)} ${zone}`, job, text: textOf(notes)}],
    ),
    ...skips.map(({first, local, zone, job, count, text}) => ({
      at: first,
      local: `${short(local)} ${zone}`,
      job,
      text: count === 1 ? text : `${formatCount(count)} times: ${text}`,
    })),
  ].sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : 0));
  if (rows.length === 0) return NOTHING;
  const shown = rows.slice(0, NOTED_MAX);
  const caption =
    rows.length === shown.length
      ? 'Runs with a note'
      : `The first ${shown.length} of ${formatCount(rows.length)} runs with a note`;
  const columns = [
    words<Noted>('UTC', ({at}) => short(at)),
    words<Noted>('local', ({local}) => local),
    words<Noted>('job', ({job}) => job),
    words<Noted>('note', ({text}) => text),
  ];
  return html`<section aria-labelledby="noted">
    <h2 id="noted">What is remarkable</h2>
    ${table(caption, columns, shown)}
  </section>`;
}

function jobsTable({jobs}: Timetable): Html {
  type Job = Timetable['jobs'][number];
  const shown = jobs.slice(0, JOBS_MAX);
  const caption =
    jobs.length === shown.length ? 'Jobs' : `The first ${JOBS_MAX} of ${formatCount(jobs.length)}`;
  const columns = [
    words<Job>('job', ({job}) => job),
    figures<Job>('runs', ({fires}) => formatCount(fires)),
    figures<Job>('skipped', ({skipped}) => formatCount(skipped)),
    figures<Job>('takes', ({durationMs}) => formatDuration(durationMs)),
    words<Job>('known from', ({durationFrom}) => durationFrom),
    words<Job>('schedule', ({schedule, parents, zone}) =>
      parents.length > 0 ? `after ${named(parents)}` : `${schedule ?? ''} ${zone ?? ''}`,
    ),
  ];
  return html`<section aria-labelledby="jobs">
    <h2 id="jobs">Jobs</h2>
    ${table(caption, columns, shown)}
  </section>`;
}

function assumptions({assumptions: list}: Timetable): Html {
  const items = list.map((text) => html`<li>${text}</li> `);
  return html`<section aria-labelledby="assumptions">
    <h2 id="assumptions">Taken for granted</h2>
    <ul class="card">
      ${items}
    </ul>
  </section>`;
}

function pageData(timetable: Timetable): TimetableData {
  const {fires, skips, load} = timetable;
  const takes = new Map<string, number>();
  for (const {job, start, end} of fires) {
    if (start === null || end === null) continue;
    takes.set(job, (takes.get(job) ?? 0) + ms(end) - ms(start));
  }
  const jobs = [...takes]
    .sort(([one, long], [two, longer]) => longer - long || (one < two ? -1 : 1))
    .slice(0, ROWS_MAX)
    .map(([job]) => job)
    .sort();
  const rows = new Map(jobs.map((job, row) => [job, row]));
  const bars = [
    ...fires.flatMap((fire) => barOf(fire, rows.get(fire.job))),
    ...skips.flatMap(({job, first, count, text}): readonly Bar[] => {
      const row = rows.get(job);
      const at = ms(first);
      const line = count === 1 ? text : `${count} times: ${text}`;
      return row === undefined ? [] : [[row, at, at, 3, `${short(first)} UTC\n${line}`]];
    }),
  ];
  return {
    fromMs: ms(timetable.from),
    untilMs: ms(timetable.until),
    loads: load.map(({resource, series}) => {
      const unit = resource === 'mem' || resource === 'disk' ? ' MB' : '';
      return {resource, unit, stepMs: series.stepMs, peak: series.peak, byJob: series.byJob};
    }),
    jobs,
    bars: bars.slice(0, BARS_MAX),
  };
}

function barOf(
  {at, local, zone, start, end, outcome, notes, after}: TimetableFire,
  row: number | undefined,
): readonly Bar[] {
  if (row === undefined || start === null || end === null) return [];
  const oddity: Oddity = outcome === 'failure' ? 2 : notes.length > 0 ? 1 : 0;
  const place = zone === 'UTC' ? '' : ` · ${short(local)} ${zone}`;
  const lines = [`${short(at)} UTC${place}`, `takes ${formatDuration(ms(end) - ms(start))}`];
  if (after.length > 0) lines.push(`after ${named(after)}`);
  if (notes.length > 0) lines.push(textOf(notes));
  return [[row, ms(start), ms(end), oddity, lines.join('\n')]];
}

function textOf(notes: TimetableFire['notes']): string {
  return notes.map(({text}) => text).join('; ');
}

const NAMES_MAX = 5;

function named(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  const told = names.slice(0, NAMES_MAX).join(', ');
  return more > 0 ? `${told} and ${more} more` : told;
}

/** Of texts that the timetable itself has written. */
function ms(text: string): number {
  return parseInstant(text) ?? 0;
}
