/**
 * Where the engine is, and how it is talked to: as DOCKER_HOST, DOCKER_TLS_VERIFY and
 * DOCKER_CERT_PATH say it to every client of Docker.
 */
import {readFileSync} from 'node:fs';
import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type Docker from 'dockerode';

const TCP_PORT = '2375';
const TLS_PORT = '2376';

export class Connection {
  readonly #host: string | undefined;
  #agent: HttpAgent | undefined;

  /** @param host as in DOCKER_HOST, which is asked if this is absent. */
  constructor(host: string | undefined) {
    const named = host ?? process.env['DOCKER_HOST'];
    this.#host = named === '' ? undefined : named;
  }

  /** For people. */
  get where(): string {
    return this.#host ?? 'unix:///var/run/docker.sock';
  }

  /** @throws Error if the address is none, or certificates cannot be read. */
  options(): Docker.DockerOptions {
    const host = this.#host;
    // The library knows where engines are usually.
    if (host === undefined) return this.#with(new HttpAgent(KEEP_NOTHING), {});
    // What is absent, the library takes from the environment; what is undefined, it does not.
    const socketPath = /^(?:unix:\/\/|npipe:\/\/|(?=\/))(.+)$/.exec(host)?.[1];
    if (socketPath !== undefined) {
      return this.#with(new HttpAgent(KEEP_NOTHING), {host: undefined, socketPath});
    }
    const {protocol, hostname, port, username} = parseAddress(host);
    if (protocol === 'ssh:') {
      return {protocol: 'ssh', host: hostname, port: port === '' ? 22 : port, username};
    }
    if (protocol === 'https:' || port === TLS_PORT || process.env['DOCKER_TLS_VERIFY'] === '1') {
      const keys = readKeys();
      const address = {host: hostname, port: port === '' ? TLS_PORT : port, protocol: 'https'};
      return this.#with(new HttpsAgent({...KEEP_NOTHING, ...keys}), {...address, ...keys});
    }
    const address = {host: hostname, port: port === '' ? TCP_PORT : port, protocol: 'http'};
    return this.#with(new HttpAgent(KEEP_NOTHING), address);
  }

  /** Ends all that is open. */
  close(): void {
    this.#agent?.destroy();
  }

  #with(agent: HttpAgent, options: object): Docker.DockerOptions {
    this.#agent = agent;
    // The types do not know of the agent.
    const all: object = {...options, agent};
    return all;
  }
}

/** After a restart of the engine, an idle connection is a trap. */
const KEEP_NOTHING = {keepAlive: false};

function parseAddress(host: string): URL {
  try {
    return new URL(host.includes('://') ? host : `tcp://${host}`);
  } catch (cause) {
    throw new Error(`'${host}' is no address: expected unix:///path or tcp://host:port`, {cause});
  }
}

function readKeys(): {readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer} {
  const folder = process.env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker');
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  return {ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem')};
}
