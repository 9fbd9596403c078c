/** `dcos marathon deployment`: changes that are being carried out. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, withList, type ListFlags} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {rewording} from '../../http/service.ts';
import type {Column} from '../../output/table.ts';
import {actionTexts} from './actions.ts';
import {deploymentWatchCommand} from './deployment-watch.ts';
import type {ChangeForm, DeploymentForm} from './forms.ts';
import {canonicalId} from './ids.ts';

export function makeDeploymentGroup(context: Context): Command {
  return makeGroup('deployment', 'Look at changes that are under way, undo or stop them.', [
    listCommand(context),
    deploymentWatchCommand(context),
    rollbackCommand(context),
    stopCommand(context),
    pauseCommand(context, 'pause'),
    pauseCommand(context, 'resume'),
  ]);
}

const COLUMNS: readonly Column<DeploymentForm>[] = [
  {head: 'APP', cell: ({affectedApps = []}) => idsText(affectedApps)},
  {head: 'POD', cell: ({affectedPods = []}) => idsText(affectedPods)},
  {head: 'ACTION', cell: actionText},
  {
    head: 'PROGRESS',
    cell: ({currentStep = 1, totalSteps = 0}) => progress(currentStep, totalSteps),
  },
  {head: 'ID', cell: ({id}) => id},
];

function idsText(ids: readonly string[]): string {
  return ids.length === 0 ? '-' : ids.join(', ');
}

function actionText({currentActions = [], state}: DeploymentForm): string {
  const texts = actionTexts(currentActions).join(', ');
  return state === undefined || state === 'running' ? texts : `${texts} (${state})`.trim();
}

/** Steps that are done, of all. */
function progress(currentStep: number, totalSteps: number): string {
  return `${Math.max(0, currentStep - 1)}/${totalSteps}`;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list [app-id]', {
    summary: 'List the deployments that are under way.',
    more: 'PROGRESS is how many of its steps are done. Where there are none it fails.',
    examples: ['dcos marathon deployment list', 'dcos marathon deployment list /hello_world'],
  });
  return doing(
    withList(command),
    async ([given]: [string | undefined], {json, quiet}: ListFlags) => {
      const all = await context.marathon.get<readonly DeploymentForm[]>('/v2/deployments');
      const appId = given === undefined ? undefined : canonicalId(given);
      const deployments = all.filter(
        ({affectedApps = [], affectedPods = []}) =>
          appId === undefined || affectedApps.includes(appId) || affectedPods.includes(appId),
      );
      if (deployments.length === 0 && json !== true) {
        throw new Failure(
          `There are no deployments${given === undefined ? '' : ` for '${given}'`}`,
        );
      }
      context.printList(deployments, {
        isJson: json === true,
        isQuiet: quiet === true,
        id: ({id}) => id,
        columns: COLUMNS,
      });
    },
  );
}

function deploymentPath(id: string): string {
  return `/v2/deployments/${encodeURIComponent(id)}`;
}

function rollbackCommand(context: Context): Command {
  const command = makeCommand('rollback <deployment-id>', {
    summary: 'Undo what a deployment changes, by another one.',
    examples: ['dcos marathon deployment rollback 83b2a2f0-6a3e-4b0f-9d7e-1f6f5d1f2d11'],
  });
  return doing(withJson(command), async ([id]: [string]) => {
    const result = await rewording(404, `DeploymentPlan ${id} does not exist`, () =>
      context.marathon.send<ChangeForm>('DELETE', deploymentPath(id)),
    );
    context.printJson(result);
  });
}

function stopCommand(context: Context): Command {
  const command = makeCommand('stop <deployment-id>', {
    summary: 'End a deployment where it stands; nothing is undone.',
    examples: ['dcos marathon deployment stop 83b2a2f0-6a3e-4b0f-9d7e-1f6f5d1f2d11'],
  });
  return doing(command, async ([id]: [string]) => {
    await rewording(404, `DeploymentPlan ${id} does not exist`, () =>
      context.marathon.call('DELETE', deploymentPath(id), {query: {force: true}}),
    );
  });
}

/** Beyond Marathon: one that waits for a word, or is to wait. */
function pauseCommand(context: Context, verb: 'pause' | 'resume'): Command {
  const command = makeCommand(`${verb} <deployment-id>`, {
    summary:
      verb === 'pause'
        ? 'Hold a deployment: it starts and ends nothing until it is resumed.'
        : 'Let a deployment go on that is paused or waits for confirmation.',
    examples: [`dcos marathon deployment ${verb} 83b2a2f0-6a3e-4b0f-9d7e-1f6f5d1f2d11`],
  });
  return doing(command, async ([id]: [string]) => {
    await rewording(404, `DeploymentPlan ${id} does not exist`, () =>
      context.marathon.call('POST', `${deploymentPath(id)}/${verb}`),
    );
  });
}
