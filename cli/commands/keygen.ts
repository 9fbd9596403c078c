/** `drydock keygen FILE`: a new key for a cluster. */
import {Command} from 'commander';
import {EXIT_BAD_INPUT, EXIT_OK} from '../terminal/exit-codes.ts';

export function makeKeygenCommand(): Command {
  return new Command('keygen')
    .description('Make a key with which the masters and agents of a cluster know each other.')
    .argument('<file>', 'where to write it; it must not be there yet')
    .action(async (file: string) => {
      process.exitCode = await keygen(file);
    });
}

async function keygen(file: string): Promise<number> {
  const {writeKeyFile} = await import('../../server/link/cluster-key.ts');
  try {
    writeKeyFile(file);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === 'EEXIST' ? 'it is there already, and is left as it is' : code;
    process.stderr.write(`drydock: ${file}: ${why}\n`);
    return EXIT_BAD_INPUT;
  }
  process.stdout.write(
    `${file}: copy it to every machine of the cluster, readable by Drydock only\n`,
  );
  return EXIT_OK;
}
