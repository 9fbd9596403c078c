/**
 * From a plan to a container that runs. A container is found by its name, so a launch that is
 * repeated goes on with what the one before it has left.
 */
import {AGENT_LABEL, FRAMEWORK_LABEL, TASK_LABEL} from './container-identity.ts';
import {createContainer, inspectContainer, startContainer} from './containers.ts';
import type {Creation} from './creation.ts';
import {EngineAwayError, EngineRefusedError, type EngineClient} from './engine-client.ts';
import {LaunchFailedError} from './launch-failed-error.ts';

export interface MadeContainer {
  readonly id: string;
  /** By an earlier launch; it may have ended since. */
  readonly isStarted: boolean;
}

/**
 * @returns undefined: the image is not there.
 * @throws LaunchFailedError, EngineAwayError, LetGoError.
 */
export async function makeContainer(
  client: EngineClient,
  name: string,
  creation: Creation,
): Promise<MadeContainer | undefined> {
  try {
    return {id: await createContainer(client, name, creation), isStarted: false};
  } catch (error) {
    if (!(error instanceof EngineRefusedError)) throw error;
    if (error.status === 404 && /no such image/i.test(error.message)) return undefined;
    if (error.status === 409 && /already in use/i.test(error.message)) {
      return findContainer(client, name, creation);
    }
    throw failed('create', creation, error);
  }
}

async function findContainer(
  client: EngineClient,
  name: string,
  creation: Creation,
): Promise<MadeContainer> {
  const {id, state, labels} = await inspectContainer(client, name);
  const isOurs = [AGENT_LABEL, FRAMEWORK_LABEL, TASK_LABEL].every(
    (label) => labels[label] === creation.Labels[label],
  );
  if (isOurs) return {id, isStarted: state !== 'created'};
  throw new LaunchFailedError(
    `Failed to create a container: its name ${name} is taken by one that is not this task's`,
  );
}

/** @throws LaunchFailedError; EngineAwayError: it may run after all; LetGoError. */
export async function runContainer(
  client: EngineClient,
  id: string,
  creation: Creation,
): Promise<void> {
  try {
    await startContainer(client, id);
  } catch (error) {
    if (error instanceof EngineRefusedError) throw failed('start', creation, error);
    throw error;
  }
}

function failed(what: 'create' | 'start', {Image}: Creation, cause: Error): LaunchFailedError {
  const message = `Failed to ${what} a container of image '${Image}': ${cause.message}`;
  return new LaunchFailedError(message, {cause});
}

/** Whether this is how launching fails for reasons outside of this program. */
export function isLaunchFailure(error: unknown): error is Error {
  return (
    error instanceof LaunchFailedError ||
    error instanceof EngineAwayError ||
    error instanceof EngineRefusedError ||
    // Of the file system: no sandbox, no place on the disk.
    (error as NodeJS.ErrnoException).syscall !== undefined
  );
}
