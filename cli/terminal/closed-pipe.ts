/**
 * Long output is often cut short by its reader, as by `| head`: that is no failure. The process
 * goes on in silence to its end, for its exit code is still that of what it found.
 */
export function outliveReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
