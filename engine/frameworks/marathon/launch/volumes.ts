/**
 * Disks for persistent volumes, taken from what an offer has that nobody has reserved (reference
 * parts 1.2 and 6.9). Pure; what is done with them is in `reserve.ts`.
 */
import {thousandths} from '../../../resources/thousandths.ts';
import type {Entry} from '../../../resources/special.ts';
import {assemble} from '../../../resources/entries.ts';
import {
  NO_RESOURCES,
  scalarOf,
  subtractResources,
  type Resources,
} from '../../../resources/vector.ts';
import type {OfferLeft} from '../../placement/offer-left.ts';
import type {PersistentVolume} from '../definition/app-definition.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';

/** What a volume is given. */
export interface TakenDisk {
  /** Of the disk; undefined is the agent's work folder. */
  readonly path: string | undefined;
  /** Thousandths: all of a MOUNT disk, however little is wanted. */
  readonly amount: number;
  /** Empty for a root volume, which takes plain `disk`. */
  readonly parts: readonly Entry[];
}

/** Kind of `disk`. */
export const DISK = 2;

/**
 * A disk for each volume, in their order; undefined when one of them gets none. Large volumes
 * choose first, and each takes the smallest disk that is enough.
 */
export function pickDisks(
  volumes: readonly PersistentVolume[],
  offered: Resources,
): readonly TakenDisk[] | undefined {
  const free: Entry[] = offered.special.filter(isFree);
  let root = scalarOf(offered, DISK);
  const taken: (TakenDisk | undefined)[] = volumes.map(() => undefined);
  const order = volumes.map((volume, at) => ({volume, at, wanted: wantedOf(volume)}));
  order.sort((left, right) => right.wanted - left.wanted || left.at - right.at);
  for (const {volume, at, wanted} of order) {
    switch (volume.type) {
      case 'root':
        if (root < wanted) return undefined;
        root -= wanted;
        taken[at] = {path: undefined, amount: wanted, parts: []};
        break;
      case 'mount':
        taken[at] = takeMount(volume, wanted, free);
        break;
      case 'path':
        taken[at] = takePath(volume, wanted, free);
        break;
    }
    if (taken[at] === undefined) return undefined;
  }
  return taken as TakenDisk[];
}

function wantedOf({size}: PersistentVolume): number {
  return thousandths(size) ?? Infinity;
}

/** A disk with a path of its own that is nobody's, and holds no volume. */
function isFree({special}: Entry): boolean {
  const {source, persistence, role, revocable, shared} = special;
  if (source === undefined || persistence !== undefined || role !== undefined) return false;
  return special.kind === DISK && revocable !== true && shared !== true;
}

function takeMount(volume: PersistentVolume, wanted: number, free: Entry[]): TakenDisk | undefined {
  const most = volume.maxSize === undefined ? Infinity : (thousandths(volume.maxSize) ?? Infinity);
  let best = -1;
  for (const [at, entry] of free.entries()) {
    const {scalar} = entry;
    if (entry.special.source?.type !== 'MOUNT' || entry.copies === 0) continue;
    if (scalar < wanted || scalar > most || !suits(volume, entry)) continue;
    if (best < 0 || scalar < (free[best] as Entry).scalar) best = at;
  }
  if (best < 0) return undefined;
  const disk = free[best] as Entry;
  free[best] = {...disk, copies: disk.copies - 1};
  const parts = [{...disk, copies: 1}];
  return {path: disk.special.source?.root, amount: disk.scalar, parts};
}

/** What belongs to one path may come in several parts, which a volume may take together. */
function takePath(volume: PersistentVolume, wanted: number, free: Entry[]): TakenDisk | undefined {
  const totals = new Map<string | undefined, number>();
  for (const entry of free) {
    if (entry.special.source?.type !== 'PATH' || !suits(volume, entry)) continue;
    const {root} = entry.special.source;
    totals.set(root, (totals.get(root) ?? 0) + entry.scalar);
  }
  const [smallest] = [...totals]
    .filter(([, total]) => total >= wanted)
    .sort((left, right) => left[1] - right[1] || ((left[0] ?? '') < (right[0] ?? '') ? -1 : 1));
  if (smallest === undefined) return undefined;
  const [path] = smallest;
  const parts: Entry[] = [];
  let missing = wanted;
  for (const [at, entry] of free.entries()) {
    const {source} = entry.special;
    if (source?.type !== 'PATH' || source.root !== path || !suits(volume, entry)) continue;
    const part = Math.min(missing, entry.scalar);
    if (part === 0) continue;
    missing -= part;
    parts.push({...entry, scalar: part});
    free[at] = {...entry, scalar: entry.scalar - part};
  }
  return {path, amount: wanted, parts};
}

/** The right profile, and a path that the volume's constraints like. */
function suits({profileName, constraints = []}: PersistentVolume, {special}: Entry): boolean {
  const {root = '', profile} = special.source ?? {};
  if (profileName !== undefined && profile !== profileName) return false;
  return constraints.every(([, operator, pattern = '']) => {
    const result = compileWholeMatch(pattern);
    if (!result.ok) return false;
    return result.regex.matches(root) === (operator?.toUpperCase() === 'LIKE');
  });
}

/** A disk for each volume beside what else an instance needs; undefined if one gets none. */
export function disksFor(
  {volumes, needs}: {readonly volumes: readonly PersistentVolume[]; readonly needs: Resources},
  left: OfferLeft,
): readonly TakenDisk[] | undefined {
  return pickDisks(volumes, subtractResources(left.seen.resources, needs));
}

/** Takes disks that {@link disksFor} has found. */
export function takeDisks(disks: readonly TakenDisk[], left: OfferLeft): void {
  for (const {amount, parts} of disks) {
    const scalars = Array.from({length: DISK + 1}, (_, kind) => (kind === DISK ? amount : 0));
    left.takeExactly(parts.length > 0 ? assemble(parts) : {...NO_RESOURCES, scalars});
  }
}
