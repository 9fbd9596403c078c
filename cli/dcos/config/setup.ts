/** Sets a cluster up: finds out what it is, whether it can be trusted, and who asks. */
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Context} from '../context.ts';
import {Failure, messageOf} from '../failure.ts';
import {confirmAuthority, fetchAuthority} from '../http/authority.ts';
import {isLoopback, type HttpClient} from '../http/client.ts';
import {Service} from '../http/service.ts';
import {isAboutTrust} from '../http/unreachable.ts';
import {codeOf} from '../failure.ts';
import {checkToken, logIn, type LoginFlags} from '../login/login.ts';
import {ClusterFolders, type ClusterEntry} from './cluster-folders.ts';
import {TOKEN_KEY, URL_KEY} from './keys.ts';
import {dcosFolder} from './settings.ts';
import type {TomlValue} from './toml.ts';

export interface SetupFlags extends LoginFlags {
  readonly name?: string;
  readonly insecure?: true;
  /** False: `--no-check` was given. */
  readonly check: boolean;
  readonly caCerts?: string;
}

/** How to tell the cluster's certificate. */
interface Trust {
  readonly verify: boolean | string;
  /** To be kept beside the configuration. */
  readonly authority: string | undefined;
}

const TIMEOUT_MS = 10_000;

export async function setUp(
  context: Context,
  given: string,
  flags: SetupFlags,
): Promise<ClusterEntry> {
  const {world} = context;
  const named = clusterUrl(given);
  const trust = await establishTrust(context, named, flags);
  const url = await canonicalUrl(clientOf(context, trust), named);
  if (url !== named) context.say(`Continuing cluster setup with: ${url}`);
  const token = await tokenOf(context, trust, url, flags);
  const client = clientOf(context, trust, {token, url});
  if (token !== undefined) await checkToken(client, url);
  const cluster = new Service(client, url, () => token !== undefined);
  const {id, name} = await identify(cluster);
  const values = new Map<string, TomlValue>([
    [URL_KEY, url],
    ['cluster.name', flags.name ?? name],
  ]);
  if (token !== undefined) values.set(TOKEN_KEY, token);
  if (url.startsWith('https:') && trust.authority === undefined) {
    values.set('core.ssl_verify', `${trust.verify}`);
  }
  const folders = new ClusterFolders(dcosFolder(world));
  const entry = folders.save({id, values, authority: trust.authority});
  folders.attach(entry);
  return entry;
}

/** Without a scheme, TLS is meant, as in DC/OS; but nobody has a certificate for this machine. */
export function clusterUrl(given: string): string {
  const hasScheme = /^[a-z][\w+.-]*:\/\//i.test(given);
  if (hasScheme && !/^https?:/i.test(given)) {
    throw new Failure(`Please check url '${given}'. It must begin with http:// or https://`);
  }
  const whole = hasScheme ? given : `https://${given}`;
  if (!URL.canParse(whole)) throw new Failure(`Unable to parse '${given}' as a url`);
  const url = new URL(whole);
  if (!hasScheme && isLoopback(url.hostname)) url.protocol = 'http:';
  url.hash = '';
  url.search = '';
  return url.href.replace(/\/+$/, '');
}

/** Without `shown` no token is shown to anybody. */
function clientOf(
  context: Context,
  trust: Trust,
  shown?: {readonly token: string | undefined; readonly url: string},
): HttpClient {
  const home = shown && new URL(shown.url).origin;
  return context.clientFor({
    ...trust,
    timeoutMs: TIMEOUT_MS,
    tokenFor: (origin) => (origin === home ? shown?.token : undefined),
  });
}

async function establishTrust(context: Context, url: string, flags: SetupFlags): Promise<Trust> {
  if (flags.insecure === true) return {verify: false, authority: undefined};
  if (flags.caCerts !== undefined) {
    const path = resolve(context.world.folder, flags.caCerts);
    return {verify: path, authority: readCertificates(path)};
  }
  const trust: Trust = {verify: true, authority: undefined};
  if (!url.startsWith('https:')) return trust;
  try {
    await clientOf(context, trust).request('HEAD', `${url}/`);
    return trust;
  } catch (error) {
    const code = error instanceof Failure ? codeOf(error.cause) : undefined;
    if (code === undefined || !isAboutTrust(code)) throw error;
  }
  // Nobody known vouches for it. What it says of itself is for whoever types to judge.
  const untrusting: Trust = {verify: false, authority: undefined};
  const authority = await fetchAuthority(clientOf(context, untrusting), url);
  if (flags.check) await confirmAuthority(context.world, authority);
  return {verify: true, authority};
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`--ca-certs: ${messageOf(error)}`, {cause: error});
  }
}

/** Where redirects lead to. */
async function canonicalUrl(client: HttpClient, url: string): Promise<string> {
  const answer = await client.request('HEAD', `${url}/`);
  if (answer.status >= 500) {
    throw new Failure(`couldn't detect a canonical cluster URL: HTTP ${answer.status}`);
  }
  const at = new URL(answer.url);
  // The page that a browser is sent to is no part of where the cluster is.
  return new URL(url).origin === at.origin ? url : at.origin;
}

async function tokenOf(
  context: Context,
  trust: Trust,
  url: string,
  flags: SetupFlags,
): Promise<string | undefined> {
  const {world} = context;
  const given = world.env['DCOS_CLUSTER_SETUP_ACS_TOKEN'];
  if (given !== undefined && given !== '') return given;
  const token = await logIn({world, client: clientOf(context, trust), url}, flags);
  if (token === undefined) {
    context.say('This cluster does not require authenticated requests. Skipping login.');
  }
  return token;
}

async function identify(cluster: Service): Promise<{readonly id: string; readonly name: string}> {
  const {CLUSTER_ID: id} = await cluster.get<{CLUSTER_ID?: unknown}>('/metadata');
  if (typeof id !== 'string' || id === '') {
    throw new Failure(`[${cluster.url}/metadata] does not say which cluster it is of`);
  }
  try {
    const summary = await cluster.get<{cluster?: unknown}>('/mesos/master/state-summary');
    const {cluster: name} = summary;
    return {id, name: typeof name === 'string' && name !== '' ? name : id};
  } catch (error) {
    // The name is for convenience; a cluster without a leader can be set up, too.
    if (error instanceof Failure) return {id, name: id};
    throw error;
  }
}
