/** Lengths of time as people write them: `250ms`, `5s`, `1h30m`, `15.5d`. */

const MS_PER_UNIT = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

/**
 * One part: decimal digits and a unit. `ms` stands before `m`, or `250ms` would be 250 minutes and
 * an `s`.
 */
const PART = String.raw`\d+(?:\.\d+)?(?:ms|s|m|h|d|w)`;

/** For the JSON Schema. */
export const DURATION_PATTERN = `^(?:${PART})+$`;

const WHOLE = new RegExp(DURATION_PATTERN);
const PARTS = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g;

/**
 * Virtual milliseconds; `undefined` when the text is no duration, no whole number of ms or too
 * long.
 */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(PARTS)) {
    totalMs += Number(digits) * (MS_PER_UNIT.get(unit ?? '') ?? Number.NaN);
  }
  const wholeMs = Math.round(totalMs);
  // 0.1 + 0.2 is not 0.3: what is off by less than a millionth of a ms is rounding, not precision
  // asked for.
  const isWhole = Math.abs(totalMs - wholeMs) < 1e-6 * Math.max(1, totalMs * 1e-6);
  return isWhole && Number.isSafeInteger(wholeMs) ? wholeMs : undefined;
}

/** `90000` → `1m30s`: the shortest form that {@link parseDuration} reads back as the same. */
export function printDuration(durationMs: number): string {
  let leftMs = durationMs;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const unitMs = MS_PER_UNIT.get(unit) ?? 1;
    const count = Math.floor(leftMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    leftMs -= count * unitMs;
  }
  return text === '' ? '0s' : text;
}
