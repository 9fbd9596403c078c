/** What goes wrong between us and an ensemble, by kind. */

export type ZkErrorKind =
  /** The connection was lost before the answer: whether it was done is not known. */
  | 'connectionLoss'
  /** The session has expired or was closed. If that happened before the answer: as above. */
  | 'sessionEnded'
  /** No server could be reached, or none has a quorum. */
  | 'unreachable'
  | 'noNode'
  | 'nodeExists'
  | 'notEmpty'
  | 'badVersion'
  /** The node's access list does not let us. */
  | 'noAuth'
  /** Any other answer of a server. */
  | 'refused';

export class ZkError extends Error {
  readonly kind: ZkErrorKind;
  /** In a transaction: which of its operations failed. */
  readonly at: number | undefined;

  constructor(kind: ZkErrorKind, message: string, details: ErrorOptions & {at?: number} = {}) {
    super(message, details);
    this.name = 'ZkError';
    this.kind = kind;
    this.at = details.at;
  }
}

export function isZkError(error: unknown, ...kinds: readonly ZkErrorKind[]): error is ZkError {
  return error instanceof ZkError && (kinds.length === 0 || kinds.includes(error.kind));
}
