/**
 * How a deployment ends. The list of deployments only tells that it is not there any more; the
 * events of Marathon tell whether it succeeded. Where they cannot be had, nothing is known.
 */
import type {ClientRequest} from 'node:http';
import {createParser} from 'eventsource-parser';
import {Failure} from '../../failure.ts';
import type {Service} from '../../http/service.ts';

export interface Verdict {
  readonly hasSucceeded: boolean;
  readonly reason: string | undefined;
}

export class VerdictWatch {
  readonly #id: string;
  #request: ClientRequest | undefined;
  #isListening = false;
  #isClosed = false;
  #found: Verdict | undefined;
  #wake: (() => void) | undefined;

  constructor(marathon: Service, deploymentId: string) {
    this.#id = deploymentId;
    void this.#listen(marathon);
  }

  /** Undefined: it is not known by then. */
  async wait(until: Promise<void>): Promise<Verdict | undefined> {
    if (this.#found !== undefined || !this.#isListening) return this.#found;
    const found = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([found, until]);
    return this.#found;
  }

  close(): void {
    this.#isClosed = true;
    this.#request?.destroy();
  }

  async #listen(marathon: Service): Promise<void> {
    const parser = createParser({onEvent: ({event, data}) => this.#take(event, data)});
    try {
      const {response} = await marathon.open('GET', '/v2/events', {
        query: {event_type: ['deployment_success', 'deployment_failed']},
        headers: {accept: 'text/event-stream'},
        began: (request) => {
          this.#request = request;
          if (this.#isClosed) request.destroy();
        },
      });
      this.#isListening = true;
      response.setEncoding('utf8');
      for await (const chunk of response) parser.feed(chunk as string);
    } catch (error) {
      // Without events, and when they break off, the list of deployments alone has to do.
      const isOutside = error instanceof Failure || (error instanceof Error && 'code' in error);
      if (!isOutside) throw error;
    } finally {
      this.#isListening = false;
      this.#wake?.();
    }
  }

  #take(event: string | undefined, data: string): void {
    if (event !== 'deployment_success' && event !== 'deployment_failed') return;
    const {id, reason} = JSON.parse(data) as {readonly id?: string; readonly reason?: string};
    if (id !== this.#id) return;
    this.#found = {hasSucceeded: event === 'deployment_success', reason};
    this.#wake?.();
  }
}
