/**
 * One run of `dcos`: from its words to its exit code. What a run does not need is not loaded:
 * most of the time of a short command is that of loading its modules.
 */
import {EXIT_FAILED, Failure} from './failure.ts';
import {stopReason, type Verbosity, type World} from './world.ts';

/** The exit code. Nothing is thrown but bugs. */
export async function runDcos(words: readonly string[], world: World): Promise<number> {
  try {
    const globals = readGlobals(words, world);
    for (const notice of globals.notices) world.stderr.write(`${notice}\n`);
    if (globals.words[0] === '--version') {
      const {versionText} = await import('./version-text.ts');
      world.stdout.write(await versionText(world, globals.verbosity));
      return 0;
    }
    const {runCommand} = await import('./program.ts');
    return await runCommand(globals.words, world, globals.verbosity);
  } catch (error) {
    return report(error, world);
  }
}

function report(error: unknown, world: World): number {
  // Nobody reads what would follow: that is no failure.
  if (stopReason(world) === 'unread') return 0;
  if (error instanceof Failure) {
    const {message, hints, exitCode} = error;
    world.stderr.write([`Error: ${message}`, ...hints, ''].join('\n'));
    return exitCode;
  }
  // Help ends well; everything else that commander refuses was told by it.
  if (error instanceof Error && error.name === 'CommanderError' && 'exitCode' in error) {
    return error.exitCode === 0 ? 0 : EXIT_FAILED;
  }
  throw error;
}

interface Globals {
  readonly words: readonly string[];
  readonly verbosity: Verbosity;
  readonly notices: readonly string[];
}

const VERBOSE: ReadonlyMap<string, Verbosity> = new Map([
  ['-v', 1],
  ['-vv', 2],
  ['-vvv', 2],
  ['--verbose', 1],
]);

const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warning', 'error', 'critical'];

/** Options of `dcos` itself stand before the first command. */
function readGlobals(words: readonly string[], {env}: World): Globals {
  const notices: string[] = [];
  let verbosity = verbosityOf(Number(env['DCOS_VERBOSITY'] ?? 0));
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const level = VERBOSE.get(word);
    if (level !== undefined) verbosity = level;
    else if (word === '--debug') {
      verbosity = 2;
      notices.push('The --debug flag is deprecated. Please use the -vv flag.');
    } else if (/^--log-level(=|$)/.test(word)) {
      const value = word.includes('=') ? word.slice('--log-level='.length) : words[(at += 1)];
      if (value === undefined || !LOG_LEVELS.includes(value.toLowerCase())) {
        throw new Failure(
          `Log level set to an unknown value '${value ?? ''}'. Valid values are ` +
            `[${LOG_LEVELS.join(', ')}]`,
        );
      }
      verbosity = value === 'debug' ? 2 : value === 'info' ? 1 : 0;
      notices.push('The --log-level flag is deprecated. Please use the -v or -vv flag.');
    } else break;
  }
  const rest = words.slice(at);
  return {
    words: rest[0] === 'help' ? [...rest.slice(1), '--help'] : rest,
    verbosity,
    notices,
  };
}

function verbosityOf(level: number): Verbosity {
  if (level >= 2) return 2;
  return level >= 1 ? 1 : 0;
}
