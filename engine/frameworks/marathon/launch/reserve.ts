/**
 * Reserves what an instance with persistent volumes needs, finds it again in offers by its labels,
 * and lets go of what is nobody's any more (reference parts 6.3, 6.9, 7.6). Pure.
 */
import type {Random} from '../../../kernel/random.ts';
import {assemble, changed, entriesOf, type KindNames} from '../../../resources/entries.ts';
import type {Entry, Labels, Reservation as Stacked} from '../../../resources/special.ts';
import {addResources, isEmpty, type Resources} from '../../../resources/vector.ts';
import type {OfferOperation} from '../../../scheduler.ts';
import type {AppDefinition, PersistentVolume} from '../definition/app-definition.ts';
import {safePath, uuid} from '../definition/path-id.ts';
import type {LocalVolume} from '../instances/reservation.ts';
import {DISK, type TakenDisk} from './volumes.ts';

const FRAMEWORK_LABEL = 'marathon_framework_id';
const INSTANCE_LABEL = 'marathon_task_id';

/** Whom something is reserved for. */
export interface Holder {
  readonly frameworkId: string;
  readonly instanceId: string;
  readonly role: string;
}

/** What is taken of an offer for an instance. */
export interface TakenShare {
  /** Scalars and ports. */
  readonly plain: Resources;
  /** One per persistent volume, in their order. */
  readonly disks: readonly TakenDisk[];
}

export interface Reserving {
  readonly operations: readonly OfferOperation[];
  /** Everything, as it is afterwards. */
  readonly resources: Resources;
  readonly volumes: readonly LocalVolume[];
}

/** The persistent volumes of an app and where they appear. */
export function volumesOf({
  container,
}: Pick<AppDefinition, 'container'>): readonly (readonly [string, PersistentVolume])[] {
  return (container?.volumes ?? []).flatMap(({containerPath, persistent}) =>
    persistent === undefined ? [] : [[containerPath, persistent] as const],
  );
}

/** The operations that reserve a share of an offer and make its volumes. */
export function reserve(
  holder: Holder,
  definition: Pick<AppDefinition, 'container' | 'id'>,
  {plain, disks}: TakenShare,
  {kinds, random}: {readonly kinds: KindNames; readonly random: Random},
): Reserving {
  const own = [ownReservation(holder)];
  const bare = entriesOf(plain, kinds).map((entry) => changed(entry, {reservations: own}));
  const under: Entry[] = [];
  const made: Entry[] = [];
  const volumes: LocalVolume[] = [];
  for (const [at, [containerPath]] of volumesOf(definition).entries()) {
    const {amount, parts} = disks[at] as TakenDisk;
    const pieces = parts.length > 0 ? parts : entriesOf(diskOf(amount), kinds);
    for (const piece of pieces) {
      const id = uuid(random);
      const persistenceId = `${safePath(definition.id)}#${containerPath}#${id}`;
      volumes.push({containerPath, uuid: id, persistenceId});
      under.push(changed(piece, {reservations: own}));
      made.push({
        ...changed(piece, {reservations: own, persistence: {id: persistenceId}}),
        volume: {mode: 'RW', containerPath},
      });
    }
  }
  return {
    operations: [
      {kind: 'reserve', resources: assemble([...bare, ...under])},
      {kind: 'create', resources: assemble(made)},
    ],
    resources: assemble([...bare, ...made]),
    volumes,
  };
}

function diskOf(amount: number): Resources {
  const scalars = Array.from({length: DISK + 1}, (_, kind) => (kind === DISK ? amount : 0));
  return {scalars, ranges: [], sets: [], special: []};
}

function ownReservation({frameworkId, instanceId, role}: Holder): Stacked {
  const labels: Labels = [
    [FRAMEWORK_LABEL, frameworkId],
    [INSTANCE_LABEL, instanceId],
  ];
  return {type: 'DYNAMIC', role, labels};
}

/** What of an offer is reserved by a framework for a role, by instance. */
export function reservedIn(
  {special}: Resources,
  {frameworkId, role}: Omit<Holder, 'instanceId'>,
): ReadonlyMap<string, Resources> {
  const byInstance = new Map<string, Resources>();
  for (const entry of special) {
    const labels = entry.special.reservations.at(-1)?.labels;
    if (labels === undefined || entry.special.role !== role) continue;
    if (valueOf(labels, FRAMEWORK_LABEL) !== frameworkId) continue;
    const instanceId = valueOf(labels, INSTANCE_LABEL);
    if (instanceId === undefined) continue;
    const known = byInstance.get(instanceId);
    const own = assemble([entry]);
    byInstance.set(instanceId, known === undefined ? own : addResources(known, own));
  }
  return byInstance;
}

function valueOf(labels: Labels, name: string): string | undefined {
  return labels.find(([key]) => key === name)?.[1] ?? undefined;
}

/** The operations that give a reserved part of an offer back to everybody. */
export function release(resources: Resources): readonly OfferOperation[] {
  const volumes = resources.special.filter(({special}) => special.persistence !== undefined);
  const others = resources.special.filter(({special}) => special.persistence === undefined);
  const disks = volumes.map((entry) => ({
    ...changed(entry, {persistence: undefined}),
    volume: undefined,
  }));
  const destroyed = assemble(volumes);
  return [
    ...(isEmpty(destroyed) ? [] : [{kind: 'destroy' as const, resources: destroyed}]),
    {kind: 'unreserve', resources: assemble([...others, ...disks])},
  ];
}
