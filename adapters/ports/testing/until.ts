/** How tests wait: for what is to come, and never for a fixed time. */
import {setTimeout as delay} from 'node:timers/promises';

type Answer<T> = T | undefined | false;

/** Machines of tests are slow at times; what does not come in this time never will. */
const PATIENCE_MS = 120_000;

/**
 * Asks again, every `everyMs`, until the answer is neither undefined nor false, and gives it.
 *
 * @throws with `what`, after `patienceMs`.
 */
export async function until<T>(
  what: string,
  ask: () => Answer<T> | Promise<Answer<T>>,
  {everyMs = 10, patienceMs = PATIENCE_MS}: {everyMs?: number; patienceMs?: number} = {},
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`it never came: ${what}`);
    await delay(everyMs);
  }
}
