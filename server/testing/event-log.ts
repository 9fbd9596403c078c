/** What Marathon publishes, with its instants: from a real cluster, or from a simulated one. */
import {createParser} from 'eventsource-parser';

export interface TimedEvent {
  /** ms; of which epoch does not matter. */
  readonly at: number;
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Listens to `/v2/events` until it is stopped. */
export class EventLog {
  readonly events: TimedEvent[] = [];
  readonly #abort = new AbortController();
  #done: Promise<void> = Promise.resolve();

  /** Resolves when the stream is open. */
  async open(url: string): Promise<void> {
    const response = await fetch(`${url}/v2/events`, {
      headers: {Accept: 'text/event-stream'},
      signal: this.#abort.signal,
    });
    if (response.body === null) throw new Error(`/v2/events answered ${response.status}`);
    const parser = createParser({
      onEvent: ({data}) => {
        const fields = JSON.parse(data) as Readonly<Record<string, unknown>>;
        const at = Date.parse(String(fields['timestamp']));
        this.events.push({at, type: String(fields['eventType']), fields});
      },
    });
    this.#done = this.#read(response.body, (text) => parser.feed(text));
  }

  async #read(body: ReadableStream<Uint8Array>, feed: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) feed(decoder.decode(chunk, {stream: true}));
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }
}

/** What happened to one instance, in its order. */
export interface InstanceStory {
  readonly id: string;
  readonly steps: readonly {readonly at: number; readonly what: string}[];
}

export function storiesOf(events: readonly TimedEvent[]): readonly InstanceStory[] {
  const stories = new Map<string, {at: number; what: string}[]>();
  for (const {at, type, fields} of events) {
    const told = stepOf(type, fields);
    if (told === undefined) continue;
    const steps = stories.get(told.id) ?? [];
    steps.push({at, what: told.what});
    stories.set(told.id, steps);
  }
  return [...stories].map(([id, steps]) => ({id, steps}));
}

function stepOf(
  type: string,
  fields: Readonly<Record<string, unknown>>,
): {readonly id: string; readonly what: string} | undefined {
  const id = String(fields['instanceId']);
  switch (type) {
    case 'instance_changed_event':
      return {id, what: `is ${String(fields['condition'])}`};
    case 'status_update_event': {
      const taskId = String(fields['taskId']);
      return {id: taskId.replace(/\._app\.\d+$/, ''), what: String(fields['taskStatus'])};
    }
    case 'health_status_changed_event':
      return {id, what: `alive ${String(fields['alive'])}`};
    case 'instance_health_changed_event':
      return {id, what: `healthy ${String(fields['healthy'])}`};
    default:
      return undefined;
  }
}

/** How many instances have each story; the most frequent first. */
export function tallyOf(stories: readonly InstanceStory[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const {steps} of stories) {
    const text = steps.map(({what}) => what).join(', ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** From each step of the one kind to the next of the other, in the same story; ms. */
export function delaysBetween(
  stories: readonly InstanceStory[],
  from: string,
  to: string,
): readonly number[] {
  return stories.flatMap(({steps}) => {
    const delays: number[] = [];
    let since: number | undefined;
    for (const {at, what} of steps) {
      if (what === from) since = at;
      if (what !== to || since === undefined) continue;
      delays.push(at - since);
      since = undefined;
    }
    return delays;
  });
}

/** How long each deployment took, in the order in which they ended; ms. */
export function deploymentTimes(events: readonly TimedEvent[]): readonly number[] {
  const startedAt = new Map<string, number>();
  const times: number[] = [];
  for (const {at, type, fields} of events) {
    if (type === 'deployment_info') {
      const {id} = fields['plan'] as {id: string};
      if (!startedAt.has(id)) startedAt.set(id, at);
    } else if (type === 'deployment_success') {
      const began = startedAt.get(String(fields['id']));
      if (began !== undefined) times.push(at - began);
    }
  }
  return times;
}
