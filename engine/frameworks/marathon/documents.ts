/**
 * Marathon as its records hold it: everything that decides what it does next. What is not here is
 * either a matter of the moment (which offers were refused, which kill was sent when) or follows
 * from it (docs/architecture.md).
 */
import type {App} from './definition/app-definition.ts';
import type {ActionRecord} from './deploy/action.ts';
import type {DeploymentDocument, DeploymentPlan, DeploymentProgress} from './deploy/deployment.ts';
import type {DeploymentsSnapshot} from './deploy/deployments.ts';
import type {TaskFailure} from './instances/failures.ts';
import type {InstanceDocument} from './instances/instances.ts';
import type {Leftover} from './instances/leftovers.ts';
import type {RosterDocuments} from './instances/roster.ts';
import {recordedDelays, type BackoffSnapshot} from './launch/backoff.ts';
import type {StoredRecord} from '../records.ts';
import type {Group, RootChange} from './root/groups.ts';
import type {RootDocuments} from './root/root.ts';

export interface Documents {
  readonly roster: RosterDocuments;
  readonly root: RootDocuments;
  readonly deployments: DeploymentsSnapshot;
  readonly backoff: BackoffSnapshot;
  /** App → its last failure. */
  readonly failures: readonly (readonly [string, TaskFailure])[];
  /** Instances with goal Running whose task is to be killed. */
  readonly kills: readonly string[];
  /** Reservations that nobody needs any more. */
  readonly leftovers: readonly Leftover[];
}

/** Reads the records of a Marathon, in whatever order they come. */
export function documentsFrom(unsorted: Iterable<StoredRecord>): Documents {
  const records = [...unsorted].sort((left, right) => (left[0] < right[0] ? -1 : 1));
  const folders = Map.groupBy(records, ([path]) => path.split('/', 1)[0] ?? '');
  const below = (folder: string): readonly unknown[] =>
    (folders.get(folder) ?? []).flatMap(([path, document]) => (path === folder ? [] : [document]));
  const at = (folder: string): unknown =>
    folders.get(folder)?.find(([path]) => path === folder)?.[1];
  const serials = below('serials') as readonly {appId: string; serial: number}[];
  const root = at('root') as {version: number} | undefined;
  const rootGroup = at('groups') as Group | undefined;
  return {
    roster: {
      apps: below('apps') as readonly App[],
      versions: (below('versions') as readonly App[]).toSorted(
        (left, right) => left.version - right.version,
      ),
      instances: below('instances') as readonly InstanceDocument[],
      serials: serials.map(({appId, serial}) => [appId, serial]),
    },
    root: {
      version: root?.version ?? -1,
      groups: [
        ...(rootGroup === undefined ? [] : [rootGroup]),
        ...(below('groups') as readonly Group[]),
      ],
      changes: (below('changes') as readonly RootChange[]).toSorted(
        (one, two) => one.version - two.version,
      ),
    },
    deployments: {
      serial: (at('deployments') as {serial: number} | undefined)?.serial ?? 0,
      deployments: deploymentsFrom(folders.get('deployments') ?? []),
    },
    backoff: recordedDelays(folders.get('backoff') ?? []),
    failures: (below('failures') as readonly TaskFailure[]).map((failure) => [
      failure.appId,
      failure,
    ]),
    kills: (below('kills') as readonly {instanceId: string}[]).map(({instanceId}) => instanceId),
    leftovers: below('leftovers') as readonly Leftover[],
  };
}

interface Parts {
  plan?: DeploymentPlan;
  progress?: DeploymentProgress;
  readonly actions: ActionRecord[];
}

/** `deployments/<id>/plan`, `/progress`, and `/actions<app>` for each that is not done. */
function deploymentsFrom(records: readonly StoredRecord[]): readonly DeploymentDocument[] {
  const byId = new Map<string, Parts>();
  for (const [path, document] of records) {
    const [, id, part] = path.split('/');
    if (id === undefined || part === undefined) continue;
    const parts = byId.get(id) ?? {actions: []};
    byId.set(id, parts);
    if (part === 'plan') parts.plan = document as DeploymentPlan;
    else if (part === 'progress') parts.progress = document as DeploymentProgress;
    else parts.actions.push(document as ActionRecord);
  }
  return [...byId.values()]
    .flatMap(({plan, progress, actions}) =>
      plan === undefined || progress === undefined ? [] : [{plan, progress, actions}],
    )
    .toSorted((left, right) => left.plan.version - right.plan.version);
}
