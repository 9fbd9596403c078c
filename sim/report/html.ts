import type {ExpectationResult, MachineFigures, ResourceUse, SimResult} from '../result.ts';
import {
  formatCount,
  formatDuration,
  formatInstant,
  formatInstantBriefly,
  formatMemory,
  formatRatio,
} from './format.ts';
import {headlineOf, plural} from './headline.ts';
import type {Html} from './html-parts.ts';
import {chartPlace, html, metric, NOTHING} from './html-parts.ts';
import {
  deploymentsTable,
  expectationsTable,
  frameworksTable,
  reasonsTable,
  schedulesTables,
  sharesTable,
  skippedTable,
  tasksTable,
  utilisationTable,
  waitingTable,
} from './html-tables.ts';
import {renderPage} from './page.ts';
import type {ChartData} from './viewer.ts';
import {VIEWER} from './viewer.ts';

/**
 * The report of a run: one HTML file that needs no network and no other file.
 * @param chartLibrary ECharts' browser build as text: `loadChartLibrary()` of `assets.io.ts`.
 */
export function renderReport(result: SimResult, chartLibrary: string): string {
  return renderPage({
    title: `${result.scenario} – Drydock simulation`,
    head: html`<meta name="generator" content="drydock ${result.drydock}" />`,
    body: html`${header(result)}
      <main>
        ${keyFigures(result)} ${expectations(result)} ${assumptions(result)} ${timeCharts(result)}
        ${waiting(result)} ${fill(result)} ${tables(result)}
      </main>
      ${footer(result)}`,
    data: chartData(result),
    viewer: VIEWER,
    chartLibrary,
  });
}

function header(result: SimResult): Html {
  const state = result.partial
    ? html`<p class="banner bad" role="alert">
        ${metric('partial', true, 'Partial result')}: the run was interrupted at
        ${formatInstant(result.endMs)} of virtual time; all figures are up to then.
      </p>`
    : NOTHING;
  return html`<header>
    <p class="eyebrow">Drydock simulation</p>
    <h1>${result.scenario}</h1>
    <p class="headline">${headlineOf(result)}</p>
    ${state}${expectationsBanner(result.expectations)}
  </header>`;
}

function expectationsBanner(all: readonly ExpectationResult[]): Html {
  const failed = all.filter(({passed}) => !passed).length;
  if (all.length === 0) return NOTHING;
  if (failed === 0) {
    return html`<p class="banner good">✓ ${plural(all.length, 'expectation')} met.</p>`;
  }
  return html`<p class="banner bad" role="alert">
    ✗ ${formatCount(failed)} of ${plural(all.length, 'expectation')} failed:
    <a href="#expectations">see which, when and why</a>.
  </p>`;
}

/** A card of the key figures: its name, the figure, and a line of more. */
function card(title: string, figure: Html, more: Html): Html {
  return html`<div class="card key">
    <dt>${title}</dt>
    <dd class="big">${figure}</dd>
    <dd>${more}</dd>
  </div> `;
}

function keyFigures(result: SimResult): Html {
  const {tasks, waiting: wait, agents} = result;
  const count = (path: string, value: number): Html => metric(path, value, formatCount(value));
  const duration = (path: string, value: number): Html =>
    metric(path, value, formatDuration(value));
  const cards = [
    card(
      'Tasks finished',
      count('tasks.finished', tasks.finished),
      html`of ${count('tasks.submitted', tasks.submitted)} submitted,
      ${count('tasks.placed', tasks.placed)} placed`,
    ),
    card(
      'Tasks still waiting',
      count('tasks.waiting', tasks.waiting),
      html`${count('tasks.running', tasks.running)} running at the end`,
    ),
    card(
      'Tasks failed',
      count('tasks.failed', tasks.failed),
      html`${count('tasks.killed', tasks.killed)} killed, ${count('tasks.lost', tasks.lost)} lost`,
    ),
    card(
      '95% waited at most',
      duration('waiting.p95Ms', wait.p95Ms),
      html`p50 ${duration('waiting.p50Ms', wait.p50Ms)} · p99
      ${duration('waiting.p99Ms', wait.p99Ms)} · max ${duration('waiting.maxMs', wait.maxMs)}`,
    ),
    ...result.utilisation.map(utilisationCard),
    card(
      'Agents lost',
      count('agents.lost', agents.lost),
      html`of ${count('agents.count', agents.count)}; ${count('agents.returned', agents.returned)}
      returned, ${count('agents.upAtEnd', agents.upAtEnd)} up at the end`,
    ),
    eventsCard(result),
  ];
  return html`<section aria-labelledby="key">
    <h2 id="key">Key figures</h2>
    <dl class="cards">${cards}</dl>
  </section>`;
}

function utilisationCard(use: ResourceUse): Html {
  const path = `utilisation.${use.resource}`;
  const percent = (ratio: number): string => (Math.min(1, Math.max(0, ratio)) * 100).toFixed(1);
  return card(
    `${use.resource} in use, mean`,
    metric(`${path}.meanRatio`, use.meanRatio, formatRatio(use.meanRatio)),
    html`<span class="meter" aria-hidden="true"
        ><i style="width:${percent(use.meanRatio)}%"></i
        ><b style="left:${percent(use.peakRatio)}%"></b></span
      >peak ${metric(`${path}.peakRatio`, use.peakRatio, formatRatio(use.peakRatio))} at
      ${metric(`${path}.peakAtMs`, use.peakAtMs, formatInstantBriefly(use.peakAtMs))}`,
  );
}

function eventsCard({events, endMs, machine}: SimResult): Html {
  const span = html`in ${metric('endMs', endMs, formatDuration(endMs))} of virtual time`;
  const speed =
    machine === undefined
      ? NOTHING
      : html`;
        ${metric(
          'machine.virtualToRealRatio',
          machine.virtualToRealRatio,
          formatCount(machine.virtualToRealRatio),
        )}
        times as fast as real time`;
  return card('Events', metric('events', events, formatCount(events)), html`${span}${speed}`);
}

function expectations(result: SimResult): Html {
  if (result.expectations.length === 0) return NOTHING;
  return html`<section aria-labelledby="expectations">
    <h2 id="expectations">Expectations</h2>
    ${expectationsTable(result)}
  </section>`;
}

function assumptions(result: SimResult): Html {
  if (result.assumptions.length === 0) return NOTHING;
  const items = result.assumptions.map((assumption) => html`<li>${assumption}</li> `);
  return html`<section aria-labelledby="assumptions">
    <h2 id="assumptions">What the scenario assumes</h2>
    <ul class="card">
      ${items}
    </ul>
  </section>`;
}

function timeCharts(result: SimResult): Html {
  const {series} = result;
  if (series.atMs.length === 0) return NOTHING;
  const uses = result.utilisation.map(
    ({resource, meanRatio, peakRatio, peakAtMs}) =>
      `${resource}: mean ${formatRatio(meanRatio)}, peak ${formatRatio(peakRatio)} at ` +
      formatInstantBriefly(peakAtMs),
  );
  const shares = result.frameworkShares.map(
    ({name, meanRatio, peakRatio}) =>
      `${name}: mean ${formatRatio(meanRatio)}, peak ${formatRatio(peakRatio)}`,
  );
  const failureNote = result.expectations.some(({failedAtMs}) => failedAtMs !== undefined)
    ? ' Dashed red lines mark where an expectation failed first.'
    : '';
  const most = (values: readonly number[]): string =>
    formatCount(values.reduce((a, b) => Math.max(a, b), 0));
  return html`<section aria-labelledby="time">
    <div class="title">
      <h2 id="time">Over time</h2>
      <button type="button" id="zoom-reset" hidden>Show the whole run</button>
    </div>
    <p class="note">
      Virtual time: day 0 00:00 is the start of the run. Drag the handles below a chart to zoom into
      all of them.${failureNote}
    </p>
    ${chartPlace('chart-utilisation', 'Utilisation per resource', `${uses.join('; ')}.`)}
    ${chartPlace(
      'chart-tasks',
      'Running and waiting tasks',
      `At most ${most(series.runningTasks)} running and ${most(series.waitingTasks)} waiting.`,
    )}
    ${chartPlace('chart-shares', 'Dominant share per framework', `${shares.join('; ')}.`)}
    ${chartPlace(
      'chart-agents',
      'Agents up',
      `${formatCount(result.agents.upAtEnd)} of ${formatCount(result.agents.count)} at the end.`,
    )}
  </section>`;
}

function waiting(result: SimResult): Html {
  const {count, countWaited, p50Ms, p99Ms} = result.waiting;
  if (count === 0 && result.waitingReasons.length === 0) return NOTHING;
  const summary =
    `${formatCount(countWaited)} of ${formatCount(count)} placed tasks waited; half of all ` +
    `at most ${formatDuration(p50Ms)}, 99% at most ${formatDuration(p99Ms)}.`;
  return html`<section aria-labelledby="waiting">
    <h2 id="waiting">Waiting</h2>
    ${chartPlace('chart-waiting', 'Waiting times of placed tasks, per framework', summary)}
    ${waitingTable(result)}${reasonsTable(result)}
  </section>`;
}

function fill(result: SimResult): Html {
  const {rows, atMs, resource} = result.fill;
  if (rows.length === 0 || atMs.length === 0) return NOTHING;
  const summary = `${plural(rows.length, 'row')} of agents at ${plural(atMs.length, 'instant')}.`;
  const note = html`<p class="note">
    Each row is a group of agents in the order of their registration, each column an instant;
    <span class="swatch" aria-hidden="true"></span> all agents of the row down.
  </p>`;
  return html`<section aria-labelledby="fill">
    <h2 id="fill">How full the agents were</h2>
    ${chartPlace('chart-fill', `${resource} in use, by group of agents`, summary, note)}
  </section>`;
}

function tables(result: SimResult): Html {
  return html`<section aria-labelledby="tables">
    <h2 id="tables">In figures</h2>
    ${tasksTable(result)}${utilisationTable(result)}${sharesTable(result)}${frameworksTable(result)}
    ${schedulesTables(result)}${deploymentsTable(result)}${skippedTable(result)}
  </section>`;
}

function footer(result: SimResult): Html {
  const {machine} = result;
  const {start, timeZones: edition} = result;
  const zones =
    start === undefined || edition === undefined
      ? NOTHING
      : html` · began at ${metric('start', start, start)} · time zones
        ${metric('timeZones', edition, edition)}`;
  const run = html`Drydock ${result.drydock} · seed
    ${metric('seed', result.seed, String(result.seed))} · run hash
    <code>${metric('runHash', result.runHash, result.runHash)}</code>${zones}`;
  const speed = machine === undefined ? NOTHING : machineLine(machine);
  return html`<footer>
    <p>${run}</p>
    ${speed}
    <p>
      The same scenario, seed and version of Drydock give the same run hash. Charts: Apache ECharts.
    </p>
    <noscript><p>The charts need JavaScript; all other figures are above.</p></noscript>
  </footer>`;
}

function machineLine({wallRealMs, eventsPerSecond, memoryPeakMiB, node}: MachineFigures): Html {
  const wall = metric('machine.wallRealMs', wallRealMs, formatDuration(wallRealMs));
  const speed = metric('machine.eventsPerSecond', eventsPerSecond, formatCount(eventsPerSecond));
  const memory = metric('machine.memoryPeakMiB', memoryPeakMiB, formatMemory(memoryPeakMiB));
  return html`<p>
    ${wall} of real time · ${speed} events/s · peak memory ${memory} · Node ${node}
  </p>`;
}

function chartData({
  endMs,
  series,
  waitingHistogram,
  fill: map,
  expectations: all,
}: SimResult): ChartData {
  // The map only becomes colours: four digits are enough and keep the file small.
  const cells = map.cells.map((row) => row.map((ratio) => Math.round(ratio * 1e4) / 1e4));
  return {
    endMs,
    series,
    waitingHistogram,
    fill: {...map, cells},
    failures: all.flatMap(({failedAtMs}) => (failedAtMs === undefined ? [] : [failedAtMs])),
  };
}
