/** `dcos marathon ping`: whether Marathon answers, once for each master. */
import type {Command} from 'commander';
import {doing, makeCommand, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {interrupted} from '../../http/client.ts';
import {mastersOf} from '../../mesos/masters.ts';
import {stopReason} from '../../world.ts';

/** So long it may take until it has answered that often without a miss. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 500;

interface PingFlags extends JsonFlag {
  readonly once?: true;
}

export function pingCommand(context: Context): Command {
  const command = makeCommand('ping', {
    summary: 'Ask Marathon for a sign of life, once for each master.',
    examples: ['dcos marathon ping', 'dcos marathon ping --once --json'],
  }).option('--once', 'ask once, however many masters there are');
  return doing(withJson(command), async (_: [], {once, json}: PingFlags) => {
    const count = once === true ? 1 : Math.max(1, (await mastersOf(context)).length);
    const answer = await pingTimes(context, count);
    if (json === true) context.printJson({response: answer, count});
    else context.print(`Marathon ping response[${count}x]: ${JSON.stringify(answer)}`);
  });
}

/** @throws Failure it did not answer so often in a row. */
async function pingTimes({marathon, world}: Context, count: number): Promise<string> {
  const endsAt = world.now() + PATIENCE_MS;
  for (let inRow = 0; ;) {
    try {
      const {body} = await marathon.call('GET', '/ping');
      inRow += 1;
      // Some answer a JSON string, some bare text.
      if (inRow === count) return body.toString().trim().replaceAll('"', '');
    } catch (error) {
      if (!(error instanceof Failure) || stopReason(world) !== undefined) throw error;
      inRow = 0;
      if (world.now() >= endsAt) {
        throw new Failure(`Unable to get ping for all ${count} masters in 10s`, {
          hints: [error.message],
          cause: error,
        });
      }
      await world.sleep(PAUSE_MS);
      if (stopReason(world) !== undefined) throw interrupted();
    }
  }
}
