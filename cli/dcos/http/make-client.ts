/** The client for what is configured. */
import {readFileSync} from 'node:fs';
import type {Settings} from '../config/settings.ts';
import {Failure, messageOf} from '../failure.ts';
import type {Verbosity, World} from '../world.ts';
import {HttpClient} from './client.ts';
import {makeTrace} from './trace.ts';

export interface ClientSettings extends Pick<Settings, 'timeoutMs' | 'tokenFor' | 'verify'> {
  /** Certificates to trust, in PEM, that are in no file yet. */
  readonly authority?: string | undefined;
}

/** @throws Failure the certificates to trust cannot be read. */
export function makeClient(
  world: World,
  settings: ClientSettings,
  verbosity: Verbosity,
): HttpClient {
  const {verify, authority, timeoutMs} = settings;
  const say = (line: string): void => {
    world.stderr.write(`${line}\n`);
  };
  return new HttpClient({
    timeoutMs,
    trust: authority ?? (typeof verify === 'string' ? readAuthority(verify) : verify),
    tokenFor: (origin) => settings.tokenFor(origin),
    stop: world.stop,
    env: world.env,
    trace: verbosity === 0 ? undefined : makeTrace(verbosity, say),
  });
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`core.ssl_verify: ${messageOf(error)}`, {cause: error});
  }
}
