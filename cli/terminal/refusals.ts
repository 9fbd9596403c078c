/** Errors of the outside that a command explains in a line, and with which code it ends then. */
import {EXIT_BAD_INPUT, EXIT_FAILED} from './exit-codes.ts';
import {InputError} from './input-error.ts';

/** By their names: importing each where it is thrown would load Docker for `--help`. */
const BAD_INPUT: readonly string[] = [
  'IdentityError',
  'KeyFileError',
  'StartError',
  'TokenFileError',
  'ZkUrlError',
];
const OUTSIDE: readonly string[] = [
  'FileStoreError',
  'FolderError',
  'ListenError',
  'NoDockerError',
  'StoreUnavailableError',
  'ZkError',
];

/** Prints what is wrong and answers the exit code; anything else is thrown again. */
export function explain(error: unknown): number {
  if (error instanceof InputError) {
    for (const problem of error.problems) process.stderr.write(`drydock: ${problem}\n`);
    return EXIT_BAD_INPUT;
  }
  if (error instanceof Error) {
    const isInput = BAD_INPUT.includes(error.name);
    if (isInput || OUTSIDE.includes(error.name)) {
      process.stderr.write(`drydock: ${error.message}\n`);
      return isInput ? EXIT_BAD_INPUT : EXIT_FAILED;
    }
    // A folder or file that the system does not let us have.
    if ('syscall' in error && 'path' in error) {
      process.stderr.write(`drydock: ${String(error.path)}: ${systemText(error.message)}\n`);
      return EXIT_FAILED;
    }
  }
  throw error;
}

/** `EEXIST: file already exists, mkdir '/x'`, without the path. */
function systemText(message: string): string {
  return message.replace(/, (\w+) '.*$/, ' ($1)');
}
