/**
 * How figures are written for people, in the terminal and in the report: without locale, time zone
 * or ICU.
 *
 * The report carries these functions into the browser by their source text, so each uses nothing
 * but its arguments and the functions of this file, and is listed in `FORMATTERS`.
 */

/** `1234567` → `1,234,567`; `decimals` digits after the point, `-0` never appears. */
export function formatCount(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return '–';
  const [whole = '0', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
}

/** At most seven characters: whole below a million, then `1.23M`, `45.6G`. */
export function formatCompact(value: number): string {
  if (Math.abs(value) < 999_999.5) return formatCount(value);
  let scaled = value / 1000;
  for (const unit of ['M', 'G', 'T']) {
    scaled /= 1000;
    const digits = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
    if (Math.abs(scaled) < 999.5 || unit === 'T') {
      return formatAmount(Number(scaled.toFixed(digits))) + unit;
    }
  }
  return formatCount(value);
}

/** An amount with no more decimals than it has, at most three: `12.5`, `4,278`. */
export function formatAmount(value: number): string {
  const text = formatCount(value, 3);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A resource's amount with its unit: Mesos counts `mem` and `disk` in MB, all else in pieces. */
export function formatResource(resource: string, amount: number): string {
  return formatAmount(amount) + (resource === 'mem' || resource === 'disk' ? ' MB' : '');
}

/** `0.6124` → `61.2%`; what is not nothing never reads `0.0%`, what is not all never `100.0%`. */
export function formatRatio(ratio: number): string {
  if (ratio > 0 && ratio < 0.0005) return '<0.1%';
  if (ratio >= 0.9995 && ratio < 1) return '>99.9%';
  return `${formatCount(ratio * 100, 1)}%`;
}

/** `250 ms`, `1.5 s`, `4m 05s`, `1h 04m`, `31d`: two units at most, rounded to the smaller one. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0 s';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 999.5)
    return `${ms > 0 && ms < 9.95 ? formatAmount(Number(ms.toFixed(1))) : Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${formatAmount(tenths / 10)} s`;
  const two = (first: number, unit: string, second: number, smaller: string): string =>
    formatCount(first) +
    unit +
    (second === 0 ? '' : ` ${String(second).padStart(2, '0')}${smaller}`);
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1440) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.round(ms / 3_600_000);
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** Time of day of an instant: `04:00`, and as much of `04:00:07.250` as is not zero. */
export function formatClock(atMs: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const ms = Math.round(atMs) % 86_400_000;
  let text = `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}`;
  if (ms % 60_000 !== 0) text += `:${two((ms / 1000) % 60)}`;
  if (ms % 1000 !== 0) text += `.${String(ms % 1000).padStart(3, '0')}`;
  return text;
}

/**
 * A virtual instant, exactly: `day 3 04:00` is 3 days and 4 hours after the start, which is `day 0
 * 00:00`.
 */
export function formatInstant(atMs: number): string {
  return `day ${formatCount(Math.floor(Math.round(atMs) / 86_400_000))} ${formatClock(atMs)}`;
}

/**
 * The instant to the minute (in the first hour to the second), where exactness would only be noise.
 */
export function formatInstantBriefly(atMs: number): string {
  const step = atMs < 3_600_000 ? 1000 : 60_000;
  return formatInstant(Math.floor(atMs / step) * step);
}

/** `512 MiB`, from 1024 on `1.9 GiB`. */
export function formatMemory(mebibytes: number): string {
  if (mebibytes < 1023.5) return `${formatCount(mebibytes)} MiB`;
  return `${formatCount(mebibytes / 1024, 1)} GiB`;
}

/** All of the above, to be sent to the browser. */
export const FORMATTERS: readonly ((...args: never[]) => string)[] = [
  formatCount,
  formatCompact,
  formatAmount,
  formatResource,
  formatRatio,
  formatDuration,
  formatClock,
  formatInstant,
  formatInstantBriefly,
  formatMemory,
];
