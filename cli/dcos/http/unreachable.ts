/** Why there was no answer at all, and what to do about it. */
import {codeOf, Failure, messageOf} from '../failure.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no connection within 10 seconds',
};

const RUNNING_HINT =
  'Is the cluster running? `drydock up` starts one on this machine; ' +
  '`dcos cluster setup URL` attaches another.';

export function unreachable(url: string, error: unknown): Failure {
  const code = codeOf(firstOf(error)) ?? '';
  if (isAboutTrust(code)) {
    return new Failure(`An SSL error occurred at [${url}]: ${messageOf(error)}`, {
      hints: [
        'To trust a certificate: dcos config set core.ssl_verify FILE (its authority, in PEM).',
        'To trust any, at your own risk: dcos config set core.ssl_verify false',
      ],
      cause: error,
    });
  }
  if (code === 'EPROTO') {
    return new Failure(`URL [${url}] is unreachable: it does not speak TLS`, {
      hints: ['Perhaps its URL begins with http://.'],
      cause: error,
    });
  }
  const reason = REASONS[code] ?? messageOf(firstOf(error));
  return new Failure(`URL [${url}] is unreachable: ${reason}`, {
    hints: [RUNNING_HINT],
    cause: error,
  });
}

/** Of an attempt at several addresses, the first that failed. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}

export function isAboutTrust(code: string): boolean {
  return (
    code.startsWith('ERR_TLS') ||
    code.startsWith('CERT_') ||
    /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/.test(code)
  );
}
