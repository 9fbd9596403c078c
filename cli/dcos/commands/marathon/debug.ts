/** `dcos marathon debug`: what waits to be launched, and why. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import type {Column} from '../../output/table.ts';
import {EMPTY} from '../../output/table.ts';
import {
  queuedId,
  type AppForm,
  type DeploymentForm,
  type QueueForm,
  type QueueItem,
  type UnusedOffer,
} from './forms.ts';
import {funnelRows, type StageRow} from './funnel.ts';
import type {MesosAgent} from '../../mesos/state.ts';
import {canonicalId} from './ids.ts';
import {whyItWaits, type WaitFacts} from './why.ts';

export function makeDebugGroup(context: Context): Command {
  return makeGroup('debug', 'Find out why an app waits.', [
    whyCommand(context),
    listCommand(context),
    summaryCommand(context),
    detailsCommand(context),
  ]);
}

const LIST_COLUMNS: readonly Column<QueueItem>[] = [
  {head: 'ID', cell: queuedId},
  {head: 'SINCE', cell: ({since = EMPTY}) => since},
  {head: 'INSTANCES TO LAUNCH', cell: ({count = 0}) => count},
  {head: 'WAITING', cell: ({delay}) => `${delay?.overdue ?? false}`},
  {head: 'PROCESSED OFFERS', cell: (item) => item.processedOffersSummary?.processedOffersCount},
  {head: 'UNUSED OFFERS', cell: (item) => item.processedOffersSummary?.unusedOffersCount},
  {head: 'LAST UNUSED OFFER', cell: (item) => item.processedOffersSummary?.lastUnusedOfferAt},
  {head: 'LAST USED OFFER', cell: (item) => item.processedOffersSummary?.lastUsedOfferAt},
];

async function readQueue(context: Context): Promise<readonly QueueItem[]> {
  const query = {embed: 'lastUnusedOffers'};
  return (await context.marathon.get<QueueForm>('/v2/queue', query)).queue;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List all apps of which instances wait to be launched.',
    more: 'WAITING is false while a back-off holds them: then no offer is looked at.',
    examples: ['dcos marathon debug list'],
  });
  return doing(withJson(command), async (_: [], {json}: JsonFlag) => {
    const {queue} = await context.marathon.get<QueueForm>('/v2/queue');
    context.printList([...queue].sort(byId), {
      isJson: json === true,
      isQuiet: false,
      id: queuedId,
      columns: LIST_COLUMNS,
    });
  });
}

function byId(left: QueueItem, right: QueueItem): number {
  return queuedId(left) < queuedId(right) ? -1 : 1;
}

/** All entries of one app: one for each role. */
async function queued(context: Context, id: string): Promise<readonly QueueItem[]> {
  const queue = await readQueue(context);
  const items = queue.filter((item) => queuedId(item) === id);
  if (items.length > 0) return items;
  throw new Failure(`couldn't find app ${id} in Marathon queue`, {
    hints: [
      queue.length === 0
        ? 'Nothing waits to be launched.'
        : `What waits: ${queue.map(queuedId).join(', ')}`,
    ],
  });
}

const SUMMARY_COLUMNS: readonly Column<StageRow>[] = [
  {head: 'RESOURCE', cell: ({resource}) => resource},
  {head: 'REQUESTED', cell: ({requested}) => requested},
  {head: 'MATCHED', cell: ({matched, reached}) => `${matched} / ${reached}`},
  {
    head: 'PERCENTAGE',
    cell: ({matched, reached}) =>
      reached === 0 ? EMPTY : `${((100 * matched) / reached).toFixed(2)}%`,
  },
];

function summaryCommand(context: Context): Command {
  const command = makeCommand('summary <app-id>', {
    summary: 'Show how many of the last offers got how far.',
    more: [
      'Of each agent its last offer counts. MATCHED n / m: of m offers that passed what',
      'stands above, n passed this, too.',
    ].join(' '),
    examples: ['dcos marathon debug summary /hello_world'],
  });
  return doing(withJson(command), async ([given]: [string], {json}: JsonFlag) => {
    const items = await queued(context, canonicalId(given));
    if (json === true) {
      context.printJson(items.length === 1 ? items[0] : items);
      return;
    }
    for (const item of items) context.printTable(SUMMARY_COLUMNS, funnelRows(item));
  });
}

const STAGES: readonly (readonly [head: string, reason: string])[] = [
  ['ROLE', 'UnfulfilledRole'],
  ['CONSTRAINTS', 'UnfulfilledConstraint'],
  ['CPUS', 'InsufficientCpus'],
  ['MEM', 'InsufficientMemory'],
  ['DISK', 'InsufficientDisk'],
  ['PORTS', 'InsufficientPorts'],
  ['SCARCE', 'DeclinedScarceResources'],
];

const DETAIL_COLUMNS: readonly Column<UnusedOffer>[] = [
  {head: 'HOSTNAME', cell: ({offer}) => offer?.hostname},
  ...STAGES.map(([head, reason]): Column<UnusedOffer> => {
    return {head, cell: (unused) => ((unused.reason ?? []).includes(reason) ? '-' : 'ok')};
  }),
  {head: 'RECEIVED', cell: ({timestamp}) => timestamp},
  {head: 'OTHER', cell: otherReasons},
];

/** Reasons that have no column of their own. */
function otherReasons({reason = []}: UnusedOffer): string {
  return reason.filter((one) => !STAGES.some(([, known]) => known === one)).join(', ');
}

function detailsCommand(context: Context): Command {
  const command = makeCommand('details <app-id>', {
    summary: 'Show the last offers that were of no use, and what was wrong with each.',
    examples: ['dcos marathon debug details /hello_world'],
  });
  return doing(withJson(command), async ([given]: [string], {json}: JsonFlag) => {
    const items = await queued(context, canonicalId(given));
    if (json === true) {
      context.printJson(items.length === 1 ? items[0] : items);
      return;
    }
    const offers = items.flatMap(({lastUnusedOffers = []}) => lastUnusedOffers);
    // Without anything in it, its last column says nothing.
    const hasOther = offers.some((offer) => otherReasons(offer) !== '');
    context.printTable(hasOther ? DETAIL_COLUMNS : DETAIL_COLUMNS.slice(0, -1), offers);
  });
}

function whyCommand(context: Context): Command {
  const command = makeCommand('why [app-id]', {
    summary: 'Say in words what an app waits for, or all that wait.',
    examples: ['dcos marathon debug why /hello_world', 'dcos marathon debug why'],
  });
  return doing(withJson(command), async ([given]: [string | undefined], {json}: JsonFlag) => {
    const id = given === undefined ? undefined : canonicalId(given);
    const facts = await factsOf(context, id);
    if (json === true) {
      context.printJson(facts.map((one) => ({id: one.id, reasons: whyItWaits(one)})));
      return;
    }
    if (facts.length === 0) context.print('Nothing waits.');
    for (const one of facts) {
      context.print(one.id);
      for (const reason of whyItWaits(one)) context.print(`  ${reason}`);
    }
  });
}

/** Undefined: this Marathon may be one beside the cluster, whose agents nobody knows. */
async function agentsOf({mesos}: Context): Promise<readonly MesosAgent[] | undefined> {
  try {
    const {slaves} = await mesos.get<{slaves?: readonly MesosAgent[]}>('/master/slaves');
    return slaves;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Of one app also where it waits for nothing. */
async function factsOf(context: Context, id: string | undefined): Promise<readonly WaitFacts[]> {
  const {marathon} = context;
  const [queue, deployments, agents] = await Promise.all([
    readQueue(context),
    marathon.get<readonly DeploymentForm[]>('/v2/deployments'),
    agentsOf(context),
  ]);
  const ids =
    id === undefined
      ? new Set([
          ...queue.map(queuedId),
          ...deployments.flatMap(({affectedApps = []}) => affectedApps),
        ])
      : [id];
  const {apps} = await marathon.get<{apps: readonly AppForm[]}>('/v2/apps', {
    embed: ['apps.counts', 'apps.deployments', 'apps.lastTaskFailure'],
  });
  const facts = [...ids].sort().map((one): WaitFacts => {
    return {
      id: one,
      app: apps.find((app) => app.id === one),
      items: queue.filter((item) => queuedId(item) === one),
      deployments: deployments.filter(({affectedApps = []}) => affectedApps.includes(one)),
      agents,
    };
  });
  if (id !== undefined && facts.every(({app, items}) => app === undefined && items.length === 0)) {
    throw new Failure(`App '${id}' does not exist`);
  }
  return facts;
}
