/** A request over HTTP as data: what carries it adds nothing that a framework would look at. */
export interface HttpRequest {
  readonly kind: 'http';
  readonly method: string;
  /** Percent-encoded, with its query if it has one. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** As sent; absent = none. */
  readonly body?: string | undefined;
  /** Where it came from. */
  readonly remoteAddress?: string | undefined;
}
