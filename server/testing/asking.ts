/** How tests ask a cluster, and wait for what is to come. */
import {setTimeout} from 'node:timers/promises';

/** Machines of tests are slow at times; what does not come in this time never will. */
const WAIT_MS_MAX = 120_000;

/** Waits until `holds` is true; fails, with what is said of it, when that takes far too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > WAIT_MS_MAX) throw new Error(`it never came: ${what}`);
    await setTimeout(10);
  }
}

export async function json(
  url: string,
  method = 'GET',
  body?: unknown,
): Promise<{readonly status: number; readonly body: unknown}> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : {body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}}),
  });
  const text = await response.text();
  return {status: response.status, body: text === '' ? undefined : JSON.parse(text)};
}
