/** Why an app waits, in words, from all that its Marathon tells: queue, deployments, failures. */
import type {MesosAgent} from '../../mesos/state.ts';
import {lackOfRoom} from './room.ts';
import type {AppForm, DeploymentForm, FunnelRow, QueueItem, UnusedOffer} from './forms.ts';

export interface WaitFacts {
  readonly id: string;
  readonly app?: AppForm | undefined;
  /** Of this app: one for each role. */
  readonly items: readonly QueueItem[];
  /** That touch it. */
  readonly deployments: readonly DeploymentForm[];
  /** Of the whole cluster; undefined: nobody could tell. */
  readonly agents: readonly MesosAgent[] | undefined;
}

/** Sentences, the most telling first. */
export function whyItWaits(facts: WaitFacts): readonly string[] {
  const reasons = [
    ...facts.items.flatMap((item) => itemReasons(item, facts)),
    ...facts.deployments.flatMap((deployment) => deploymentReasons(deployment, facts)),
    ...failureReasons(facts),
  ];
  return reasons.length > 0 ? reasons : [restingText(facts.app)];
}

function restingText(app: AppForm | undefined): string {
  const {instances = 0, tasksRunning = 0} = app ?? {};
  if (app !== undefined && instances === 0) return 'It is stopped: it is to have no instances.';
  return `It waits for nothing: ${tasksRunning} of ${instances} instances run.`;
}

function itemReasons(item: QueueItem, {id, agents}: WaitFacts): readonly string[] {
  const {count = 0, since = 'a while ago', delay, role = '*', processedOffersSummary} = item;
  const who = `${count} ${count === 1 ? 'instance waits' : 'instances wait'} since ${since}`;
  if (delay?.overdue === false) {
    const seconds = delay.timeLeftSeconds ?? 0;
    return [
      `${who}, in back-off for ${seconds} s more because tasks have ended by themselves ` +
        `(to end it: dcos marathon delay reset ${id}).`,
    ];
  }
  const seen = processedOffersSummary?.processedOffersCount ?? 0;
  const lack =
    item.app === undefined || agents === undefined ? undefined : lackOfRoom(item.app, agents);
  if (seen === 0) {
    const other =
      `There may be nothing free for role ${role}, others may come first, or offers that were ` +
      'refused a moment ago are not made again yet.';
    return [`${who}; no offer has come since.`, lack ?? other];
  }
  const rows = (processedOffersSummary?.rejectSummaryLastOffers ?? []).filter(
    ({declined}) => declined > 0,
  );
  const asked = processedOffersSummary?.rejectSummaryLastOffers?.[0]?.processed ?? 0;
  const head = `${who}; ${seen} ${seen === 1 ? 'offer was' : 'offers were'} looked at.`;
  if (rows.length === 0) return [`${head} All were used.`, ...(lack === undefined ? [] : [lack])];
  const last = `Of the last offers of ${asked} ${asked === 1 ? 'agent' : 'agents'}:`;
  const told = [head, last, ...rows.map((row) => `  ${rowText(row, item)}`)];
  return lack === undefined ? told : [...told, lack];
}

function rowText({reason, declined}: FunnelRow, item: QueueItem): string {
  const told = WORDS.get(reason);
  if (told === undefined) return `${declined} refused for ${reason}`;
  const {app, lastUnusedOffers = []} = item;
  const kind = told.kind;
  if (kind === undefined || app === undefined) return `${declined} ${told.words(app)}`;
  const most = largest(lastUnusedOffers, kind);
  const offered = most === undefined ? '' : `, the most that one had is ${most}`;
  return `${declined} ${told.words(app)} (${app[kind] ?? 0} wanted${offered})`;
}

type Kind = 'cpus' | 'disk' | 'gpus' | 'mem';

interface Wording {
  readonly words: (app: AppForm | undefined) => string;
  /** The amount that it is about. */
  readonly kind?: Kind;
}

const WORDS: ReadonlyMap<string, Wording> = new Map<string, Wording>([
  ['UnfulfilledRole', {words: () => 'had only resources of roles that it does not accept'}],
  [
    'UnfulfilledConstraint',
    {
      words: (app) => {
        const written = (app?.constraints ?? []).map((words) => words.join(' '));
        return `broke a constraint (${written.join('; ')})`;
      },
    },
  ],
  ['NoCorrespondingReservationFound', {words: () => 'had not the reservation of its volumes'}],
  ['AgentMaintenance', {words: () => 'came from agents that go into maintenance'}],
  ['InsufficientCpus', {words: () => 'had too few cpus', kind: 'cpus'}],
  ['InsufficientMemory', {words: () => 'had too little memory', kind: 'mem'}],
  ['InsufficientDisk', {words: () => 'had too little disk', kind: 'disk'}],
  ['InsufficientGpus', {words: () => 'had too few gpus', kind: 'gpus'}],
  ['InsufficientPorts', {words: () => 'had not the ports that it wants'}],
  [
    'DeclinedScarceResources',
    {words: () => 'were of machines with gpus, left to those who need some'},
  ],
  ['RemoteRegion', {words: () => 'were of another region'}],
]);

/** The most of a kind in one of these offers; undefined: they tell nothing. */
function largest(offers: readonly UnusedOffer[], kind: Kind): number | undefined {
  const amounts = offers.map(({offer}) =>
    (offer?.resources ?? [])
      .filter(({name}) => name === kind)
      .reduce((sum, {scalar = 0}) => sum + scalar, 0),
  );
  if (amounts.length === 0) return undefined;
  return Number(Math.max(...amounts).toFixed(3));
}

function deploymentReasons(
  {id, currentStep = 0, totalSteps = 0, currentActions = [], state, reason}: DeploymentForm,
  facts: WaitFacts,
): readonly string[] {
  const at = `Deployment ${id} is at step ${currentStep} of ${totalSteps}`;
  if (state !== undefined && state !== 'running') {
    const why = reason === undefined ? '' : ` (${reason})`;
    return [`${at} and is held: ${state}${why}. To go on: dcos marathon deployment resume ${id}`];
  }
  const isItsTurn = currentActions.some(({app}) => app === facts.id);
  if (!isItsTurn) {
    const first = currentActions.map(({app, pod}) => app ?? pod).join(', ');
    return [
      `${at}, which is about ${first === '' ? 'other things' : first}: its turn has not come.`,
    ];
  }
  const {instances = 0, tasksRunning = 0, tasksHealthy = 0, healthChecks = []} = facts.app ?? {};
  const healthy = healthChecks.length === 0 ? '' : `, ${tasksHealthy} are healthy`;
  return [`${at}, and works on it: ${tasksRunning} of ${instances} instances run${healthy}.`];
}

function failureReasons({app, items}: WaitFacts): readonly string[] {
  const failure = app?.lastTaskFailure;
  if (failure === undefined || items.length === 0) return [];
  const {state = 'a failure', message = '', timestamp = '', host} = failure;
  const where = host === undefined ? '' : ` on ${host}`;
  return [`Its last task ended with ${state}${where} at ${timestamp}: ${message || 'no message'}`];
}
