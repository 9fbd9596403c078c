/** Scalars in fixed point: integers, in thousandths (Mesos, reference part 2.1). */

/** The largest scalar, in thousandths: beyond it integers in a double are not exact. */
export const SCALAR_MAX = Number.MAX_SAFE_INTEGER;

/** The largest whole value of a scalar. */
export const VALUE_MAX = Math.floor(SCALAR_MAX / 1000);

/**
 * A number of a scalar resource in thousandths, rounded half away from zero (Mesos: `llround(value
 * × 1000)`). Refused: not finite, negative, too large, and above 0 but rounding to 0.
 */
export function thousandths(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined;
  const fixed = Math.round(value * 1000);
  if (fixed > SCALAR_MAX || (value > 0 && fixed === 0)) return undefined;
  return fixed;
}

/** `1501` → `1.501`, `2000` → `2`: the shortest decimal form. */
export function printThousandths(fixed: number): string {
  const whole = Math.floor(fixed / 1000);
  const rest = fixed - whole * 1000;
  if (rest === 0) return `${whole}`;
  return `${whole}.${`${rest}`.padStart(3, '0').replace(/0+$/, '')}`;
}
