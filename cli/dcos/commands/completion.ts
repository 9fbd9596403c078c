/** `dcos completion`: scripts for shells, and the answers that these ask for. */
import type {Command} from 'commander';
import {doing, makeCommand} from '../command.ts';
import {suggest, type Suggestion} from '../completion/suggest.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function makeCompletionCommand(context: Context): Command {
  const command = makeCommand('completion <shell>', {
    summary: 'Print a script that completes `dcos` in your shell.',
    more: [
      'Shells: bash, zsh, fish. Ids of apps, jobs, tasks and so on are asked of the cluster.',
      'To have it in every shell, put the line below into ~/.bashrc or ~/.zshrc; for fish,',
      'write the script to ~/.config/fish/completions/dcos.fish.',
    ].join(' '),
    examples: ['eval "$(dcos completion bash)"', 'dcos completion fish | source'],
  });
  return doing(command, async ([name]: [string]) => {
    const shell = shellOf(name);
    if (shell === undefined) {
      throw new Failure(`there is no completion for '${name}'`, {
        hints: [`There is one for ${SHELLS.join(', ')}.`],
      });
    }
    const {getCompletionScript} = await import('@pnpm/tabtab');
    const script = await getCompletionScript({name: 'dcos', completer: 'dcos', shell});
    context.world.stdout.write(script);
  });
}

function shellOf(name: string): Shell | undefined {
  return SHELLS.find((shell) => shell === name);
}

/** What the scripts call: with all words of the line behind `--`, and where the cursor is. */
export function makeCompletionServer(context: Context): Command {
  const command = makeCommand('completion-server [words...]', {
    summary: 'Answer the completion scripts.',
    examples: ['COMP_CWORD=1 dcos completion-server -- dcos mar'],
  });
  return doing(command, async ([words]: [readonly string[]]) => {
    const {env} = context.world;
    const shell = shellOf((env['SHELL'] ?? '').replace(/^.*\//, '')) ?? 'bash';
    const {before: given, word} = split(words, env, shell);
    // What may follow `help` are the commands themselves.
    const before = given[0] === 'help' ? given.slice(1) : given;
    const program = await context.programFor(before);
    const found = await suggest(program, before, word, context);
    if (found === 'files') context.print(FILES_MARK);
    else for (const one of found) context.print(lineFor(shell, one));
  });
}

/** What the scripts know as: complete names of files. */
const FILES_MARK = '__tabtab_complete_files__';

/** The words before the one that is typed, and what there is of that one. */
function split(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  shell: Shell,
): {readonly before: readonly string[]; readonly word: string} {
  const given = Number(env['COMP_CWORD'] ?? words.length - 1);
  let at = Number.isInteger(given) && given >= 1 ? given : 1;
  if (shell === 'fish') {
    // fish counts the words; whether the last one is complete is seen from the cursor.
    const isTyping = Number(env['COMP_POINT'] ?? 0) <= words.join(' ').length;
    at = isTyping ? words.length - 1 : words.length;
  }
  return {before: words.slice(1, at), word: words[at] ?? ''};
}

function lineFor(shell: Shell, {name, description = ''}: Suggestion): string {
  if (shell === 'bash' || description === '') {
    return shell === 'zsh' ? name.replaceAll(':', String.raw`\:`) : name;
  }
  if (shell === 'fish') return `${name}\t${description}`;
  return [name, description].map((text) => text.replaceAll(':', String.raw`\:`)).join(':');
}
