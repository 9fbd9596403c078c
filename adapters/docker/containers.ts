/**
 * What is asked of the engine about one container, by its id or name, with the limits in time that
 * such requests have.
 */
import type Docker from 'dockerode';
import {bodyOf, type Creation} from './creation.ts';
import {EngineAwayError, EngineRefusedError, type EngineClient} from './engine-client.ts';

/** Volumes of a plugin, or a slow disk, take their time. */
const CREATE_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 120_000;
const ASK_TIMEOUT_MS = 30_000;
const REMOVE_TIMEOUT_MS = 120_000;
const START_AGAIN_MS = 250;
const REMOVE_AGAIN_MS = 500;

export interface ContainerFacts {
  readonly id: string;
  /** `created`, `running`, `paused`, `exited` … */
  readonly state: string;
  readonly isRunning: boolean;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** Why it could not be started, or was stopped by the engine. */
  readonly error: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In its first network. */
  readonly address: string | undefined;
  /** What asks it politely to end. */
  readonly stopSignal: string;
}

/** @throws EngineRefusedError as {@link EngineClient.ask}: 404 no image, 409 the name is taken. */
export async function createContainer(
  client: EngineClient,
  name: string,
  creation: Creation,
): Promise<string> {
  const {platform} = creation;
  const query = platform === undefined ? {name} : {name, platform};
  const ask = (docker: Docker, abortSignal: AbortSignal): Promise<Docker.Container> => {
    // The library would put all of the body into the query, too, if they were not told apart.
    const options: object = {_query: query, _body: bodyOf(creation)};
    return docker.createContainer({...options, abortSignal});
  };
  const {id} = await client.insist(CREATE_TIMEOUT_MS, ask, client.patienceMs);
  return id;
}

/**
 * Starts it, once: one that has run is not started again.
 *
 * @throws EngineRefusedError, EngineAwayError (it may be running after all), LetGoError.
 */
export async function startContainer(client: EngineClient, id: string): Promise<void> {
  const giveUpAt = performance.now() + client.patienceMs;
  for (;;) {
    try {
      await client.ask(START_TIMEOUT_MS, (docker, abortSignal) =>
        docker.getContainer(id).start({abortSignal}),
      );
      return;
    } catch (error) {
      // It runs already.
      if (error instanceof EngineRefusedError && error.status === 304) return;
      if (!(error instanceof EngineAwayError) || performance.now() > giveUpAt) throw error;
    }
    await client.pause(START_AGAIN_MS);
    const {state} = await inspectContainer(client, id, client.patienceMs);
    if (state !== 'created') return;
  }
}

/** @throws EngineRefusedError: 404 if there is none. */
export async function inspectContainer(
  client: EngineClient,
  idOrName: string,
  patienceMs = Infinity,
): Promise<ContainerFacts> {
  const ask = (docker: Docker, abortSignal: AbortSignal): Promise<Docker.ContainerInspectInfo> =>
    docker.getContainer(idOrName).inspect({abortSignal});
  const {Id, State, Config, NetworkSettings} = await client.insist(ASK_TIMEOUT_MS, ask, patienceMs);
  // The types leave it out.
  const {StopSignal} = Config as {readonly StopSignal?: string};
  return {
    id: Id,
    state: State.Status,
    isRunning: State.Running || State.Paused || State.Restarting,
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    error: State.Error,
    labels: Config.Labels,
    address: firstAddress(NetworkSettings.Networks),
    stopSignal: StopSignal === undefined || StopSignal === '' ? 'SIGTERM' : StopSignal,
  };
}

/** Undefined: there is none. */
export async function inspectIfThere(
  client: EngineClient,
  idOrName: string,
): Promise<ContainerFacts | undefined> {
  try {
    return await inspectContainer(client, idOrName);
  } catch (error) {
    if (error instanceof EngineRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

function firstAddress(
  networks: Readonly<Record<string, {readonly IPAddress: string}>>,
): string | undefined {
  return Object.values(networks).find(({IPAddress}) => IPAddress !== '')?.IPAddress;
}

/** @throws EngineRefusedError: 404 if there is none, 409 if it does not run. */
export async function signalContainer(
  client: EngineClient,
  id: string,
  signal: string,
): Promise<void> {
  await client.insist(ASK_TIMEOUT_MS, (docker, abortSignal) =>
    docker.getContainer(id).kill({signal, abortSignal}),
  );
}

/** With its anonymous volumes, running or not; one that is not there is no fault. */
export async function removeContainer(client: EngineClient, idOrName: string): Promise<void> {
  for (;;) {
    try {
      await client.insist(REMOVE_TIMEOUT_MS, (docker, abortSignal) =>
        docker.getContainer(idOrName).remove({force: true, v: true, abortSignal}),
      );
      return;
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      if (error.status === 404) return;
      // Somebody else is removing it already.
      if (error.status !== 409) throw error;
    }
    await client.pause(REMOVE_AGAIN_MS);
  }
}
