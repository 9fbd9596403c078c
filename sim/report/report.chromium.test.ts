/** The report in a real Chromium: `CHROMIUM_PATH`, or Debian's. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';
import {chromium} from 'playwright-core';
import {loadChartLibrary} from './assets.io.ts';
import {renderReport} from './html.ts';
import {KEY_METRICS, metricsOf} from './testdata/metrics.ts';
import {EMPTY_RESULT, makeLargeResult, SMALL_RESULT} from './testdata/results.ts';

const RESULTS = {large: makeLargeResult(), small: SMALL_RESULT, empty: EMPTY_RESULT} as const;
const CHARTS = ['utilisation', 'tasks', 'shares', 'agents', 'waiting', 'fill'];

let browser: Browser;
let folder: string;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drydock-report-'));
  const library = await loadChartLibrary();
  for (const [name, result] of Object.entries(RESULTS)) {
    await writeFile(path.join(folder, `${name}.html`), renderReport(result, library));
  }
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    // Chromium refuses its sandbox to root, which is who runs tests in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
});

test.after.always(async () => {
  await browser?.close();
  await rm(folder, {recursive: true, force: true});
});

interface Visit {
  readonly page: Page;
  /** Errors and warnings of the page, and whatever it tried to load besides itself. */
  readonly complaints: string[];
}

async function visit(
  name: keyof typeof RESULTS,
  options: BrowserContextOptions,
  look: (visit: Visit) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({...options, offline: true});
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    const url = pathToFileURL(path.join(folder, `${name}.html`)).href;
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(url);
    await look({page, complaints});
  } finally {
    await context.close();
  }
}

/**
 * How much data a chart shows: tall shapes in a series colour, or distinct colours of a painted
 * one.
 */
async function inkOf(page: Page, chart: string): Promise<number> {
  await page.locator(`#chart-${chart}[data-drawn=true]`).waitFor();
  return page.evaluate(`(() => {
    const place = document.getElementById('chart-${chart}');
    const canvas = place.querySelector('canvas');
    if (canvas !== null) {
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size > 20 ? 1 : 0;
    }
    const style = getComputedStyle(document.documentElement);
    const colours = [0, 1, 2, 3, 4]
      .map((index) => style.getPropertyValue('--series-' + index).trim());
    return [...place.querySelectorAll('svg path')].filter((path) =>
      colours.includes(path.getAttribute('stroke')) || colours.includes(path.getAttribute('fill')),
    ).filter((path) => path.getBBox().height > 12).length;
  })()`);
}

async function metricsIn(page: Page): Promise<readonly (readonly [string, string])[]> {
  return page.evaluate(`[...document.querySelectorAll('[data-metric]')]
    .map(({dataset}) => [dataset.metric, dataset.value])`);
}

for (const [name, colorScheme, width] of [
  ['large', 'light', 1200],
  ['large', 'dark', 1200],
  ['large', 'light', 400],
  ['small', 'dark', 400],
] as const) {
  test(`all charts are drawn offline: ${name}, ${colorScheme}, ${width} px`, async (t) => {
    await visit(name, {colorScheme, viewport: {width, height: 900}}, async ({page, complaints}) => {
      for (const chart of CHARTS) t.true((await inkOf(page, chart)) > 0, chart);
      t.deepEqual(complaints, []);
      t.is(
        await page.evaluate('document.documentElement.scrollWidth'),
        width,
        'nothing sticks out',
      );
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      t.is(background, colorScheme === 'dark' ? 'rgb(15, 21, 28)' : 'rgb(246, 247, 249)');
    });
  });
}

for (const name of ['large', 'small'] as const) {
  test(`the figures of the ${name} report in the page are those of the result`, async (t) => {
    await visit(name, {}, async ({page}) => {
      const expected = metricsOf(RESULTS[name]);
      const shown = await metricsIn(page);
      for (const [metric, value] of shown) t.is(expected.get(metric), value, metric);
      for (const metric of KEY_METRICS)
        t.true(
          shown.some(([other]) => other === metric),
          metric,
        );
    });
  });
}

test('the report of a run in which nothing happened opens without a complaint', async (t) => {
  await visit('empty', {}, async ({page, complaints}) => {
    await page.locator('h1').waitFor();
    t.is(await page.locator('.chart').count(), 0);
    t.deepEqual(complaints, []);
  });
});

/** Asked from outside: the page's policy allows no code that is made of text. */
async function untilTrue(page: Page, expression: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while ((await page.evaluate(expression)) !== true) {
    if (Date.now() > giveUpAt) throw new Error(`it never came: ${expression}`);
    await page.waitForTimeout(20);
  }
}

test('the charts follow a change of the colour scheme and of the width', async (t) => {
  await visit('large', {colorScheme: 'light'}, async ({page, complaints}) => {
    const axisText = async (): Promise<unknown> =>
      page.evaluate(`document.querySelector('#chart-tasks svg text').getAttribute('fill')`);
    t.is(await axisText(), '#5a6675');
    await page.emulateMedia({colorScheme: 'dark'});
    await untilTrue(
      page,

      `document.querySelector('#chart-tasks svg text').getAttribute('fill') === '#9aa8b8'`,
    );
    await page.setViewportSize({width: 400, height: 900});
    await untilTrue(page, `document.querySelector('#chart-tasks svg').clientWidth < 400`);
    t.is(await page.evaluate('document.documentElement.scrollWidth'), 400);
    t.deepEqual(complaints, []);
  });
});

test('virtual time reads the same in every time zone', async (t) => {
  for (const timezoneId of ['UTC', 'Pacific/Auckland', 'America/St_Johns']) {
    await visit('large', {timezoneId, viewport: {width: 1200, height: 900}}, async ({page}) => {
      await page.locator('#chart-tasks[data-drawn=true]').waitFor();
      const texts = await page.locator('#chart-tasks svg text').allTextContents();
      const ticks = texts.filter((text) => /^day|:/.test(text));
      t.deepEqual(ticks.slice(0, 3), ['day 4', 'day 8', 'day 12'], timezoneId);
    });
  }
});

test('zooming into one time chart zooms into all, until the button resets it', async (t) => {
  await visit('large', {viewport: {width: 1200, height: 900}}, async ({page, complaints}) => {
    const zooms = async (): Promise<unknown> =>
      page.evaluate(`['utilisation', 'tasks', 'shares', 'agents', 'fill'].map((chart) => {
        const {start, end} = echarts.getInstanceByDom(document.getElementById('chart-' + chart))
          .getOption().dataZoom[0];
        return Math.round(start) + ' to ' + Math.round(end);
      })`);
    const button = page.locator('#zoom-reset');
    t.true(await button.isHidden());
    await page.evaluate(`echarts.getInstanceByDom(document.getElementById('chart-tasks'))
      .dispatchAction({type: 'dataZoom', dataZoomId: 'zoom', start: 25, end: 50})`);
    await button.waitFor({state: 'visible'});
    t.deepEqual(
      await zooms(),
      Array.from({length: 5}, () => '25 to 50'),
    );
    await button.click();
    await button.waitFor({state: 'hidden'});
    t.deepEqual(
      await zooms(),
      Array.from({length: 5}, () => '0 to 100'),
    );
    t.deepEqual(complaints, []);
  });
});

test('pointing at a chart shows names of the scenario as text', async (t) => {
  await visit('small', {viewport: {width: 1200, height: 900}}, async ({page, complaints}) => {
    for (const chart of ['waiting', 'shares', 'fill']) {
      const place = page.locator(`#chart-${chart}`);
      await place.scrollIntoViewIfNeeded();
      await place.hover({position: {x: 300, y: 130}});
      await untilTrue(
        page,

        `document.getElementById('chart-${chart}').textContent.match(/alert|in use/) !== null`,
      );
    }
    t.deepEqual(complaints, []);
  });
});
