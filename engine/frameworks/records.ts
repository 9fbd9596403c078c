/** What survives a framework's leader. */

/** A record and where it is kept. */
export type StoredRecord = readonly [path: string, document: unknown];
