/** How a long-running process lives and ends: what it starts, what stops it, with which code. */
import type {Logger} from 'pino';
import {InvariantError} from '../../engine/index.ts';
import {EXIT_BUG, EXIT_FAILED, EXIT_OK} from './exit-codes.ts';

export interface RunningProcess {
  /** Ends it in order. */
  close(): Promise<void>;
}

/** What is started, and how it says that it cannot go on. */
export type StartProcess = (failed: (error: unknown) => void) => Promise<RunningProcess>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs it until a signal comes or it fails; answers the exit code. The second signal ends it at
 * once. What it throws at its start is the caller's.
 */
export async function liveUntilStopped(start: StartProcess, log: Logger): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const failed = (error: unknown): void => {
    const isBug = error instanceof InvariantError;
    log.fatal({err: error}, isBug ? 'this is a bug of Drydock' : 'it cannot go on');
    ended.resolve(isBug ? EXIT_BUG : EXIT_FAILED);
  };
  process.on('uncaughtException', failed);
  let signals = 0;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT_FAILED);
      log.info({signal}, 'stopping');
      ended.resolve(EXIT_OK);
    });
  }
  const running = await start(failed).catch((error: unknown) => {
    // Nobody waits for `ended`: it must not be taken for handled.
    process.off('uncaughtException', failed);
    throw error;
  });
  const code = await ended.promise;
  if (code !== EXIT_BUG) await running.close();
  return code;
}
