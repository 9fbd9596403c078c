import type {AnswerLimits} from './answer-room.ts';

/** What a client may ask of a server's memory and patience. */
export interface HttpLimits extends AnswerLimits {
  /** Of a request's body. */
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  /** From the first byte of a request to the last of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to its last; uploads to agents included. */
  readonly requestTimeoutMs: number;
  /** How long a client may take nothing of an answer: meanwhile all of it is held for him. */
  readonly answerStallMs: number;
  /**
   * How long a connection may stay idle between requests. Long: clients keep one and do not ask
   * again when it is cut (libprocess never cuts one).
   */
  readonly keepAliveMs: number;
  readonly connectionsMax: number;
}

export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 8 * 1024 * 1024,
  headerBytesMax: 32 * 1024,
  headersTimeoutMs: 30_000,
  requestTimeoutMs: 120_000,
  answerStallMs: 60_000,
  answersBytesMax: 256 * 1024 * 1024,
  answerPatienceMs: 1000,
  keepAliveMs: 3_600_000,
  connectionsMax: 20_000,
};
