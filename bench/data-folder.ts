/** Where the traces are: DRYDOCK_DATA, or the folder beside the repository. */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const BESIDE_REPOSITORY = new URL('../../shared/data', import.meta.url);

export function findDataFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment['DRYDOCK_DATA'] ?? fileURLToPath(BESIDE_REPOSITORY);
  return existsSync(folder) ? folder : undefined;
}
