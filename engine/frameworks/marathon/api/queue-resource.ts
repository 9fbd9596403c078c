/** /v2/queue (reference part 2.5). */
import {must} from '../../../kernel/assert.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {Roster} from '../instances/roster.ts';
import type {LaunchQueue} from '../launch/launch-queue.ts';
import {queueForm, queueItems, type QueueItem} from '../launch/queue-view.ts';
import type {AppView} from './app-view.ts';
import {idAt} from './path-ids.ts';
import {type Call} from '../../http/call.ts';
import {noContent, notFound, ok, type HttpAnswer} from '../../http/answers.ts';
import {valuesOf} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';

export interface QueueParts {
  readonly services: Pick<FrameworkServices, 'kinds' | 'now' | 'role'>;
  readonly roster: Roster;
  readonly queue: LaunchQueue;
  readonly view: AppView;
}

export class QueueResource {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v2/queue', (call) => this.#list(call)],
      ['DELETE', '/v2/queue/{id+}/delay', (call) => this.#resetDelay(call)],
    ];
  }

  #list({query}: Call): HttpAnswer {
    const {services, queue} = this.#parts;
    return ok(
      queueForm(queueItems(queue, services.now()), {
        kinds: services.kinds,
        defaultRole: services.role,
        embedLastUnusedOffers: valuesOf(query, 'embed').includes('lastUnusedOffers'),
        appOf: (item) => this.#appOf(item),
      }),
    );
  }

  #appOf({appId, version}: QueueItem): unknown {
    const {roster, view} = this.#parts;
    const entry = must(roster.entry(appId), 'app that waits');
    // The version that was scheduled last may be gone while earlier ones wait.
    return view.version(entry.specs.get(version)?.spec.app ?? entry.app);
  }

  #resetDelay(call: Call): HttpAnswer {
    const id = idAt(call);
    if (this.#parts.queue.resetAppDelay(id)) return noContent;
    return notFound(`Application ${id} not found in tasks queue.`);
  }
}
