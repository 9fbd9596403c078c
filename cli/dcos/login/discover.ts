/** How a cluster wants to be logged in to, as DC/OS clusters of all ages tell it. */
import {ApiFailure} from '../http/api-failure.ts';
import type {HttpClient} from '../http/client.ts';
import {Service} from '../http/service.ts';

/** A way to log in. */
export interface Provider {
  readonly id: string;
  readonly method: LoginMethod;
  /** For people. */
  readonly description: string;
}

export type LoginMethod =
  /** A token that somebody was given is all there is. */
  | 'api-token'
  /** A name and a password are exchanged for a token. */
  | 'dcos-uid-password'
  /** The token of an identity provider is exchanged for one of the cluster. */
  | 'oidc-implicit-flow'
  /** One that this command does not know. */
  | 'unknown';

/**
 * Nothing in the list: the cluster asks nobody who he is.
 *
 * @param client one that shows no token.
 */
export async function discoverProviders(
  client: HttpClient,
  url: string,
): Promise<readonly Provider[]> {
  const cluster = new Service(client, url, () => false);
  try {
    const path = '/acs/api/v1/auth/providers';
    const named = await cluster.get<Readonly<Record<string, ProviderForm>>>(path);
    return Object.entries(named).map(([id, form]) => providerOf(id, form));
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
  }
  for (const path of ['/pkgpanda/active.buildinfo.full.json', '/metadata']) {
    const {status, headers} = await client.request('HEAD', `${url}${path}`);
    if (status < 300) return [];
    if (status === 401) return [challenged(headers['www-authenticate'] ?? '')];
  }
  return [];
}

interface ProviderForm {
  readonly 'authentication-type'?: string;
  readonly description?: string;
}

function providerOf(id: string, form: ProviderForm): Provider {
  const type = form['authentication-type'] ?? '';
  const method = METHODS.get(type) ?? 'unknown';
  return {id, method, description: form.description ?? type};
}

const METHODS: ReadonlyMap<string, LoginMethod> = new Map([
  ['api-token', 'api-token'],
  ['dcos-uid-password', 'dcos-uid-password'],
  ['dcos-uid-password-ldap', 'dcos-uid-password'],
  ['oidc-implicit-flow', 'oidc-implicit-flow'],
]);

/** By the scheme with which a request without a token was refused. */
function challenged(scheme: string): Provider {
  if (/^oauthjwt\b/i.test(scheme)) {
    return {
      id: 'dcos-oidc-auth0',
      method: 'oidc-implicit-flow',
      description: 'a token of an identity provider',
    };
  }
  if (/^acsjwt\b/i.test(scheme)) {
    return {id: 'dcos-users', method: 'dcos-uid-password', description: 'a user and a password'};
  }
  return {id: 'api-token', method: 'api-token', description: 'a token of this cluster'};
}
