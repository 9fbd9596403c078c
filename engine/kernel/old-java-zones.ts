/**
 * Names of time zones that only old Java and Joda-Time know (reference/chronos.md, section 2.2):
 * regions by three letters, daylight saving and all, and fixed offsets from GMT.
 */

/** The IANA id of a region; undefined for other names. IANA means other zones by some of them. */
export function oldJavaRegion(id: string): string | undefined {
  return REGIONS.get(id);
}

/** ms east of UTC of `GMT+5`, `GMT-11`, `GMT+05:30` or `GMT+0530`; undefined for other names. */
export function oldJavaOffset(id: string): number | undefined {
  const match = OFFSET.exec(id);
  if (match === null) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23) return undefined;
  const size = (hours * 60 + minutes) * 60_000;
  return match[1] === '-' && size !== 0 ? -size : size;
}

const REGIONS: ReadonlyMap<string, string> = new Map([
  ['ACT', 'Australia/Darwin'],
  ['AET', 'Australia/Sydney'],
  ['AGT', 'America/Argentina/Buenos_Aires'],
  ['ART', 'Africa/Cairo'],
  ['AST', 'America/Anchorage'],
  ['BET', 'America/Sao_Paulo'],
  ['BST', 'Asia/Dhaka'],
  ['CAT', 'Africa/Harare'],
  ['CNT', 'America/St_Johns'],
  ['CST', 'America/Chicago'],
  ['CTT', 'Asia/Shanghai'],
  ['EAT', 'Africa/Addis_Ababa'],
  ['ECT', 'CET'],
  ['EST', 'America/New_York'],
  ['HST', 'Pacific/Honolulu'],
  ['IET', 'America/Indiana/Indianapolis'],
  ['IST', 'Asia/Kolkata'],
  ['JST', 'Asia/Tokyo'],
  ['MIT', 'Pacific/Apia'],
  ['MST', 'America/Denver'],
  ['NET', 'Asia/Yerevan'],
  ['NST', 'Pacific/Auckland'],
  ['PLT', 'Asia/Karachi'],
  ['PNT', 'America/Phoenix'],
  ['PRT', 'America/Puerto_Rico'],
  ['PST', 'America/Los_Angeles'],
  ['SST', 'Pacific/Guadalcanal'],
  ['VST', 'Asia/Ho_Chi_Minh'],
]);

const OFFSET = /^GMT([+-])(\d{1,2})(?::?([0-5]\d))?$/;
