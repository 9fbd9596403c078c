/** What `/v2/queue` shows: one item per app and role that waits (reference parts 2.5, 5.3, C6). */
import {isoInstant} from '../../../kernel/instants.ts';
import {pairsOf, type Ranges} from '../../../resources/ranges.ts';
import type {ScalarKinds} from '../../../resources/kinds.ts';
import {entriesOf} from '../../../resources/entries.ts';
import type {AttributeValue} from '../../../scheduler.ts';
import type {UnusedOffer} from './lane-stats.ts';
import type {Lane, LaunchQueue} from './launch-queue.ts';
import {roleOf, type SeenOffer} from '../../placement/offer-left.ts';
import {MARATHON_REASONS, reasonNames, REASONS, type Reason} from './reasons.ts';

/** One row of a funnel: of the offers that got as far as this reason, so many it refused. */
export interface FunnelRow {
  readonly reason: Reason;
  readonly declined: number;
  readonly processed: number;
}

export interface QueueItem {
  readonly appId: string;
  /** Of the definition that is launched: instances of older ones may wait with it. */
  readonly version: number;
  readonly role: string;
  /** Instances that wait. */
  readonly count: number;
  readonly delay: {readonly timeLeftSeconds: number; readonly overdue: boolean};
  /** Begin of the launch attempt, in ms; what follows counts from then on. */
  readonly since: number;
  readonly processedOffersCount: number;
  readonly unusedOffersCount: number;
  readonly lastUnusedOfferAt: number | undefined;
  readonly lastUsedOfferAt: number | undefined;
  /** Of the last offer of each agent. */
  readonly rejectSummaryLastOffers: readonly FunnelRow[];
  readonly rejectSummaryLaunchAttempt: readonly FunnelRow[];
  /** Latest first. */
  readonly lastUnusedOffers: readonly UnusedOffer[];
}

/** Everything that waits, by app and role. */
export function queueItems(queue: LaunchQueue, now: number): readonly QueueItem[] {
  const byApp = new Map<string, [Lane, ...Lane[]]>();
  for (const lane of queue.lanes) {
    const key = JSON.stringify([lane.spec.appId, lane.queue.role]);
    const known = byApp.get(key);
    if (known === undefined) byApp.set(key, [lane]);
    else known.push(lane);
  }
  return [...byApp]
    .sort((left, right) => (left[0] < right[0] ? -1 : 1))
    .map(([, lanes]) => queueItem(lanes, now));
}

/** The newest configuration speaks for all. */
function queueItem(lanes: readonly [Lane, ...Lane[]], now: number): QueueItem {
  const {spec, queue, since, stats, blockedUntil} = lanes.reduce((best, lane) => {
    return lane.spec.app.lastConfigChangeAt > best.spec.app.lastConfigChangeAt ? lane : best;
  });
  const {processed, unused} = stats;
  const timeLeftMs = Math.max(0, blockedUntil - now);
  return {
    appId: spec.appId,
    version: spec.app.version,
    role: queue.role,
    count: lanes.reduce((count, {size}) => count + size, 0),
    delay: {timeLeftSeconds: Math.floor(timeLeftMs / 1000), overdue: timeLeftMs === 0},
    since,
    processedOffersCount: processed,
    unusedOffersCount: unused,
    lastUnusedOfferAt: stats.lastUnusedAt,
    lastUsedOfferAt: stats.lastUsedAt,
    rejectSummaryLastOffers: funnelOf(stats.declinedLast, stats.agents),
    rejectSummaryLaunchAttempt: funnelOf(stats.declined, processed),
    lastUnusedOffers: stats.recent,
  };
}

/** Rows of our own reasons only where they refused something. */
export function funnelOf(declined: readonly number[], offers: number): readonly FunnelRow[] {
  const rows: FunnelRow[] = [];
  let processed = offers;
  for (const [at, reason] of REASONS.entries()) {
    const count = declined[at] ?? 0;
    if (at < MARATHON_REASONS || count > 0) rows.push({reason, declined: count, processed});
    processed -= count;
  }
  return rows;
}

/** Options of the answer. */
export interface QueueForm {
  readonly kinds: ScalarKinds;
  readonly embedLastUnusedOffers: boolean;
  /** Goes without saying: before 1.9 there was no `role`, and Python clients fail at it. */
  readonly defaultRole: string;
  /** The app as answers show it. */
  readonly appOf: (item: QueueItem) => unknown;
}

/** The answer to `GET /v2/queue`. */
export function queueForm(items: readonly QueueItem[], form: QueueForm): {readonly queue: unknown} {
  return {queue: items.map((item) => itemForm(item, form))};
}

function itemForm(item: QueueItem, form: QueueForm): Readonly<Record<string, unknown>> {
  const {lastUnusedOfferAt, lastUsedOfferAt} = item;
  return {
    count: item.count,
    ...(item.role === form.defaultRole ? {} : {role: item.role}),
    delay: item.delay,
    since: isoInstant(item.since),
    processedOffersSummary: {
      processedOffersCount: item.processedOffersCount,
      unusedOffersCount: item.unusedOffersCount,
      ...(lastUnusedOfferAt === undefined
        ? {}
        : {lastUnusedOfferAt: isoInstant(lastUnusedOfferAt)}),
      ...(lastUsedOfferAt === undefined ? {} : {lastUsedOfferAt: isoInstant(lastUsedOfferAt)}),
      rejectSummaryLastOffers: item.rejectSummaryLastOffers,
      rejectSummaryLaunchAttempt: item.rejectSummaryLaunchAttempt,
    },
    ...(form.embedLastUnusedOffers
      ? {lastUnusedOffers: item.lastUnusedOffers.map((unused) => unusedForm(unused, form.kinds))}
      : {}),
    app: form.appOf(item),
  };
}

function unusedForm({offer, refusal, at}: UnusedOffer, kinds: ScalarKinds): unknown {
  return {
    offer: offerForm(offer, kinds),
    reason: reasonNames(refusal),
    timestamp: isoInstant(at),
  };
}

function offerForm({id, agent, resources}: SeenOffer, kinds: ScalarKinds): unknown {
  return {
    id: `${id}`,
    hostname: agent.hostname,
    agentId: agent.id,
    resources: entriesOf(resources, kinds).map(({special, scalar, ranges, items}) => ({
      name: special.name,
      role: roleOf(special),
      ...(scalar > 0 ? {scalar: scalar / 1000} : {}),
      ...(ranges.length > 0 ? {ranges: rangesForm(ranges)} : {}),
      ...(items.length > 0 ? {set: items} : {}),
    })),
    attributes: Object.entries(agent.attributes).map(([name, value]) => {
      return {name, ...attributeForm(value)};
    }),
  };
}

function rangesForm(ranges: Ranges): unknown {
  return pairsOf(ranges).map(([begin, end]) => ({begin, end}));
}

function attributeForm(value: AttributeValue): object {
  if (typeof value === 'string') return {text: value};
  if (typeof value === 'number') return {scalar: value};
  if ('set' in value) return {set: value.set};
  return {ranges: value.ranges.map(([begin, end]) => ({begin, end}))};
}
