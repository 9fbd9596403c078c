/**
 * Resources in the Mesos v1 JSON form, after reservation refinement (reference part 2.4), and their
 * translation from and to entries. Reading what others wrote, with all its checks, is in `wire.ts`.
 */
import {makeRanges, pairsOf} from './ranges.ts';
import {
  makeSpecial,
  type DiskSource,
  type Entry,
  type Labels,
  type Reservation,
  type Traits,
  type VolumeInfo,
} from './special.ts';

type Empty = Readonly<Record<string, never>>;

export interface WireLabels {
  readonly labels: readonly {readonly key: string; readonly value?: string | undefined}[];
}

export interface WireReservation {
  readonly type: 'STATIC' | 'DYNAMIC';
  readonly role: string;
  readonly principal?: string | undefined;
  readonly labels?: WireLabels | undefined;
}

export interface WireDiskSource {
  readonly type: DiskSource['type'];
  readonly path?: {readonly root?: string | undefined} | undefined;
  readonly mount?: {readonly root?: string | undefined} | undefined;
  readonly vendor?: string | undefined;
  readonly id?: string | undefined;
  readonly profile?: string | undefined;
  readonly metadata?: WireLabels | undefined;
}

export interface WireDisk {
  readonly persistence?: {readonly id: string; readonly principal?: string | undefined} | undefined;
  readonly volume?:
    | {
        readonly mode: 'RW' | 'RO';
        readonly container_path: string;
        readonly host_path?: string | undefined;
      }
    | undefined;
  readonly source?: WireDiskSource | undefined;
}

/** One resource. Copies of a shared volume, and equal things, are written once each. */
export interface WireResource {
  readonly name: string;
  readonly type: 'SCALAR' | 'RANGES' | 'SET';
  readonly scalar?: {readonly value: number} | undefined;
  readonly ranges?: {readonly range: readonly {begin: number; end: number}[]} | undefined;
  readonly set?: {readonly item: readonly string[]} | undefined;
  readonly allocation_info?: {readonly role: string} | undefined;
  readonly provider_id?: {readonly value: string} | undefined;
  readonly reservations?: readonly WireReservation[] | undefined;
  readonly disk?: WireDisk | undefined;
  readonly revocable?: Empty | undefined;
  readonly shared?: Empty | undefined;
}

const NONE: readonly never[] = [];

/**
 * A resource as an entry, which may be a plain one. `kind` is that of the name; the form must be
 * valid.
 */
export function entryOfWire(wire: WireResource, kind: number): Entry {
  const scalar = wire.type === 'SCALAR' ? Math.round((wire.scalar?.value ?? 0) * 1000) : 0;
  const range = wire.type === 'RANGES' ? (wire.ranges?.range ?? NONE) : NONE;
  const item = wire.type === 'SET' ? (wire.set?.item ?? NONE) : NONE;
  return {
    special: makeSpecial(traitsOfWire(wire), kind, scalar),
    scalar,
    ranges: makeRanges(range.map(({begin, end}) => [begin, end])),
    items: [...new Set(item)].sort(),
    copies: 1,
    volume: volumeOfWire(wire.disk),
  };
}

function traitsOfWire(wire: WireResource): Traits {
  const {name, reservations = NONE, disk, provider_id: provider} = wire;
  return {
    name,
    reservations: reservations.map(({type, role, principal, labels}) => ({
      type,
      role,
      principal,
      labels: labelsOfWire(labels),
    })),
    source: disk?.source === undefined ? undefined : sourceOfWire(disk.source),
    persistence: disk?.persistence,
    bareDisk: disk !== undefined,
    revocable: wire.revocable !== undefined,
    shared: wire.shared !== undefined,
    provider: provider?.value,
    allocation: wire.allocation_info?.role,
  };
}

function sourceOfWire(source: WireDiskSource): DiskSource {
  const {type, path, mount, vendor, id, profile, metadata} = source;
  const root = (type === 'PATH' ? path : mount)?.root;
  return {type, root, id, profile, vendor, metadata: labelsOfWire(metadata)};
}

function labelsOfWire(wire: WireLabels | undefined): Labels | undefined {
  return wire?.labels.map(({key, value}) => [key, value ?? null] as const);
}

function volumeOfWire(disk: WireDisk | undefined): VolumeInfo | undefined {
  if (disk?.volume === undefined) return undefined;
  const {mode, container_path: containerPath, host_path: hostPath} = disk.volume;
  return {mode, containerPath, hostPath};
}

/** An entry as resources: one for each copy, and for each type of value. */
export function wiresOfEntry(entry: Entry): readonly WireResource[] {
  const {special, scalar, ranges, items, copies} = entry;
  const about = aboutOf(entry);
  const wires: WireResource[] = [];
  if (scalar > 0) {
    const one: WireResource = {
      name: special.name,
      type: 'SCALAR',
      scalar: {value: scalar / 1000},
      ...about,
    };
    for (let copy = 0; copy < copies; copy += 1) wires.push(one);
  }
  if (ranges.length > 0) {
    const range = pairsOf(ranges).map(([begin, end]) => ({begin, end}));
    wires.push({name: special.name, type: 'RANGES', ranges: {range}, ...about});
  }
  if (items.length > 0) {
    wires.push({name: special.name, type: 'SET', set: {item: items}, ...about});
  }
  return wires;
}

/** Everything but name and amount, as far as it is there. */
function aboutOf({special, volume}: Entry): Partial<WireResource> {
  const {reservations, revocable, shared, provider, allocation} = special;
  const disk = diskOf(special, volume);
  return {
    ...(allocation === undefined ? {} : {allocation_info: {role: allocation}}),
    ...(provider === undefined ? {} : {provider_id: {value: provider}}),
    ...(reservations.length === 0 ? {} : {reservations: reservations.map(wireOfReservation)}),
    ...(disk === undefined ? {} : {disk}),
    ...(revocable === true ? {revocable: {}} : {}),
    ...(shared === true ? {shared: {}} : {}),
  };
}

export function wireOfReservation(reservation: Reservation): WireReservation {
  const {type, role, principal, labels} = reservation;
  return {
    type,
    role,
    ...(principal === undefined ? {} : {principal}),
    ...(labels === undefined ? {} : {labels: wireOfLabels(labels)}),
  };
}

function wireOfLabels(labels: Labels): WireLabels {
  return {labels: labels.map(([key, value]) => (value === null ? {key} : {key, value}))};
}

function diskOf(traits: Traits, volume: VolumeInfo | undefined): WireDisk | undefined {
  const {source, persistence, bareDisk} = traits;
  if (source === undefined && persistence === undefined && bareDisk !== true) return undefined;
  return {
    ...(persistence === undefined ? {} : {persistence: wireOfPersistence(persistence)}),
    ...(volume === undefined ? {} : {volume: wireOfVolume(volume)}),
    ...(source === undefined ? {} : {source: wireOfSource(source)}),
  };
}

function wireOfPersistence({id, principal}: NonNullable<Traits['persistence']>) {
  return principal === undefined ? {id} : {id, principal};
}

function wireOfVolume({mode, containerPath, hostPath}: VolumeInfo): WireDisk['volume'] {
  const host = hostPath === undefined ? {} : {host_path: hostPath};
  return {mode, container_path: containerPath, ...host};
}

function wireOfSource(source: DiskSource): WireDiskSource {
  const {type, root, id, profile, vendor, metadata} = source;
  const where = root === undefined ? {} : {[type === 'PATH' ? 'path' : 'mount']: {root}};
  return {
    type,
    ...where,
    ...(vendor === undefined ? {} : {vendor}),
    ...(id === undefined ? {} : {id}),
    ...(profile === undefined ? {} : {profile}),
    ...(metadata === undefined ? {} : {metadata: wireOfLabels(metadata)}),
  };
}
