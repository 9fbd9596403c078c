/**
 * A registry on loopback that answers pulls as a real one does (Docker Registry HTTP API V2), as
 * far as they go: manifests and blobs, with a password if there is to be one. Engines take such an
 * address without TLS.
 */
import {createHash, randomUUID} from 'node:crypto';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {fillWithBusybox, tarOf} from './images.ts';

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const ARCHITECTURES: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'};

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export class TestRegistry {
  /** `GET /v2/team/app/manifests/1`, as they came. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #login: RegistryLogin | undefined;
  readonly #manifests = new Map<string, Buffer>();
  readonly #blobs = new Map<string, Buffer>();
  #held: Promise<void> | undefined;
  #host = '';

  constructor(login: RegistryLogin | undefined) {
    this.#login = login;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What images of it begin with. */
  get host(): string {
    return this.#host;
  }

  /** How often the blobs of images were asked for. */
  get blobRequests(): number {
    return this.requests.filter((line) => line.includes('/blobs/')).length;
  }

  /**
   * Puts an image there, busybox with one more file, or replaces it.
   *
   * @returns what it is pulled by.
   */
  async put(
    name: string,
    tag: string,
    file: readonly [path: string, text: string],
  ): Promise<string> {
    // The engine shares what it downloads among images; none of these has anything in common.
    const tar = await tarOf(async (root) => {
      await fillWithBusybox(root);
      await writeFile(join(root, 'etc', 'image-id'), randomUUID());
      await writeFile(join(root, file[0]), file[1]);
    });
    const layers = [this.#addBlob(LAYER_TYPE, gzipSync(tar, {level: 1}))];
    const config = {
      architecture: ARCHITECTURES[process.arch],
      os: 'linux',
      config: {Cmd: ['/bin/sh']},
      rootfs: {type: 'layers', diff_ids: [digestOf(tar)]},
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: this.#addBlob(CONFIG_TYPE, Buffer.from(JSON.stringify(config))),
      layers,
    };
    const text = Buffer.from(JSON.stringify(manifest));
    for (const reference of [tag, digestOf(text)]) {
      this.#manifests.set(`${name}/manifests/${reference}`, text);
    }
    return `${this.host}/${name}:${tag}`;
  }

  /** From now on blobs are not sent before the function that it returns is called. */
  hold(): () => void {
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #addBlob(mediaType: string, blob: Buffer): object {
    const digest = digestOf(blob);
    this.#blobs.set(digest, blob);
    return {mediaType, size: blob.length, digest};
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const {method = '', url = ''} = request;
    this.requests.push(`${method} ${url}`);
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (!this.#mayEnter(request)) {
      response.setHeader('WWW-Authenticate', 'Basic realm="test"');
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return;
    }
    if (url === '/v2/') {
      response.end('{}');
      return;
    }
    const path = url.replace(/^\/v2\//, '');
    const manifest = this.#manifests.get(path);
    const blob = this.#blobs.get(path.replace(/^.*\/blobs\//, ''));
    if (manifest !== undefined) {
      response.setHeader('Content-Type', MANIFEST_TYPE);
      response.setHeader('Docker-Content-Digest', digestOf(manifest));
      send(response, method, manifest);
    } else if (blob !== undefined) {
      // As if the network were slow in the middle of it.
      response.setHeader('Content-Length', blob.length);
      response.write(blob.subarray(0, blob.length / 2));
      await this.#held;
      response.end(blob.subarray(blob.length / 2));
    } else refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  }

  #mayEnter({headers}: IncomingMessage): boolean {
    if (this.#login === undefined) return true;
    const {username, password} = this.#login;
    const wanted = Buffer.from(`${username}:${password}`).toString('base64');
    return headers.authorization === `Basic ${wanted}`;
  }
}

export async function startRegistry(login?: RegistryLogin): Promise<TestRegistry> {
  const registry = new TestRegistry(login);
  await registry.listen();
  return registry;
}

function send(response: ServerResponse, method: string, body: Buffer): void {
  response.setHeader('Content-Length', body.length);
  response.end(method === 'HEAD' ? undefined : body);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({errors: [{code, message}]}));
}

function digestOf(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}
