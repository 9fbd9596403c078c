/**
 * What became of offers, stage by stage, as `dcos marathon debug summary` shows it: an offer counts
 * for a stage only if it passed all stages before.
 */
import {EMPTY} from '../../output/table.ts';
import type {AppForm, QueueItem} from './forms.ts';

export interface StageRow {
  readonly resource: string;
  readonly requested: string;
  /** Offers that passed, of those that got so far. */
  readonly matched: number;
  readonly reached: number;
}

interface Stage {
  readonly reason: string;
  readonly resource: string;
  readonly requested: (app: AppForm, item: QueueItem) => string;
  /** Shown only where it matters. */
  readonly isRare?: true;
}

/** In the order in which Marathon looks. */
const STAGES: readonly Stage[] = [
  {
    reason: 'UnfulfilledRole',
    resource: 'ROLE',
    requested: (app, item) => `[${app.role ?? item.role ?? '*'}]`,
  },
  {
    reason: 'UnfulfilledConstraint',
    resource: 'CONSTRAINTS',
    requested: ({constraints = []}) => printed(constraints),
  },
  {
    reason: 'NoCorrespondingReservationFound',
    resource: 'RESERVATION',
    requested: () => EMPTY,
    isRare: true,
  },
  {reason: 'AgentMaintenance', resource: 'MAINTENANCE', requested: () => EMPTY, isRare: true},
  {reason: 'InsufficientCpus', resource: 'CPUS', requested: ({cpus}) => amount(cpus)},
  {reason: 'InsufficientMemory', resource: 'MEM', requested: ({mem}) => amount(mem)},
  {reason: 'InsufficientDisk', resource: 'DISK', requested: ({disk}) => amount(disk)},
  {
    reason: 'InsufficientGpus',
    resource: 'GPUS',
    requested: ({gpus}) => amount(gpus),
    isRare: true,
  },
  {reason: 'InsufficientPorts', resource: 'PORTS', requested: portsText},
  {reason: 'DeclinedScarceResources', resource: 'SCARCE', requested: () => EMPTY, isRare: true},
  {reason: 'RemoteRegion', resource: 'REGION', requested: () => EMPTY, isRare: true},
];

export function funnelRows(item: QueueItem): readonly StageRow[] {
  const summary = item.processedOffersSummary?.rejectSummaryLastOffers ?? [];
  const app: AppForm = item.app ?? {id: ''};
  return STAGES.flatMap(({reason, resource, requested, isRare}) => {
    const row = summary.find((one) => one.reason === reason);
    const {declined = 0, processed = 0} = row ?? {};
    const isTold = isRare !== true || declined > 0 || (resource === 'GPUS' && (app.gpus ?? 0) > 0);
    if (!isTold) return [];
    return [
      {
        resource,
        requested: requested(app, item),
        matched: processed - declined,
        reached: processed,
      },
    ];
  });
}

function printed(constraints: NonNullable<AppForm['constraints']>): string {
  return `[${constraints.map((words) => `[${words.join(', ')}]`).join(', ')}]`;
}

function amount(value: number | undefined): string {
  return `${value ?? 0}`;
}

/** 0 is any port. */
function portsText({container, portDefinitions = [], requirePorts = false}: AppForm): string {
  const {portMappings = []} = container ?? {};
  const mapped = portMappings.map(({hostPort = 0}) => hostPort);
  const defined = portDefinitions.map(({port = 0}) => (requirePorts ? port : 0));
  const ports = portMappings.length > 0 ? mapped : defined;
  return ports.length === 0 ? EMPTY : `[${ports.join(', ')}]`;
}
