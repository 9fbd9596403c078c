/**
 * Reading and writing lists of resources in the Mesos v1 JSON form (reference part 2.4). Of the
 * three ways to tell reservations, all are read and `reservations` is written.
 */
import {AmountsSum, type Amounts, type AmountsError, type AmountsResult} from './amounts.ts';
import {makeRanges, pairsOf} from './ranges.ts';
import {reservationsProblem} from './reservation-rules.ts';
import {DEFAULT_ROLE, validRole} from './role-names.ts';
import {thousandths} from './thousandths.ts';
import {
  entryOfWire,
  type WireDisk,
  type WireDiskSource,
  type WireLabels,
  type WireReservation,
  type WireResource,
} from './wire-form.ts';

/** The v1 JSON form: what is plain in order of type and name, then what is special. */
export function toWire(amounts: Amounts): WireResource[] {
  const out: WireResource[] = [];
  for (const [name, fixed] of sortedEntries(amounts.scalars)) {
    out.push({name, type: 'SCALAR', scalar: {value: fixed / 1000}});
  }
  for (const [name, pairs] of sortedEntries(amounts.ranges ?? {})) {
    const range = pairsOf(makeRanges(pairs)).map(([begin, end]) => ({begin, end}));
    out.push({name, type: 'RANGES', ranges: {range}});
  }
  for (const [name, items] of sortedEntries(amounts.sets ?? {})) {
    out.push({name, type: 'SET', set: {item: [...new Set(items)]}});
  }
  return [...out, ...(amounts.special ?? [])];
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort((left, right) => (left[0] < right[0] ? -1 : 1));
}

/**
 * Reads the v1 JSON form: a list of resources. What names no role is reserved to `defaultRole`. The
 * message names the index and the field of what is wrong.
 */
export function fromWire(wire: unknown, defaultRole: string = DEFAULT_ROLE): AmountsResult {
  if (!Array.isArray(wire)) return {ok: false, message: 'expected a list of resources'};
  const sum = new AmountsSum();
  for (const [index, raw] of wire.entries()) {
    const read = readResource(raw, defaultRole);
    if (!read.ok) return {ok: false, message: `[${index}]: ${read.message}`};
    const entry = entryOfWire(read.resource, 0);
    const message = sum.add(entry, read.resource.type);
    if (message !== undefined) return {ok: false, message: `[${index}]: ${message}`};
  }
  return {ok: true, amounts: sum.amounts};
}

export type ResourceResult = {readonly ok: true; readonly resource: WireResource} | AmountsError;

/**
 * Checks one resource in any of the three forms, and gives it in the form of today. The message
 * names the field.
 */
export function readResource(raw: unknown, defaultRole: string = DEFAULT_ROLE): ResourceResult {
  try {
    return {ok: true, resource: resourceOf(fieldsOf(raw, ''), defaultRole)};
  } catch (error) {
    if (error instanceof BadField) return {ok: false, message: error.message};
    throw error;
  }
}

/** Where reading stops; it never leaves this file. */
class BadField extends Error {
  override readonly name = 'BadField';

  constructor(path: string, message: string) {
    super(path === '' ? message : `${path}: ${message}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new BadField(path, 'expected an object');
}

function textOf(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new BadField(path, 'expected a non-empty text');
}

/** A text that may be absent. */
function optionalText(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new BadField(path, 'expected a text');
}

function oneOf<T extends string>(value: unknown, known: readonly T[], path: string): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  const last = known.length - 1;
  throw new BadField(path, `expected ${known.slice(0, last).join(', ')} or ${known[last]}`);
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BadField(path, 'expected a list');
}

/** The fields that are there. */
function present<T extends object>(fields: T): {[Name in keyof T]?: Exclude<T[Name], undefined>} {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as {[Name in keyof T]?: Exclude<T[Name], undefined>};
}

function resourceOf(raw: Fields, defaultRole: string): WireResource {
  const name = textOf(raw['name'], 'name');
  const type = oneOf(raw['type'], ['SCALAR', 'RANGES', 'SET'], 'type');
  const reservations = reservationsOf(raw, defaultRole);
  const resource: WireResource = {
    name,
    type,
    ...valueOf(raw, type),
    ...present({
      allocation_info: allocationOf(raw['allocation_info']),
      provider_id: providerOf(raw['provider_id']),
      reservations: reservations.length === 0 ? undefined : reservations,
      disk: diskOf(raw['disk']),
      revocable: raw['revocable'] === undefined ? undefined : emptyOf(raw, 'revocable'),
      shared: raw['shared'] === undefined ? undefined : emptyOf(raw, 'shared'),
    }),
  };
  if (resource.disk !== undefined && name !== 'disk') {
    throw new BadField('disk', `not possible for ${name}`);
  }
  if (resource.shared !== undefined && resource.disk?.persistence === undefined) {
    throw new BadField('shared', 'only a persistent volume can be shared');
  }
  return resource;
}

function emptyOf(raw: Fields, field: string): Readonly<Record<string, never>> {
  fieldsOf(raw[field], field);
  return {};
}

function valueOf(raw: Fields, type: WireResource['type']): Partial<WireResource> {
  const fields = {SCALAR: 'scalar', RANGES: 'ranges', SET: 'set'};
  for (const field of Object.values(fields)) {
    if (field === fields[type] || raw[field] === undefined) continue;
    throw new BadField(field, `not possible beside type ${type}`);
  }
  switch (type) {
    case 'SCALAR':
      return {scalar: scalarOf(raw['scalar'])};
    case 'RANGES':
      return {ranges: {range: rangeOf(raw['ranges'])}};
    case 'SET':
      return {set: {item: itemsOf(raw['set'])}};
  }
}

function scalarOf(raw: unknown): {readonly value: number} {
  const value = (raw as Fields | null | undefined)?.['value'];
  if (typeof value === 'number' && thousandths(value) !== undefined) return {value};
  throw new BadField('scalar.value', 'expected an amount of at least 0');
}

function rangeOf(raw: unknown): readonly {begin: number; end: number}[] {
  const range = (raw as Fields | null | undefined)?.['range'] ?? [];
  const isObject = typeof raw === 'object' && raw !== null;
  if (!isObject || !Array.isArray(range) || !range.every(isRange)) {
    throw new BadField('ranges.range', 'expected {begin, end} pairs');
  }
  const sorted = [...range].sort((left, right) => left.begin - right.begin);
  if (sorted.some(({begin}, at) => begin <= (sorted[at - 1]?.end ?? -1))) {
    throw new BadField('ranges.range', 'expected ranges that do not overlap');
  }
  return range.map(({begin, end}) => ({begin, end}));
}

function isRange(raw: unknown): raw is {readonly begin: number; readonly end: number} {
  if (typeof raw !== 'object' || raw === null) return false;
  const {begin, end} = raw as Fields;
  return isNatural(begin) && isNatural(end) && begin <= end;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function itemsOf(raw: unknown): readonly string[] {
  const items = (raw as Fields | null | undefined)?.['item'] ?? [];
  const isObject = typeof raw === 'object' && raw !== null;
  if (!isObject || !Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    throw new BadField('set.item', 'expected a list of texts');
  }
  if (new Set(items).size < items.length) throw new BadField('set.item', 'expected each item once');
  return items;
}

function allocationOf(raw: unknown): WireResource['allocation_info'] {
  if (raw === undefined) return undefined;
  const role = optionalText(fieldsOf(raw, 'allocation_info')['role'], 'allocation_info.role');
  return role === undefined ? undefined : {role: roleOf(role, 'allocation_info.role')};
}

function providerOf(raw: unknown): WireResource['provider_id'] {
  if (raw === undefined) return undefined;
  return {value: textOf(fieldsOf(raw, 'provider_id')['value'], 'provider_id.value')};
}

function roleOf(raw: unknown, path: string): string {
  if (typeof raw === 'string' && validRole(raw)) return raw;
  throw new BadField(path, 'expected the name of a role');
}

/**
 * The stack of reservations. Before refinement there was one at most, told by `role` and, when it
 * was dynamic, `reservation`. Both forms at once must tell the same.
 */
function reservationsOf(raw: Fields, defaultRole: string): readonly WireReservation[] {
  const isOld = raw['role'] !== undefined || raw['reservation'] !== undefined;
  const {reservations} = raw;
  const stack =
    reservations === undefined ? [] : listOf(reservations, 'reservations').map(reservationOf);
  if (stack.length === 0) return oldReservationsOf(raw, defaultRole);
  const problem = reservationsProblem(stack);
  if (problem !== undefined) {
    throw new BadField(`reservations[${problem.index}].${problem.field}`, problem.message);
  }
  if (!isOld) return stack;
  if (stack.length > 1) {
    throw new BadField('reservations', 'role and reservation cannot tell a refined reservation');
  }
  const [own] = stack;
  const [old] = oldReservationsOf(raw, DEFAULT_ROLE);
  if (own === undefined || old === undefined || !isSame(own, old)) {
    throw new BadField('reservations', 'role and reservation tell another one');
  }
  return stack;
}

/** Whether the old form would tell the same: it knows no principal of a static reservation. */
function isSame(own: WireReservation, old: WireReservation): boolean {
  if (own.type !== old.type || own.role !== old.role) return false;
  if (own.type === 'STATIC') return true;
  return own.principal === old.principal && labelsText(own.labels) === labelsText(old.labels);
}

function labelsText(wire: WireLabels | undefined): string {
  const texts = wire?.labels.map(({key, value}) => JSON.stringify([key, value ?? null])).sort();
  return JSON.stringify(texts ?? null);
}

function oldReservationsOf(raw: Fields, defaultRole: string): readonly WireReservation[] {
  const role = raw['role'] === undefined ? defaultRole : roleOf(raw['role'], 'role');
  if (raw['reservation'] === undefined) {
    return role === DEFAULT_ROLE ? [] : [{type: 'STATIC', role}];
  }
  const fields = fieldsOf(raw['reservation'], 'reservation');
  for (const field of ['type', 'role']) {
    if (fields[field] === undefined) continue;
    throw new BadField(`reservation.${field}`, 'possible in reservations only');
  }
  if (role === DEFAULT_ROLE) throw new BadField('reservation', `role ${role} cannot be reserved`);
  return [{type: 'DYNAMIC', role, ...principalAndLabelsOf(fields, 'reservation')}];
}

function reservationOf(raw: unknown, index: number): WireReservation {
  const path = `reservations[${index}]`;
  const fields = fieldsOf(raw, path);
  return {
    type: oneOf(fields['type'], ['STATIC', 'DYNAMIC'], `${path}.type`),
    role: roleOf(fields['role'], `${path}.role`),
    ...principalAndLabelsOf(fields, path),
  };
}

function principalAndLabelsOf(fields: Fields, path: string): Partial<WireReservation> {
  return present({
    principal: optionalText(fields['principal'], `${path}.principal`),
    labels: labelsOf(fields['labels'], `${path}.labels`),
  });
}

function labelsOf(raw: unknown, path: string): WireLabels | undefined {
  if (raw === undefined) return undefined;
  const labels = listOf(fieldsOf(raw, path)['labels'] ?? [], `${path}.labels`);
  return {
    labels: labels.map((label, index) => {
      const at = `${path}.labels[${index}]`;
      const fields = fieldsOf(label, at);
      const value = optionalText(fields['value'], `${at}.value`);
      return {key: textOf(fields['key'], `${at}.key`), ...present({value})};
    }),
  };
}

function diskOf(raw: unknown): WireDisk | undefined {
  if (raw === undefined) return undefined;
  const {persistence, volume, source} = fieldsOf(raw, 'disk');
  return present({
    persistence: persistence === undefined ? undefined : persistenceOf(persistence),
    volume: volume === undefined ? undefined : volumeOf(volume),
    source: source === undefined ? undefined : sourceOf(source),
  });
}

function persistenceOf(raw: unknown): NonNullable<WireDisk['persistence']> {
  const {id, principal: by} = fieldsOf(raw, 'disk.persistence');
  const principal = optionalText(by, 'disk.persistence.principal');
  return {id: textOf(id, 'disk.persistence.id'), ...present({principal})};
}

function volumeOf(raw: unknown): NonNullable<WireDisk['volume']> {
  const fields = fieldsOf(raw, 'disk.volume');
  for (const field of ['image', 'source']) {
    if (fields[field] !== undefined)
      throw new BadField(`disk.volume.${field}`, 'not possible here');
  }
  const hostPath = optionalText(fields['host_path'], 'disk.volume.host_path');
  return {
    mode: oneOf(fields['mode'], ['RW', 'RO'], 'disk.volume.mode'),
    container_path: textOf(fields['container_path'], 'disk.volume.container_path'),
    ...present({host_path: hostPath}),
  };
}

function sourceOf(raw: unknown): WireDiskSource {
  const path = 'disk.source';
  const fields = fieldsOf(raw, path);
  const type = oneOf(fields['type'], ['PATH', 'MOUNT', 'BLOCK', 'RAW'], `${path}.type`);
  for (const [owner, field] of [
    ['PATH', 'path'],
    ['MOUNT', 'mount'],
  ] as const) {
    if (type === owner || fields[field] === undefined) continue;
    throw new BadField(`${path}.${field}`, `not possible beside type ${type}`);
  }
  return {
    type,
    ...present({
      path: rootOf(fields['path'], `${path}.path`),
      mount: rootOf(fields['mount'], `${path}.mount`),
      vendor: optionalText(fields['vendor'], `${path}.vendor`),
      id: optionalText(fields['id'], `${path}.id`),
      profile: optionalText(fields['profile'], `${path}.profile`),
      metadata: labelsOf(fields['metadata'], `${path}.metadata`),
    }),
  };
}

function rootOf(raw: unknown, path: string): {readonly root?: string} | undefined {
  if (raw === undefined) return undefined;
  return present({root: optionalText(fieldsOf(raw, path)['root'], `${path}.root`)});
}

/** A resource in the form before reservation refinement. */
export type OldWireResource = Omit<WireResource, 'reservations'> & {
  readonly role: string;
  readonly reservation?: Pick<WireReservation, 'principal' | 'labels'> | undefined;
};

export type DowngradeResult =
  | {readonly ok: true; readonly resource: OldWireResource}
  | AmountsError;

/**
 * The form for those who do not know refinement: `role` and `reservation`. A refined reservation
 * has none; the principal of a static one is not told.
 */
export function downgrade(resource: WireResource): DowngradeResult {
  const {reservations = [], ...rest} = resource;
  const [own, ...others] = reservations;
  if (own === undefined) return {ok: true, resource: {...rest, role: DEFAULT_ROLE}};
  if (others.length > 0) {
    return {ok: false, message: 'reservations: a refined one has no form as role and reservation'};
  }
  const {type, role, principal, labels} = own;
  if (type === 'STATIC') return {ok: true, resource: {...rest, role}};
  return {ok: true, resource: {...rest, role, reservation: present({principal, labels})}};
}
