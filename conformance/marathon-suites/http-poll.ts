/** Waits of the suite `http`: the same question again and again until the answer is right. */
import {z} from 'zod';
import {isFields, valueAt} from './compare.ts';
import type {Answer, HttpServer} from './http-server.ts';

const within = {withinMs: z.int()};

export const pollSchema = z.discriminatedUnion('kind', [
  z.strictObject({kind: z.literal('noDeployments'), ...within}),
  z.strictObject({kind: z.literal('running'), app: z.string(), count: z.int(), ...within}),
  z.strictObject({kind: z.literal('queueLength'), count: z.int(), ...within}),
  z.strictObject({kind: z.literal('queueDelayed'), app: z.string(), ...within}),
  z.strictObject({
    kind: z.literal('offersProcessed'),
    app: z.string(),
    atLeast: z.int(),
    ...within,
  }),
  z.strictObject({kind: z.literal('deploymentStep'), step: z.int(), ...within}),
]);
type PollTerms = z.output<typeof pollSchema>;

/** Between two questions. */
const EVERY_MS = 100;

/** Whether it came to hold in time, and the last answer. */
export interface Polled {
  readonly holds: boolean;
  readonly last: unknown;
}

/** Somebody's time, which passes only when somebody waits. */
export interface PolledClock {
  readonly now: number;
  wait(ms: number): void;
}

/** Asks until it holds, the last time after `withinMs`. */
export function poll(clock: PolledClock, withinMs: number, ask: () => Polled): Polled {
  const end = clock.now + withinMs;
  for (;;) {
    const polled = ask();
    if (polled.holds || clock.now >= end) return polled;
    clock.wait(Math.min(EVERY_MS, end - clock.now));
  }
}

/** As much of a server as waiting needs. */
export type PolledServer = PolledClock & Pick<HttpServer, 'get'>;

export function pollServer(server: PolledServer, terms: PollTerms): Polled {
  return poll(server, terms.withinMs, () => {
    const answer = server.get(pathOf(terms));
    return {
      holds: answer.status === 200 && holds(terms, answer),
      last: answer.body ?? answer.status,
    };
  });
}

function pathOf(terms: PollTerms): string {
  switch (terms.kind) {
    case 'noDeployments':
    case 'deploymentStep':
      return '/v2/deployments';
    case 'running':
      return `/v2/apps/${terms.app}`;
    case 'queueLength':
    case 'queueDelayed':
    case 'offersProcessed':
      return '/v2/queue';
  }
}

function holds(terms: PollTerms, {body}: Answer): boolean {
  switch (terms.kind) {
    case 'noDeployments':
      return Array.isArray(body) && body.length === 0;
    case 'deploymentStep':
      return valueAt(body, '0.currentStep') === terms.step;
    case 'running':
      return valueAt(body, 'app.tasksRunning') === terms.count;
    case 'queueLength':
      return itemsOf(body).length === terms.count;
    case 'queueDelayed':
      return itemsOf(body).some(
        (item) => isOf(item, terms.app) && valueAt(item, 'delay.overdue') === false,
      );
    case 'offersProcessed':
      return itemsOf(body).some((item) => {
        const processed = valueAt(item, 'processedOffersSummary.processedOffersCount');
        return isOf(item, terms.app) && Number(processed) >= terms.atLeast;
      });
  }
}

function itemsOf(body: unknown): readonly unknown[] {
  const queue = isFields(body) ? body['queue'] : undefined;
  return Array.isArray(queue) ? queue : [];
}

function isOf(item: unknown, app: string): boolean {
  return valueAt(item, 'app.id') === app;
}
