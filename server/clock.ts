/** The wall clock as the engine wants it: whole milliseconds since 1970 that never go back. */
export interface Clock {
  now(): number;
}

/** Where the system's clock is set back, it stands still until that has been made up for. */
export function makeClock(read: () => number = Date.now): Clock {
  let last = 0;
  return {
    now() {
      last = Math.max(last, Math.floor(read()));
      return last;
    },
  };
}
