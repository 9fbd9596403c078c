/** Long output is often cut short by its reader, as by `| head`: that is no failure. */
import {EXIT_OK} from './exit-codes.ts';

/** Ends the process in silence once nobody reads its output any more. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_OK);
  });
}
