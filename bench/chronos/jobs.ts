/**
 * The jobs under which Chronos is measured: hourly to monthly, in ten zones, none at the full hour
 * only.
 */

/** Virtual time begins here. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);
export const YEAR_MS = 365 * 86_400_000;

const ZONES = [
  'UTC',
  'Europe/Paris',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
] as const;

interface Share {
  readonly period: string;
  /** Of 10,000 jobs. */
  readonly jobs: number;
  readonly runsPerYear: number;
}

/** What they come to in a year: a little more than two million runs. */
export const MIX: readonly Share[] = [
  {period: 'PT1H', jobs: 180, runsPerYear: 8760},
  {period: 'PT6H', jobs: 120, runsPerYear: 1460},
  {period: 'P1D', jobs: 700, runsPerYear: 365},
  {period: 'P1W', jobs: 1500, runsPerYear: 52},
  {period: 'P1M', jobs: 7500, runsPerYear: 12},
];

export interface BenchJob {
  readonly name: string;
  readonly command: string;
  readonly schedule: string;
  readonly scheduleTimeZone: string;
}

/** So many jobs in the proportions of {@link MIX}; the same ones every time. */
export function makeJobs(count: number): readonly BenchJob[] {
  const whole = MIX.reduce((sum, {jobs}) => sum + jobs, 0);
  let share = 0;
  let end = 0;
  return Array.from({length: count}, (_, at) => {
    while (at >= Math.round((end * count) / whole)) {
      end += MIX[share]?.jobs ?? Infinity;
      share += 1;
    }
    const {period = 'P1M'} = MIX[share - 1] ?? {};
    // Days that every month has; minutes and seconds all over the hour.
    const day = `${1 + ((at * 11) % 28)}`.padStart(2, '0');
    const clock = [(at * 7) % 24, (at * 13) % 60, (at * 17) % 60];
    const time = clock.map((part) => `${part}`.padStart(2, '0')).join(':');
    return {
      name: `job-${at}`,
      command: 'true',
      schedule: `R/2025-12-${day}T${time}/${period}`,
      scheduleTimeZone: ZONES[at % ZONES.length] ?? 'UTC',
    };
  });
}
