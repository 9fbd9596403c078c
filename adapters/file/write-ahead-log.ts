/**
 * Whether a write-ahead log that a killed process left is whole. SQLite takes the first frame that
 * does not match its checksum for the end of the log: right after a loss of power, where the last
 * transaction may be torn, but damage before it would silently lose all that follows.
 *
 * Each transaction was synced before the next one was written. So where a frame is bad, only frames
 * of the same transaction can follow; frames of a later one show that the log was damaged.
 *
 * The format: https://sqlite.org/fileformat2.html#the_write_ahead_log.
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Its lowest bit tells how the checksums read their words. */
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

/** Two words, each fed by the other. */
interface Checksum {
  s0: number;
  s1: number;
}

/** Whether a log of so many bytes has a frame at all. Its header is synced before that. */
export function hasFrames(logBytes: number): boolean {
  return logBytes > HEADER_BYTES;
}

/** @returns what is wrong with it, for people; undefined if nothing is. */
export function findLogDamage(log: Buffer): string | undefined {
  const damage = findHeaderDamage(log);
  if (damage !== undefined) return damage;
  const {littleEndian, sum} = readHeader(log);
  const salts = log.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  let badAt: number | undefined;
  let endedAt: number | undefined;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    // Frames with other salts are left from before the log was last begun anew.
    const isOfLog = salts.equals(log.subarray(at + 8, at + 16));
    if (badAt === undefined) {
      addTo(sum, log, {from: at, to: at + 8, littleEndian});
      addTo(sum, log, {from: at + FRAME_HEADER_BYTES, to: at + frameBytes, littleEndian});
      if (isOfLog && matches(sum, log, at + 16)) continue;
      badAt = at;
    }
    if (!isOfLog) continue;
    if (endedAt !== undefined) return `its log is damaged at byte ${badAt}`;
    const endsTransaction = log.readUInt32BE(at + 4) !== 0;
    if (endsTransaction) endedAt = at;
  }
  return undefined;
}

/** As {@link findLogDamage}, of the header alone. */
export function findHeaderDamage(log: Buffer): string | undefined {
  if (!hasFrames(log.length)) return undefined;
  const {known, sum} = readHeader(log);
  if (known && matches(sum, log, 24)) return undefined;
  return 'the header of its log does not match its checksum';
}

function readHeader(log: Buffer) {
  const magic = log.readUInt32BE(0);
  const littleEndian = magic === MAGIC_LITTLE_ENDIAN;
  const sum: Checksum = {s0: 0, s1: 0};
  addTo(sum, log, {from: 0, to: 24, littleEndian});
  return {known: littleEndian || magic === MAGIC_BIG_ENDIAN, littleEndian, sum};
}

interface Words {
  readonly from: number;
  readonly to: number;
  readonly littleEndian: boolean;
}

function addTo(sum: Checksum, log: Buffer, {from, to, littleEndian}: Words): void {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  let {s0, s1} = sum;
  for (let at = from; at < to; at += 8) {
    s0 = (s0 + view.getUint32(at, littleEndian) + s1) >>> 0;
    s1 = (s1 + view.getUint32(at + 4, littleEndian) + s0) >>> 0;
  }
  sum.s0 = s0;
  sum.s1 = s1;
}

function matches({s0, s1}: Checksum, log: Buffer, at: number): boolean {
  return log.readUInt32BE(at) === s0 && log.readUInt32BE(at + 4) === s1;
}
