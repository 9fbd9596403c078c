/** Gets the token that a cluster asks for: from a file, from whoever types, or for a password. */
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Command} from 'commander';
import {Failure, messageOf} from '../failure.ts';
import {ApiFailure} from '../http/api-failure.ts';
import type {HttpClient} from '../http/client.ts';
import {Service} from '../http/service.ts';
import {askSecret, Prompter} from '../output/prompt.ts';
import type {World} from '../world.ts';
import {discoverProviders, type LoginMethod, type Provider} from './discover.ts';

export interface LoginFlags {
  readonly provider?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly tokenFile?: string;
}

export function withLogin(command: Command): Command {
  return command
    .option('--token-file <file>', 'a file that holds the token; "-" is standard input')
    .option('--provider <id>', 'how to log in, if there are several ways')
    .option('--username <name>', 'the user (environment: DCOS_USERNAME)')
    .option('--password <password>', 'the password, seen by all on this machine: better not')
    .option('--password-file <file>', 'a file that holds the password')
    .option('--password-env <name>', 'the environment variable that holds it (DCOS_PASSWORD)');
}

export interface LoginPlace {
  readonly world: World;
  /** Shows no token. */
  readonly client: HttpClient;
  readonly url: string;
}

/**
 * The token to show from now on; undefined: the cluster asks for none.
 *
 * @throws Failure
 */
export async function logIn(place: LoginPlace, flags: LoginFlags): Promise<string | undefined> {
  const providers = await discoverProviders(place.client, place.url);
  if (providers.length === 0 && flags.provider === undefined) {
    return flags.tokenFile === undefined ? undefined : readSecret(place.world, flags.tokenFile);
  }
  const provider = choose(providers, flags);
  if (flags.tokenFile !== undefined) {
    const token = await readSecret(place.world, flags.tokenFile);
    return provider.method === 'oidc-implicit-flow' ? exchangeOrKeep(place, token) : token;
  }
  switch (provider.method) {
    case 'api-token':
      return askSecret(place.world, 'Enter authentication token: ');
    case 'oidc-implicit-flow':
      return exchangeAsked(place);
    case 'dcos-uid-password':
      return logInByPassword(place, flags);
    case 'unknown':
      throw new Failure(`This command cannot log in by ${provider.id} (${provider.description}).`, {
        hints: ['If you have a token: dcos auth login --token-file FILE'],
      });
  }
}

function choose(providers: readonly Provider[], {provider, username}: LoginFlags): Provider {
  const ids = providers.map(({id}) => id).join(', ');
  if (provider !== undefined) {
    const named = providers.find(({id}) => id === provider);
    if (named !== undefined) return named;
    const known = ids === '' ? 'It asks nobody to log in.' : `There are: ${ids}`;
    throw new Failure(`The cluster knows no provider '${provider}'.`, {hints: [known]});
  }
  const wanted: LoginMethod | undefined = username === undefined ? undefined : 'dcos-uid-password';
  const fitting = providers.filter(({method}) => wanted === undefined || method === wanted);
  const [first] = fitting;
  if (first === undefined) {
    throw new Failure('The cluster knows no login by user and password.', {
      hints: [`There are: ${ids}. With a token: dcos auth login --token-file FILE`],
    });
  }
  if (fitting.length > 1) {
    throw new Failure('There are several ways to log in.', {
      hints: [`Choose one with --provider: ${ids}`],
    });
  }
  return first;
}

async function exchangeAsked(place: LoginPlace): Promise<string> {
  const {world, client, url} = place;
  // A cluster that has no such page takes a token that somebody was given.
  const {status} = await client.request('HEAD', `${url}/login`);
  if (status < 400) {
    world.stderr.write(
      'Please go to the following link in your browser, and bring the token from there:\n\n' +
        `    ${url}/login?redirect_uri=urn:ietf:wg:oauth:2.0:oob\n\n`,
    );
  }
  return exchangeOrKeep(place, await askSecret(world, 'Enter authentication token: '));
}

/** Where tokens are not exchanged, the one that is given is the one to show. */
async function exchangeOrKeep(place: LoginPlace, token: string): Promise<string> {
  try {
    return await exchange(place, {token});
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return token;
    throw error;
  }
}

const ATTEMPTS_MAX = 3;

async function logInByPassword(place: LoginPlace, flags: LoginFlags): Promise<string> {
  const {world} = place;
  const uid = flags.username ?? world.env['DCOS_USERNAME'] ?? (await ask(world, 'username: '));
  const given = givenPassword(world, flags);
  if (given !== undefined) return exchange(place, {uid, password: given});
  for (let attempt = 1; ; attempt += 1) {
    const password = await askSecret(world, `${uid}'s password: `);
    try {
      return await exchange(place, {uid, password});
    } catch (error) {
      const isRefused = error instanceof ApiFailure && error.status === 401;
      if (!isRefused || attempt === ATTEMPTS_MAX) throw error;
      world.stderr.write('Wrong user or password, try again.\n');
    }
  }
}

function givenPassword(world: World, flags: LoginFlags): string | undefined {
  const {password, passwordFile, passwordEnv} = flags;
  if (password !== undefined) return password;
  if (passwordFile !== undefined) return readFileText(world, passwordFile);
  if (passwordEnv === undefined) return world.env['DCOS_PASSWORD'];
  const value = world.env[passwordEnv];
  if (value === undefined) throw new Failure(`The environment has no ${passwordEnv}.`);
  return value;
}

async function ask(world: World, question: string): Promise<string> {
  const prompter = new Prompter(world);
  try {
    return await prompter.ask(question);
  } finally {
    prompter.close();
  }
}

async function exchange(
  {client, url}: LoginPlace,
  credentials: Readonly<Record<string, string>>,
): Promise<string> {
  const cluster = new Service(client, url, () => false);
  const path = '/acs/api/v1/auth/login';
  try {
    const {token} = await cluster.send<{token?: string}>('POST', path, {body: credentials});
    if (typeof token === 'string' && token !== '') return token;
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.status === 401) throw new ApiFailure(401, error.said ?? 'Invalid credentials.');
    if (error.status !== 404) throw error;
    throw new ApiFailure(404, 'The cluster does not exchange credentials for tokens.', {
      hints: ['If you have a token: dcos auth login --token-file FILE'],
    });
  }
  throw new Failure('The cluster has answered the login without a token.');
}

async function readSecret(world: World, file: string): Promise<string> {
  const text = file === '-' ? await askSecret(world, '') : readFileText(world, file);
  if (text === '') throw new Failure(`there is no token in ${file}`);
  return text;
}

function readFileText(world: World, file: string): string {
  try {
    return readFileSync(resolve(world.folder, file), 'utf8').trim();
  } catch (error) {
    throw new Failure(`can't read ${file}: ${messageOf(error)}`, {cause: error});
  }
}

/**
 * Shows the token once, so that a wrong one is not kept.
 *
 * @param client one that shows this token.
 */
export async function checkToken(client: HttpClient, url: string): Promise<void> {
  const {status} = await client.request('GET', `${url}/service/marathon/v2/info`);
  if (status === 401 || status === 403) throw new Failure('The cluster refuses this token.');
}
