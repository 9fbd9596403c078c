/** Going on with files that grow. */
import type {Context} from '../context.ts';
import type {Tail} from '../mesos/tail.ts';

export const POLL_MS = 1000;

/** Until nobody wants more of it: Ctrl-C is how this is meant to end. */
export async function followOne({world}: Context, tail: Tail): Promise<void> {
  for (;;) {
    await world.sleep(POLL_MS);
    if (world.stop.aborted) return;
    world.stdout.write(await tail.more());
    await world.stdout.ready();
  }
}
