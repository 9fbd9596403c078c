/** `dcos marathon deployment watch`: how far a deployment is, until it has ended. */
import type {Command} from 'commander';
import {doing, makeCommand, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {interrupted} from '../../http/client.ts';
import {bar, Redraw} from '../../output/redraw.ts';
import {stopReason} from '../../world.ts';
import {actionTexts} from './actions.ts';
import {findIfThere} from './changes.ts';
import {VerdictWatch} from './deployment-verdict.ts';
import type {AppForm, DeploymentForm} from './forms.ts';
import {pathOf} from './ids.ts';

interface WatchFlags extends JsonFlag {
  readonly maxCount?: string;
  readonly interval: string;
}

export function deploymentWatchCommand(context: Context): Command {
  const command = makeCommand('watch <deployment-id>', {
    summary: 'Show how far a deployment is, until it has ended.',
    more: [
      'On a terminal it is drawn anew in its place; elsewhere each change is one line.',
      'Fails if the deployment fails. One that is not there has ended, and is no failure.',
    ].join(' '),
    examples: [
      'dcos marathon deployment watch 83b2a2f0-6a3e-4b0f-9d7e-1f6f5d1f2d11',
      'dcos marathon deployment watch --interval=5 83b2a2f0-6a3e-4b0f-9d7e-1f6f5d1f2d11',
    ],
  })
    .option('--max-count <n>', 'look so many times at most')
    .option('--interval <seconds>', 'look every so many seconds', '1');
  return doing(withJson(command), ([id]: [string], flags: WatchFlags) => watch(context, id, flags));
}

/** How long the news of the end may take after the deployment has left the list. */
const VERDICT_MS = 1000;

async function watch(context: Context, id: string, flags: WatchFlags): Promise<void> {
  const {world, marathon} = context;
  const countMax =
    flags.maxCount === undefined ? Infinity : positive('--max-count', flags.maxCount);
  const intervalMs = 1000 * positive('--interval', flags.interval);
  const verdicts = new VerdictWatch(marathon, id);
  const show = flags.json === true ? showJson(context) : showText(context);
  try {
    for (let count = 0; count < countMax; count += 1) {
      const all = await marathon.get<readonly DeploymentForm[]>('/v2/deployments');
      const deployment = all.find((one) => one.id === id);
      if (deployment === undefined) {
        await conclude(context, {id, wasThere: count > 0, verdicts, isJson: flags.json === true});
        return;
      }
      await show(deployment);
      await world.sleep(intervalMs);
      if (stopReason(world) === 'unread') return;
      if (stopReason(world) === 'interrupted') throw interrupted();
    }
  } finally {
    verdicts.close();
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && number <= SECONDS_MAX) return number;
  throw new Failure(`${flag}: expected a number above 0, found '${text}'`);
}

/** What a timer can hold, in seconds. */
const SECONDS_MAX = 2_147_483;

interface Ending {
  readonly id: string;
  readonly wasThere: boolean;
  readonly verdicts: VerdictWatch;
  readonly isJson: boolean;
}

async function conclude(context: Context, {id, wasThere, verdicts, isJson}: Ending): Promise<void> {
  if (!wasThere) {
    context.say(`Deployment ${id} is not under way: it has ended, or never was.`);
    return;
  }
  const verdict = await verdicts.wait(context.world.sleep(VERDICT_MS));
  if (verdict?.hasSucceeded === false) {
    throw new Failure(`deployment ${id} has failed: ${verdict.reason ?? 'no reason is known'}`);
  }
  const text = `Deployment ${id} ${verdict === undefined ? 'has ended' : 'is done'}.`;
  if (isJson) context.say(text);
  else context.print(text);
}

type Show = (deployment: DeploymentForm) => Promise<void>;

/** One JSON text a line, for each change. */
function showJson(context: Context): Show {
  let last = '';
  return async (deployment) => {
    const text = JSON.stringify(deployment);
    if (text !== last) context.print(text);
    last = text;
    await Promise.resolve();
  };
}

/** The most apps that are shown one by one. */
const APPS_MAX = 10;

function showText(context: Context): Show {
  const {world} = context;
  const redraw = world.stdout.isTerminal ? new Redraw(world) : undefined;
  let last = '';
  let changedAtMs = 0;
  let isTold = false;
  return async (deployment) => {
    const lines = [
      ...headLines(deployment, redraw !== undefined),
      ...(await appLines(context, deployment)),
    ];
    const text = lines.join('; ');
    const nowMs = world.now();
    const isNew = text !== last;
    if (isNew) {
      [last, changedAtMs, isTold] = [text, nowMs, false];
      if (redraw === undefined) context.print(`${new Date(nowMs).toISOString()} ${text}`);
    }
    const still = nowMs - changedAtMs < STILL_MS ? [] : stillLines(deployment);
    redraw?.draw([...lines, ...still]);
    if (redraw === undefined && !isTold && still.length > 0) {
      isTold = true;
      for (const line of still) context.say(line);
    }
  };
}

/** When nothing has changed for so long, it is told how to find out why. */
const STILL_MS = 30_000;

function stillLines({affectedApps = []}: DeploymentForm): readonly string[] {
  const [first] = affectedApps;
  return first === undefined
    ? []
    : [`nothing has changed for a while; see why: dcos marathon debug why ${first}`];
}

const BAR_WIDTH = 30;

function headLines(deployment: DeploymentForm, isDrawn: boolean): readonly string[] {
  const {id, currentStep = 0, totalSteps = 0, currentActions = []} = deployment;
  const {state, reason, deadline} = deployment;
  const actions = actionTexts(currentActions).join(', ');
  const step = `step ${currentStep} of ${totalSteps}${actions === '' ? '' : `: ${actions}`}`;
  const drawn = isDrawn
    ? [`Deployment ${id}`, `${bar(Math.max(0, currentStep - 1), totalSteps, BAR_WIDTH)} ${step}`]
    : [step];
  const isHeld = state !== undefined && state !== 'running';
  return [
    ...drawn,
    ...(isHeld ? [`${state}${reason === undefined ? '' : `: ${reason}`}`] : []),
    ...(isHeld ? [`to go on: dcos marathon deployment resume ${id}`] : []),
    ...(deadline === undefined ? [] : [`to be done by ${deadline}`]),
  ];
}

async function appLines(
  {marathon}: Context,
  {affectedApps = []}: DeploymentForm,
): Promise<readonly string[]> {
  const ids = affectedApps.slice(0, APPS_MAX);
  const lines = await Promise.all(
    ids.map(async (id) => {
      const found = await findIfThere(() => marathon.get<{app: AppForm}>(`/v2/apps${pathOf(id)}`));
      return `  ${id} ${found === undefined ? 'is gone' : countsText(found.app)}`;
    }),
  );
  const more = affectedApps.length - ids.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function countsText(app: AppForm): string {
  const {
    instances = 0,
    tasksRunning = 0,
    tasksHealthy = 0,
    tasksStaged = 0,
    healthChecks = [],
  } = app;
  const parts = [`${tasksRunning}/${instances} running`];
  if (tasksStaged > 0) parts.push(`${tasksStaged} starting`);
  if (healthChecks.length > 0) parts.push(`${tasksHealthy} healthy`);
  return parts.join(', ');
}
