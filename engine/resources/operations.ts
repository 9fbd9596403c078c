/**
 * What the operations on offered resources take away and bring (Mesos, reference part 2.7): pure
 * arithmetic. Whether somebody may make them is in `operation-rules.ts`.
 */
import {assemble, changed} from './entries.ts';
import {popReservation, toUnreserved} from './reservations.ts';
import {isCounted, type Entry} from './special.ts';
import {
  addResources,
  containsResources,
  equalResources,
  isEmpty,
  subtractResources,
  type Resources,
} from './vector.ts';

/** Each names the resources as they are after a reservation or creation, and before their end. */
export type Operation =
  /** `source`: reserved otherwise so far; absent: as `resources` without the last reservation. */
  | {
      readonly kind: 'reserve';
      readonly resources: Resources;
      readonly source?: Resources | undefined;
    }
  | {readonly kind: 'unreserve'; readonly resources: Resources}
  /** Persistent volumes. */
  | {readonly kind: 'create'; readonly resources: Resources}
  | {readonly kind: 'destroy'; readonly resources: Resources}
  /** One volume, and the disk that is added to it. */
  | {readonly kind: 'growVolume'; readonly volume: Resources; readonly addition: Resources}
  /** One volume, and the thousandths that are taken from it. */
  | {readonly kind: 'shrinkVolume'; readonly volume: Resources; readonly subtract: number}
  | {readonly kind: 'convert'; readonly consumed: Resources; readonly converted: Resources};

/** `consumed` becomes `converted`. */
export interface Conversion {
  readonly consumed: Resources;
  readonly converted: Resources;
  /** What must not be there any more afterwards: further copies of a destroyed volume. */
  readonly gone?: Resources | undefined;
}

interface OperationError {
  readonly ok: false;
  readonly message: string;
}

export type ConversionsResult =
  | {readonly ok: true; readonly conversions: readonly Conversion[]}
  | OperationError;

const refused = (message: string): OperationError => ({ok: false, message});

/** The conversions that an operation consists of, to be made in order. */
export function conversionsOf(operation: Operation): ConversionsResult {
  switch (operation.kind) {
    case 'reserve':
      return reserve(operation.resources, operation.source);
    case 'unreserve':
      return unreserve(operation.resources);
    case 'create':
      return create(operation.resources);
    case 'destroy':
      return destroy(operation.resources);
    case 'growVolume':
      return growVolume(operation.volume, operation.addition);
    case 'shrinkVolume':
      return shrinkVolume(operation.volume, operation.subtract);
    case 'convert': {
      const {consumed, converted} = operation;
      return {ok: true, conversions: [{consumed, converted}]};
    }
  }
}

export type ApplyResult = {readonly ok: true; readonly resources: Resources} | OperationError;

/** The resources after a conversion; refused when they do not hold what it takes. */
export function applyConversion(resources: Resources, conversion: Conversion): ApplyResult {
  const {consumed, converted, gone} = conversion;
  if (!containsResources(resources, consumed)) {
    return refused('the resources do not hold what the operation takes');
  }
  const result = addResources(subtractResources(resources, consumed), converted);
  if (gone !== undefined && containsResources(result, gone)) {
    return refused('a shared volume with further copies cannot be destroyed');
  }
  return {ok: true, resources: result};
}

/** The resources after all conversions of an operation. */
export function applyOperation(resources: Resources, operation: Operation): ApplyResult {
  const found = conversionsOf(operation);
  if (!found.ok) return found;
  let result = resources;
  for (const conversion of found.conversions) {
    const applied = applyConversion(result, conversion);
    if (!applied.ok) return applied;
    result = applied.resources;
  }
  return {ok: true, resources: result};
}

/** As if no operation had ever been made: without dynamic reservations and volumes. */
export function withoutOperations({special, ...plain}: Resources): Resources {
  const entries = special.map((entry) => {
    const {reservations} = entry.special;
    const statics = reservations.filter(({type}) => type === 'STATIC');
    const disk = isVolume(entry) ? diskEntryUnder(entry) : entry;
    return statics.length === reservations.length ? disk : changed(disk, {reservations: statics});
  });
  return addResources({...plain, special: []}, assemble(entries));
}

/** Whether every part of it is special and `holds`. */
function everyEntry({special, ...plain}: Resources, holds: (entry: Entry) => boolean): boolean {
  return isEmpty({...plain, special: []}) && special.every(holds);
}

function reserve(resources: Resources, source: Resources | undefined): ConversionsResult {
  if (source !== undefined) {
    if (!equalResources(toUnreserved(source), toUnreserved(resources))) {
      return refused('the source of a reservation must hold the same as its resources');
    }
    return {ok: true, conversions: [{consumed: source, converted: resources}]};
  }
  const popped = popReservation(resources);
  if (!popped.ok) return popped;
  return {ok: true, conversions: [{consumed: popped.resources, converted: resources}]};
}

function unreserve(resources: Resources): ConversionsResult {
  if (resources.special.some(({special}) => special.persistence !== undefined)) {
    return refused('a persistent volume must be destroyed before it can be unreserved');
  }
  const popped = popReservation(resources);
  if (!popped.ok) return popped;
  return {ok: true, conversions: [{consumed: resources, converted: popped.resources}]};
}

/** One thing of an entry that holds several copies. */
function oneOf(entry: Entry): Resources {
  return assemble([{...entry, copies: 1}]);
}

/** The disk that a volume lies on. */
function diskUnder(volume: Entry): Resources {
  return assemble([diskEntryUnder(volume)]);
}

function diskEntryUnder(volume: Entry): Entry {
  const traits = {persistence: undefined, bareDisk: false, shared: false};
  const disk = changed({...volume, copies: 1}, traits);
  return {...disk, volume: undefined};
}

function isVolume({special}: Entry): boolean {
  return special.persistence !== undefined;
}

function create(volumes: Resources): ConversionsResult {
  if (!everyEntry(volumes, isVolume)) return refused('only persistent volumes can be created');
  const {special} = volumes;
  if (special.some(({copies}) => copies > 1)) return refused('a volume is created once');
  const conversions = special.map((volume) => ({
    consumed: diskUnder(volume),
    converted: oneOf(volume),
  }));
  return {ok: true, conversions};
}

function destroy(volumes: Resources): ConversionsResult {
  if (!everyEntry(volumes, isVolume)) return refused('only persistent volumes can be destroyed');
  const conversions: Conversion[] = [];
  for (const volume of volumes.special) {
    const consumed = oneOf(volume);
    const conversion = {consumed, converted: diskUnder(volume), gone: consumed};
    for (let copy = 0; copy < volume.copies; copy += 1) conversions.push(conversion);
  }
  return {ok: true, conversions};
}

/** The one volume that there is, if its size may change. */
function resizable(volume: Resources): Entry | undefined {
  const [entry, ...others] = volume.special;
  if (entry === undefined || others.length > 0 || entry.copies > 1) return undefined;
  if (!everyEntry(volume, isVolume) || entry.special.shared === true) return undefined;
  // MOUNT and BLOCK disks are given whole.
  const isWhole = diskUnder(entry).special.some(({special}) => isCounted(special));
  return isWhole ? undefined : entry;
}

const NOT_RESIZABLE = 'only one volume that is not shared, on a disk that can be split, is resized';

function growVolume(volume: Resources, addition: Resources): ConversionsResult {
  const entry = resizable(volume);
  if (entry === undefined) return refused(NOT_RESIZABLE);
  const scalar = entry.scalar + amountOf(addition);
  const more = addResources(diskUnder(entry), addition);
  if (isEmpty(addition) || !equalResources(diskUnder({...entry, scalar}), more)) {
    return refused('the addition is not of the disk that the volume lies on');
  }
  const grown = assemble([changed({...entry, scalar}, {})]);
  return {ok: true, conversions: [{consumed: addResources(volume, addition), converted: grown}]};
}

/** All scalars together: there is one kind where this is asked. */
function amountOf({scalars, special}: Resources): number {
  const sum = scalars.reduce((total, fixed) => total + fixed, 0);
  return special.reduce((total, {scalar}) => total + scalar, sum);
}

function shrinkVolume(volume: Resources, subtract: number): ConversionsResult {
  const entry = resizable(volume);
  if (entry === undefined) return refused(NOT_RESIZABLE);
  if (!Number.isSafeInteger(subtract) || subtract <= 0 || subtract >= entry.scalar) {
    return refused('what is taken must be more than nothing and less than the volume');
  }
  const rest = assemble([changed({...entry, scalar: entry.scalar - subtract}, {})]);
  const freed = diskUnder({...entry, scalar: subtract});
  return {ok: true, conversions: [{consumed: volume, converted: addResources(rest, freed)}]};
}
