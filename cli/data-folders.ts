/** Where trace files are looked for, and where Drydock's own scenarios are. */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/**
 * Folders for `data:NAME`, in order: the one that was given, `DRYDOCK_DATA`, and `shared/data`
 * beside the tree.
 */
export function dataFolders(given: string | undefined): readonly string[] {
  const named = [given, process.env['DRYDOCK_DATA']];
  const beside = packagePath('../shared/data');
  return [...named, beside].filter(
    (folder): folder is string => folder !== undefined && folder !== '',
  );
}

/** A path in the package: one folder up in the tree, two folders up once built into dist/. */
export function packagePath(relative: string): string {
  const root = ['../', '../../'].find((up) =>
    existsSync(new URL(`${up}package.json`, import.meta.url)),
  );
  return fileURLToPath(new URL(`${root ?? '../'}${relative}`, import.meta.url));
}
