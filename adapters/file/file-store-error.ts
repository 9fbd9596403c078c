/** Why a file store could not be opened; the file is as it was. */
export class FileStoreError extends Error {
  readonly kind: FileStoreErrorKind;

  /** The message names the file and says what to do. */
  constructor(kind: FileStoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FileStoreError';
    this.kind = kind;
  }
}

export type FileStoreErrorKind =
  /** It is a store of ours, but damaged. */
  | 'corrupt'
  /** It belongs to another program, or its beginning is damaged beyond recognition. */
  | 'foreign'
  /** A later version of this program has written it. */
  | 'newerFormat'
  /** Another process, or another store of this one, has it open. */
  | 'inUse'
  /** The folder or the file may not be read or written, or cannot be made. */
  | 'noAccess'
  | 'diskFull'
  /** Reading or writing failed otherwise. */
  | 'ioError';
