/** A cluster that answers what it is told to, and remembers what it was asked. */
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {createServer as createSecureServer} from 'node:https';
import type {AddressInfo} from 'node:net';

export interface Asked {
  /** `GET /v2/apps?embed=x` */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed, if it is JSON. */
  readonly body: unknown;
}

/** JSON with status 200; or all of it by hand. */
export type Scripted =
  | {readonly status?: number; readonly headers?: Record<string, string>; readonly json?: unknown}
  | ((asked: Asked, response: ServerResponse) => unknown);

/** By method and path; with the query, where that matters. */
export type Script = Readonly<Record<string, Scripted>>;

export interface ScriptedServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Method and path of all requests, in their order. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** What is not in the script is not found. */
export async function scriptedServer(
  script: Script,
  certificate?: Certificate,
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = await take(request);
    asked.push(one);
    reply(script, one, response);
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void serve(request, response);
  };
  const server: Server =
    certificate === undefined
      ? createServer(answer)
      : createSecureServer({key: certificate.key, cert: certificate.cert}, answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const {port} = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    get lines() {
      return asked.map(({line}) => line);
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function take(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isJson = request.headers['content-type'] === 'application/json';
  return {
    line: `${request.method} ${request.url}`,
    headers: request.headers,
    body: isJson ? (JSON.parse(text) as unknown) : text,
  };
}

function reply(script: Script, asked: Asked, response: ServerResponse): void {
  const plain = asked.line.replace(/\?.*$/, '');
  const scripted = script[asked.line] ?? script[plain];
  if (typeof scripted === 'function') {
    const value = scripted(asked, response);
    if (value !== undefined) send(response, 200, {}, value);
    return;
  }
  if (scripted === undefined) {
    send(response, 404, {}, {message: `nothing is scripted for ${plain}`});
    return;
  }
  const {status = 200, headers = {}, json} = scripted;
  send(response, status, headers, json);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  json: unknown,
): void {
  response.writeHead(status, {'content-type': 'application/json', ...headers});
  response.end(json === undefined ? '' : JSON.stringify(json));
}
