/** What a schedule comes to, in whichever way it is written: instants at which a job runs. */

/**
 * The slots of a schedule: strictly increasing instants in ms. They depend on nothing but the
 * schedule, neither on how many repetitions are left nor on when they are asked for.
 */
export interface Timetable {
  /** The least slot of all; undefined where there is none to name, as before a cron. */
  readonly first: number | undefined;
  /** The least slot after an instant. */
  nextAfter(ms: number): number | undefined;
  /** The greatest slot that is not after an instant. */
  lastUntil(ms: number): number | undefined;
  /** How many slots there are with fromMs <= slot <= untilMs. */
  count(fromMs: number, untilMs: number): number;
  /**
   * Whether the schedule names this local time (calendar.ts) of its zone, be there an instant with
   * it or not. A schedule that goes by elapsed time names none.
   */
  names(localMs: number): boolean;
}
