/** Whether there is a Docker engine, for who has to decide what tasks can be run. */
import type Docker from 'dockerode';
import {EngineAwayError, EngineClient, EngineRefusedError} from './engine-client.ts';

export interface EngineAnswer {
  readonly ok: boolean;
  /** Of the engine, if it answers. */
  readonly version?: string | undefined;
  /** What to do about it, if it does not. */
  readonly why?: string | undefined;
}

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Whether an engine answers.
 *
 * @param host as in DOCKER_HOST, which is asked if this is absent.
 */
export async function dockerAnswers(host?: string): Promise<EngineAnswer> {
  const client = new EngineClient(host);
  try {
    const version = await client.ask(ANSWER_TIMEOUT_MS, (docker, abortSignal) => {
      // The types know of no options here, the code does.
      const version = docker.version.bind(docker) as (options: object) => Promise<unknown>;
      return version({abortSignal}) as ReturnType<Docker['version']>;
    });
    return {ok: true, version: version.Version};
  } catch (error) {
    if (error instanceof EngineAwayError) return {ok: false, why: error.message};
    if (!(error instanceof EngineRefusedError)) throw error;
    return {ok: false, why: `what answers there is no Docker engine: ${error.message}`};
  } finally {
    client.close();
  }
}
