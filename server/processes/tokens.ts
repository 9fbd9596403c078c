/** API tokens: a file with one a line; empty lines and lines that begin with # are passed over. */
import {readFileSync} from 'node:fs';

/** A token file that cannot be used. */
export class TokenFileError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenFileError';
  }
}

const TOKEN_LENGTH_MIN = 16;

/** @throws TokenFileError it cannot be read, holds no token, or one that could be guessed. */
export function readTokenFile(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  const tokens = textOf(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new TokenFileError(`${path}: expected a token, one a line`);
  const short = tokens.findIndex((token) => token.length < TOKEN_LENGTH_MIN);
  if (short >= 0) {
    const want = `at least ${TOKEN_LENGTH_MIN} characters`;
    throw new TokenFileError(`${path}: token ${short + 1}: expected ${want}`);
  }
  return tokens;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new TokenFileError(`${path}: cannot be read (${code})`, {cause: error});
  }
}
