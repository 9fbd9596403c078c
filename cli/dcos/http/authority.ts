/** The certificate authority that a cluster says it has, and whether it is to be trusted. */
import {X509Certificate} from 'node:crypto';
import {Failure, messageOf} from '../failure.ts';
import {Prompter} from '../output/prompt.ts';
import type {World} from '../world.ts';
import type {HttpClient} from './client.ts';

/** @param client one that trusts anybody: what it brings is shown before it counts. */
export async function fetchAuthority(client: HttpClient, url: string): Promise<string> {
  const {status, body} = await client.request('GET', `${url}/ca/dcos-ca.crt`);
  if (status !== 200) {
    throw new Failure('The certificate of the cluster is not signed by anybody known.', {
      hints: ['Name its authority: --ca-certs FILE, or trust anybody: --insecure'],
    });
  }
  return body.toString();
}

/** @throws Failure it was not confirmed. */
export async function confirmAuthority(world: World, authority: string): Promise<void> {
  const {issuer, validFrom, validTo, fingerprint256} = parseCertificate(authority);
  const prompter = new Prompter(world);
  try {
    const isTrusted = await prompter.confirm(
      [
        'Cluster Certificate Authority:',
        '',
        `  Issuer: ${issuer.replaceAll('\n', ', ')}`,
        '',
        '  Validity:',
        `    From:  ${validFrom}`,
        `    Until: ${validTo}`,
        '',
        `  SHA256 fingerprint: ${fingerprint256}`,
        '',
        'Do you trust it? [y/n] ',
      ].join('\n'),
    );
    if (!isTrusted) throw new Failure('The certificate authority was not confirmed.');
  } finally {
    prompter.close();
  }
}

function parseCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new Failure(`The cluster's authority is no certificate: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
