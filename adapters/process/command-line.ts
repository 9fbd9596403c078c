/** What is run for a task or beside it, as the words of a command line. */
import type {TaskSpec} from '../../engine/index.ts';
import type {UnixAccount} from '../ports/unix-account.ts';
import {quote} from './supervisor-script.ts';
import {DEFAULT_PATH, type Tools} from './tools.ts';

export interface CommandTerms {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Undefined: as the agent. */
  readonly account: UnixAccount | undefined;
  readonly tty: boolean;
}

/** The command of a task; undefined: it is an image's. */
export function argvOf({command}: Pick<TaskSpec, 'command'>): readonly string[] | undefined {
  switch (command.kind) {
    case 'shell':
      return ['/bin/sh', '-c', command.text];
    case 'program':
      return command.argv;
    case 'image':
    default:
      return undefined;
  }
}

/**
 * The whole of it: as this user, with this environment and no other, with a terminal if it wants
 * one. A program that is not there ends with 127, as in a shell.
 *
 * @throws if a tool is missing for it; the message is for people.
 */
export function commandLine(
  {argv, env, account, tty}: CommandTerms,
  tools: Tools,
): readonly string[] {
  // In front of a command, `env` takes everything with a `=` for a variable.
  const [program = ''] = argv;
  const plain = program.includes('=') ? ['/bin/sh', '-c', 'exec "$0" "$@"', ...argv] : argv;
  const variables = Object.entries(tty ? {TERM: 'xterm', ...env} : env).map(
    ([name, value]) => `${name}=${value}`,
  );
  const line = [tools.env, '-i', '--', ...variables, ...(tty ? onTerminal(plain, tools) : plain)];
  return account === undefined ? line : [...asUser(account, tools), ...line];
}

function asUser({name, uid, gid}: UnixAccount, {setpriv}: Tools): readonly string[] {
  if (setpriv === undefined) {
    throw new Error(`user: 'setpriv' (util-linux) is not installed, no task can be run as ${uid}`);
  }
  const groups = name === undefined ? '--clear-groups' : '--init-groups';
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, groups, '--'];
}

/** `script` makes a terminal, and ends as what it runs. */
function onTerminal(argv: readonly string[], {script}: Tools): readonly string[] {
  if (script === undefined) {
    throw new Error("tty: 'script' (util-linux) is not installed, so there are no terminals");
  }
  // It takes echo for pointless, where its own input is no terminal.
  const command = `stty echo; exec ${argv.map(quote).join(' ')}`;
  return [script, '--quiet', '--return', '--flush', '--command', command, '/dev/null'];
}

/** Where a task is, for its environment. */
export interface Surroundings {
  readonly sandbox: string;
  readonly account: UnixAccount;
}

/** What tasks find that do not say otherwise: nothing of the agent's own environment. */
export function environmentOf(
  env: TaskSpec['env'],
  {sandbox, account}: Surroundings,
): Readonly<Record<string, string>> {
  const {name, home} = account;
  return {
    PATH: DEFAULT_PATH,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    HOME: home ?? sandbox,
    ...(name === undefined ? {} : {USER: name, LOGNAME: name}),
    SHELL: '/bin/sh',
    MESOS_SANDBOX: sandbox,
    MESOS_DIRECTORY: sandbox,
    ...env,
  };
}

/** Why an environment or a command cannot be; undefined: it can. */
export function wordsProblem(
  {env}: Pick<TaskSpec, 'env'>,
  argv: readonly string[],
): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      return `env: '${name}' cannot be the name of a variable`;
    }
    if (value.includes('\0')) return `env.${name}: expected a value without the character 0`;
  }
  if (argv.length === 0) return 'cmd: expected a command to run';
  if (argv.some((word) => word.includes('\0'))) {
    return 'cmd: expected a command without the character 0';
  }
  return undefined;
}
