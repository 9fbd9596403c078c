/** `dcos auth`: the token that requests are authorized by. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../command.ts';
import {TOKEN_KEY, URL_KEY} from '../config/keys.ts';
import type {Context} from '../context.ts';
import type {HttpClient} from '../http/client.ts';
import {discoverProviders} from '../login/discover.ts';
import {checkToken, logIn, withLogin, type LoginFlags} from '../login/login.ts';

export function makeAuthGroup(context: Context): Command {
  return makeGroup('auth', 'Keep the token that the cluster asks for.', [
    loginCommand(context),
    logoutCommand(context),
    providersCommand(context),
  ]);
}

function clientWith(context: Context, token: string | undefined): HttpClient {
  const {verify, timeoutMs, url} = context.settings;
  const home = new URL(url).origin;
  return context.clientFor({
    verify,
    timeoutMs,
    tokenFor: (origin) => (origin === home ? token : undefined),
  });
}

function loginCommand(context: Context): Command {
  const command = makeCommand('login', {
    summary: 'Get a token from the cluster, or take one that you were given, and keep it.',
    more: [
      'A cluster that takes API tokens wants one from you: typed, or with --token-file.',
      'One that knows users takes --username and a password in exchange.',
    ].join(' '),
    examples: ['dcos auth login --token-file token', 'dcos auth login --username alice'],
  });
  return doing(withLogin(command), async (_: [], flags: LoginFlags) => {
    const {settings, world} = context;
    const {url} = settings;
    const token = await logIn({world, client: clientWith(context, undefined), url}, flags);
    if (token === undefined) {
      context.say('This cluster does not require authenticated requests. Skipping login.');
      return;
    }
    await checkToken(clientWith(context, token), url);
    // A token is kept with the cluster that it is for.
    settings.set(URL_KEY, url);
    settings.set(TOKEN_KEY, token);
    context.print('Login successful!');
  });
}

function logoutCommand(context: Context): Command {
  const command = makeCommand('logout', {
    summary: 'Forget the token.',
    examples: ['dcos auth logout'],
  });
  return doing(command, () => {
    if (context.settings.written.has(TOKEN_KEY)) context.settings.unset(TOKEN_KEY);
  });
}

function providersCommand(context: Context): Command {
  const command = makeCommand('list-providers', {
    summary: 'List the ways in which the cluster can be logged in to.',
    examples: ['dcos auth list-providers'],
  });
  return doing(withJson(command), async (_: [], {json}: JsonFlag) => {
    const providers = await discoverProviders(clientWith(context, undefined), context.settings.url);
    context.printList(providers, {
      isJson: json === true,
      isQuiet: false,
      id: ({id}) => id,
      columns: [
        {head: 'PROVIDER ID', cell: ({id}) => id},
        {head: 'LOGIN METHOD', cell: ({method}) => method},
        {head: 'DESCRIPTION', cell: ({description}) => description},
      ],
    });
  });
}
