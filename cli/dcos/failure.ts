/** Why a command did not do what it was asked: for people, with what they can do about it. */
export class Failure extends Error {
  /** Lines below the message: details first, then what to do. */
  readonly hints: readonly string[];
  /** Of the whole process. DC/OS knows one for all failures. */
  readonly exitCode: number;

  constructor(message: string, terms: FailureTerms = {}) {
    super(message, terms.cause === undefined ? {} : {cause: terms.cause});
    this.name = 'Failure';
    this.hints = terms.hints ?? [];
    this.exitCode = terms.exitCode ?? EXIT_FAILED;
  }
}

export interface FailureTerms {
  readonly hints?: readonly string[] | undefined;
  readonly exitCode?: number | undefined;
  readonly cause?: unknown;
}

/** Of every failed command and of every wrong usage, as in the DC/OS command line. */
export const EXIT_FAILED = 1;
/** Ctrl-C, as shells have it: 128 and the number of the signal. */
export const EXIT_INTERRUPTED = 130;

/** Its text in the forms in which outside failures come. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a failed system call: `ENOENT`, `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
