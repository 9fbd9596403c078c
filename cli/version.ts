import {readFileSync} from 'node:fs';

/**
 * Drydock's version, from its package.json: one folder up in the tree, two folders up once built
 * into dist/.
 */
export function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const text = readIfThere(new URL(path, import.meta.url));
    if (text !== undefined) return parseVersion(text);
  }
  throw new Error('package.json of Drydock is missing');
}

function readIfThere(url: URL): string | undefined {
  try {
    return readFileSync(url, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseVersion(text: string): string {
  const parsed: unknown = JSON.parse(text);
  const named = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  if (named && typeof parsed.version === 'string') return parsed.version;
  throw new Error('package.json of Drydock has no version');
}
