/** A timetable's page in a real Chromium: `CHROMIUM_PATH`, or Debian's. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import {chromium} from 'playwright-core';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {chronosOptions} from '../../engine/index.ts';
import {loadChartLibrary} from '../report/assets.io.ts';
import {foresee} from './foresee.ts';
import {renderTimetablePage} from './html.ts';
import {readInstant} from './instants.ts';
import {readJob} from './job-files.ts';
import {makeTimetable} from './make-timetable.ts';

const HOUR = 3_600_000;

function pageText(library: string): string {
  const options = chronosOptions();
  const schedules = {nightly: 'R/2026-01-01T02:30:00Z/P1D', often: 'R/2026-03-28T00:00:00Z/PT6H'};
  const jobs = Object.entries(schedules).map(([name, schedule]) => {
    const read = readJob({name, schedule, scheduleTimeZone: 'Europe/Paris'}, options);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return {definition: read.definition, durationMs: 2 * HOUR, durationFrom: 'assumed' as const};
  });
  const fromMs = readInstant('2026-03-28') ?? 0;
  const window = {fromMs, untilMs: fromMs + 72 * HOUR};
  const plan = {jobs, window, beginMs: fromMs, options, timeZones: temporalZones};
  const result = foresee(plan);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return renderTimetablePage(makeTimetable(plan, result.foresight, {isTold: () => true}), library);
}

test('all plots are drawn in light and dark, without complaint or request', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-timetable-'));
  const file = join(folder, 'page.html');
  await writeFile(file, pageText(await loadChartLibrary()));
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    // Chromium refuses its sandbox to root, which is who runs tests in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({colorScheme, offline: true});
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      const url = pathToFileURL(file).href;
      page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:')) {
          complaints.push(request.url());
        }
      });
      await page.goto(url);
      for (const id of ['load-cpus', 'load-mem', 'load-disk', 'runs']) {
        await page.locator(`#${id}[data-drawn]`).waitFor();
      }
      // The run of the night without 02:30 is in the middle of the first row.
      const plot = page.locator('#runs');
      await plot.scrollIntoViewIfNeeded();
      const box = await plot.boundingBox();
      t.truthy(box);
      if (box !== null) {
        const [left, width] = [box.x + 190, box.width - 190 - 30];
        const row = (box.height - 12 - 66) / 2;
        await page.mouse.move(left + (width * 26.5) / 72, box.y + 12 + row / 2);
        const tip = plot.getByText('02:30 does not exist: runs at 03:30');
        await tip.waitFor({timeout: 10_000});
        t.true(await tip.isVisible());
      }
      t.deepEqual(complaints, []);
      await page.close();
    }
  } finally {
    await browser.close();
    await rm(folder, {recursive: true, force: true});
  }
});
