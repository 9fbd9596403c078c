/** How `drydock` ends. */
export const EXIT_OK = 0;
/** An expectation of the scenario failed. */
export const EXIT_EXPECTATION = 1;
/** Bad input: a scenario, a trace, an option. */
export const EXIT_BAD_INPUT = 2;
/** A bug of Drydock itself (sysexits: EX_SOFTWARE). */
export const EXIT_BUG = 70;
/** Interrupted: 128 and the number of the signal. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_TERMINATED = 143;
/** A process of a cluster cannot start or go on: an address in use, a full disk. */
export const EXIT_FAILED = 1;
