import {readFile} from 'node:fs/promises';

/**
 * The chart library's browser build, as text, for `renderReport`. The full build, because the
 * smaller ones lack heat maps. Resolved as a package, so it is found from a clone and from an
 * installed Drydock alike.
 */
export async function loadChartLibrary(): Promise<string> {
  return readFile(new URL(import.meta.resolve('echarts/dist/echarts.min.js')), 'utf8');
}
