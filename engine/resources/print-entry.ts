/** Special resources as Mesos prints them (reference part 2.5). */
import {printRanges} from './ranges.ts';
import type {DiskSource, Entry, Labels, Reservation, Special, VolumeInfo} from './special.ts';
import {printThousandths} from './thousandths.ts';

/**
 * `disk(allocated: web)(reservations: [(STATIC,web)])[MOUNT:/mnt,id:/data]{REV}<SHARED>:1<2>`.
 * Equal things that are not shared are printed one by one.
 */
export function printEntry(entry: Entry): string {
  const {special, scalar, ranges, items, copies} = entry;
  const head = printHead(special, entry.volume);
  const texts: string[] = [];
  if (scalar > 0 && special.shared === true) {
    texts.push(`${head}:${printThousandths(scalar)}<${copies}>`);
  } else if (scalar > 0) {
    for (let copy = 0; copy < copies; copy += 1) texts.push(`${head}:${printThousandths(scalar)}`);
  }
  if (ranges.length > 0) texts.push(`${head}:${printRanges(ranges)}`);
  if (items.length > 0) texts.push(`${head}:{${items.join(', ')}}`);
  return texts.join('; ');
}

function printHead(special: Special, volume: VolumeInfo | undefined): string {
  const {name, reservations, allocation, source, persistence, bareDisk} = special;
  const parts = [name];
  if (allocation !== undefined) parts.push(`(allocated: ${allocation})`);
  if (reservations.length > 0) {
    parts.push(`(reservations: [${reservations.map(printReservation).join(',')}])`);
  }
  if (source !== undefined || persistence !== undefined || bareDisk === true) {
    const what = [
      ...(source === undefined ? [] : [printSource(source)]),
      ...(persistence === undefined ? [] : [persistence.id]),
    ];
    parts.push(`[${what.join(',')}${volume === undefined ? '' : `:${printVolume(volume)}`}]`);
  }
  if (special.revocable === true) parts.push('{REV}');
  if (special.shared === true) parts.push('<SHARED>');
  return parts.join('');
}

function printReservation({type, role, principal, labels}: Reservation): string {
  const parts = [type, role];
  if (principal !== undefined) parts.push(principal);
  if (labels !== undefined) parts.push(printLabels(labels));
  return `(${parts.join(',')})`;
}

function printLabels(labels: Labels): string {
  const texts = labels.map(([key, value]) => (value === null ? key : `${key}: ${value}`));
  return `{${texts.join(', ')}}`;
}

/** A disk that a storage plugin made is told by its id and profile, another by its root. */
function printSource({type, root, vendor, id, profile}: DiskSource): string {
  if (id !== undefined || profile !== undefined) {
    return `${type}(${vendor ?? ''},${id ?? ''},${profile ?? ''})`;
  }
  return root === undefined ? type : `${type}:${root}`;
}

/** The mode is told only beside a path on the host, as Mesos does. */
function printVolume({mode, containerPath, hostPath}: VolumeInfo): string {
  if (hostPath === undefined) return containerPath;
  return `${hostPath}:${containerPath}:${mode.toLowerCase()}`;
}
