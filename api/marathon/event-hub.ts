/**
 * `/v2/events`: all that Marathon publishes, as server-sent events (Marathon reference part 8).
 * Nothing is kept for clients that come later or come back.
 */
import type {FrameworkEvent} from '../../engine/index.ts';
import type {Cluster} from '../cluster.ts';
import type {GatewayOptions} from '../gateway-options.ts';
import {accepts} from '../http/accept.ts';
import type {Exchange} from '../http/exchange.ts';
import {queryOf} from '../http/raw-path.ts';
import {Fault} from '../master-errors.ts';
import {EventStream, FrameRoom, type Frame, type Wishes} from './event-stream.ts';

const MEDIA_TYPE = 'text/event-stream';

export class EventHub {
  readonly #cluster: Cluster;
  readonly #options: Pick<GatewayOptions, 'now' | 'streams'>;
  readonly #streams = new Set<EventStream>();
  readonly #room: FrameRoom;
  #serial = 0;
  /** While there are streams: what ends the listening. */
  #stop: (() => void) | undefined;

  constructor(cluster: Cluster, options: Pick<GatewayOptions, 'now' | 'streams'>) {
    this.#cluster = cluster;
    this.#options = options;
    this.#room = new FrameRoom(options.streams.heldBytesMax);
  }

  get streams(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream; `headers` go in front of it.
   *
   * @throws Fault there are too many, or the client takes no such thing.
   */
  serve({raw, reply, method, path}: Exchange, headers: Readonly<Record<string, string>>): void {
    if (!accepts(raw, MEDIA_TYPE)) throw new Fault('notAcceptable');
    if (this.#streams.size >= this.#options.streams.streamsMax) throw new Fault('streamsFull');
    reply.hijack();
    const response = reply.raw;
    void reply.code(200);
    response.writeHead(200, {...headers, 'Content-Type': MEDIA_TYPE});
    response.flushHeaders();
    if (method === 'HEAD') {
      response.end();
      return;
    }
    const remoteAddress = raw.socket.remoteAddress ?? '';
    const means = {limits: this.#options.streams, room: this.#room};
    const stream = new EventStream(response, wishesOf(path), means);
    response.once('close', () => this.#detach(stream, remoteAddress));
    this.#listen();
    // First to the new one, which then knows that it misses nothing any more.
    const others = [...this.#streams];
    this.#streams.add(stream);
    this.#publish({type: 'event_stream_attached', remoteAddress}, [stream, ...others]);
  }

  #detach(stream: EventStream, remoteAddress: string): void {
    this.#streams.delete(stream);
    this.#publish({type: 'event_stream_detached', remoteAddress}, this.#streams);
    if (this.#streams.size === 0) this.#silence();
  }

  /** Ends all streams: this master leads, or serves, no more. */
  endAll(): void {
    this.#silence();
    for (const stream of this.#streams) stream.end();
  }

  #listen(): void {
    if (this.#stop !== undefined) return;
    const {names} = this.#cluster;
    const stopEvents = this.#cluster.onEvent(names.marathon, (event) =>
      this.#publish(event, this.#streams),
    );
    const stopEnd = this.#cluster.onEnd(() => this.endAll());
    this.#stop = () => {
      stopEvents();
      stopEnd();
    };
  }

  #silence(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Written once in each form of plans, however many listen. */
  #publish({type, ...fields}: FrameworkEvent, streams: Iterable<EventStream>): void {
    const frames = new Map<boolean, Frame>();
    for (const stream of streams) {
      if (!stream.wants(type)) continue;
      const {lightPlans} = stream;
      const known = frames.get(lightPlans);
      const frame = known ?? this.#frameOf(type, lightPlans ? fields : withFullPlan(fields));
      if (known === undefined) frames.set(lightPlans, frame);
      stream.send(frame);
    }
    while (this.#room.isFull && this.#cutSlowest());
  }

  /** That with the oldest event; false: nobody waits. */
  #cutSlowest(): boolean {
    let slowest: EventStream | undefined;
    let serial = Infinity;
    for (const stream of this.#streams) {
      const oldest = stream.oldest?.serial ?? Infinity;
      if (oldest >= serial) continue;
      slowest = stream;
      serial = oldest;
    }
    slowest?.cut();
    return slowest !== undefined;
  }

  #frameOf(type: string, fields: object): Frame {
    const timestamp = new Date(this.#options.now()).toISOString();
    const data = JSON.stringify({...fields, eventType: type, timestamp});
    this.#serial += 1;
    const bytes = Buffer.from(`event: ${type}\ndata: ${data}\n\n`);
    return {serial: this.#serial, bytes, holders: 0};
  }
}

function wishesOf(path: string): Wishes {
  const query = queryOf(path);
  return {
    types: query.getAll('event_type'),
    lightPlans: query.get('plan-format')?.toLowerCase() === 'light',
  };
}

/**
 * Clients of Marathons before 1.8 take it for granted that a plan has both groups. It is the root
 * that changes; its members are not shown: they were what made these events too large.
 */
function withFullPlan(fields: Readonly<Record<string, unknown>>): object {
  const {plan} = fields;
  if (typeof plan !== 'object' || plan === null || !('version' in plan)) return fields;
  const {version} = plan;
  return {...fields, plan: {...plan, original: {id: '/'}, target: {id: '/', version}}};
}
