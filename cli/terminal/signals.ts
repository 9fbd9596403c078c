/** Ctrl-C and its like: the first one asks the run to stop, the second one stops the process. */
import {EXIT_INTERRUPTED, EXIT_TERMINATED} from './exit-codes.ts';

export interface Interruption {
  /** The exit code that the signal asks for; undefined while there was none. */
  readonly exitCode: () => number | undefined;
}

export function watchSignals(): Interruption {
  let exitCode: number | undefined;
  const onSignal = (code: number) => (): void => {
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
  };
  process.on('SIGINT', onSignal(EXIT_INTERRUPTED));
  process.on('SIGTERM', onSignal(EXIT_TERMINATED));
  return {exitCode: () => exitCode};
}
