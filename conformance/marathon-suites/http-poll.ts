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

const EVERY_MS = 100;

/** As much of a server as waiting needs. */
export type PolledServer = Pick<HttpServer, 'get' | 'now' | 'wait'>;

export class Poll {
  readonly #server: PolledServer;

  constructor(server: PolledServer) {
    this.#server = server;
  }

  /** Whether it came to hold in time, and the last answer. */
  until(terms: PollTerms): {readonly holds: boolean; readonly last: unknown} {
    const end = this.#server.now + terms.withinMs;
    for (;;) {
      const answer = this.#server.get(pathOf(terms));
      if (answer.status === 200 && holds(terms, answer)) return {holds: true, last: answer.body};
      if (this.#server.now >= end) return {holds: false, last: answer.body ?? answer.status};
      this.#server.wait(Math.min(EVERY_MS, end - this.#server.now));
    }
  }
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
