/** Files as Mesos shows them (`common/http.cpp`), and types by the endings of names. */
import type {Stats} from 'node:fs';

export interface FileForm {
  readonly path: string;
  readonly nlink: number;
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
}

/** Unlike Mesos, users and groups by their numbers: names are the agent's own. */
export function fileForm(path: string, stats: Stats): FileForm {
  return {
    path,
    nlink: stats.nlink,
    size: stats.size,
    mtime: Math.floor(stats.mtimeMs / 1000),
    mode: modeText(stats),
    uid: `${stats.uid}`,
    gid: `${stats.gid}`,
  };
}

/** As `ls -l` writes it. */
function modeText(stats: Stats): string {
  const bits = Array.from('rwxrwxrwx');
  const text = bits.map((letter, at) => ((stats.mode & (0o400 >> at)) === 0 ? '-' : letter));
  return `${typeLetter(stats)}${text.join('')}`;
}

function typeLetter(stats: Stats): string {
  if (stats.isDirectory()) return 'd';
  if (stats.isSymbolicLink()) return 'l';
  if (stats.isFIFO()) return 'p';
  if (stats.isSocket()) return 's';
  if (stats.isCharacterDevice()) return 'c';
  return stats.isBlockDevice() ? 'b' : '-';
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  gz: 'application/x-gzip',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'application/javascript',
  json: 'application/json',
  log: 'text/plain',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  txt: 'text/plain',
  xml: 'application/xml',
  zip: 'application/zip',
};

export function mediaTypeOf(name: string): string {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return TYPES[ending] ?? 'application/octet-stream';
}

/** `Content-Disposition` (RFC 6266): a plain name as Mesos writes it, any other one quoted. */
export function attachment(name: string): string {
  if (/^[\w.-]+$/.test(name)) return `attachment; filename=${name}`;
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
