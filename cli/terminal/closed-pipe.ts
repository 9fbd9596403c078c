import {EXIT_FAILED} from './exit-codes.ts';

/**
 * Long output is often cut short by its reader, as by `| head`: that is no failure. The process
 * goes on in silence to its end, for its exit code is still that of what it found. Output that is
 * lost for another reason, such as a full disk, fails the command.
 */
export function outliveReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    // What lives long has an order in which it ends.
    if (process.listenerCount('uncaughtException') > 0) throw error;
    process.stderr.write(`Error: the output cannot be written: ${error.message}\n`);
    process.exit(EXIT_FAILED);
  });
}
