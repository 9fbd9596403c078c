/** One file over HTTP, byte for byte as the server has it. */
import {createWriteStream} from 'node:fs';
import {get as getHttp, type IncomingMessage} from 'node:http';
import {get as getHttps} from 'node:https';
import {pipeline} from 'node:stream/promises';
import {FetchError} from './fetch-error.ts';

/** Mesos's `--fetcher_stall_timeout`: so long may nothing come. */
const STALL_MS = 60_000;
const REDIRECTS_MAX = 20;

/**
 * Into a file that is not there so far.
 *
 * @throws FetchError if the server does not have it, or stops sending.
 */
export async function download(url: URL, path: string, signal: AbortSignal): Promise<void> {
  let at = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const response = await ask(at, signal);
    const {statusCode = 0, headers} = response;
    const {location} = headers;
    if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
      response.resume();
      at = new URL(location, at);
      if (at.protocol === 'http:' || at.protocol === 'https:') continue;
      throw new FetchError(`it is redirected to '${at.href}', which is not HTTP`);
    }
    if (statusCode !== 200) {
      response.destroy();
      throw new FetchError(`the server answers ${statusCode} ${response.statusMessage ?? ''}`);
    }
    try {
      await pipeline(response, createWriteStream(path, {flags: 'wx', mode: 0o644}), {signal});
    } catch (error) {
      if (response.complete || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      throw new FetchError('the server has broken off in the middle of it', {cause: error});
    }
    return;
  }
  throw new FetchError(`it is redirected more than ${REDIRECTS_MAX} times`);
}

function ask(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const headers = {'user-agent': 'drydock', accept: '*/*'};
    const request = get(url, {headers, signal, agent: false, timeout: STALL_MS});
    request.on('timeout', () => {
      request.destroy(new FetchError(`the server has sent nothing for ${STALL_MS / 1000} s`));
    });
    request.on('error', reject);
    request.on('response', resolve);
  });
}
