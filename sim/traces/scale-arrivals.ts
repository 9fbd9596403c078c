import type {JobTrace} from './trace.ts';

/**
 * The same jobs arriving `scale` times as far apart: submit seconds times `scale`, rounded to
 * whole seconds, half to even, as the reference schedules (`swf_expected.csv`) have it. Below 1
 * the load grows.
 * @throws RangeError unless `scale` is a finite number above 0
 */
export function scaleArrivals(trace: JobTrace, scale: number): JobTrace {
  if (!(scale > 0 && scale < Infinity)) {
    throw new RangeError(`arrival scale: expected a finite number above 0, found ${scale}`);
  }
  // Rounding keeps the order of submission, so nothing has to be sorted again.
  const submitMs = trace.submitMs.map((atMs) => roundHalfToEven((atMs / 1000) * scale) * 1000);
  return {...trace, submitMs};
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
