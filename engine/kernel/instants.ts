/** Instants as the wire writes them, without a calendar library: proleptic Gregorian, UTC. */

const DAY_MS = 86_400_000;

/**
 * `2020-01-01T00:00:00.000Z` from ms since 1970 (Howard Hinnant's civil_from_days, public domain).
 */
export function isoInstant(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60];
  const time = clock.map((value) => pad(Math.floor(value), 2)).join(':');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}T${time}.${pad(rest % 1000, 3)}Z`;
}

function pad(value: number, width: number): string {
  return `${value}`.padStart(width, '0');
}
