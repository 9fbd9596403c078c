/** Ctrl-C and its like: the first one asks the run to stop, the second one stops the process. */
import {EXIT_INTERRUPTED, EXIT_TERMINATED} from './exit-codes.ts';

export interface Interruption {
  /** The exit code that the signal asks for; undefined while there was none. */
  readonly exitCode: () => number | undefined;
  /** Gives the signals back to the process. */
  readonly release: () => void;
}

export function watchSignals(): Interruption {
  let exitCode: number | undefined;
  const onSignal = (code: number) => (): void => {
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
  };
  const onInterrupt = onSignal(EXIT_INTERRUPTED);
  const onTerminate = onSignal(EXIT_TERMINATED);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    exitCode: () => exitCode,
    release: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
