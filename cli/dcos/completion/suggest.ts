/** What may come next on a command line: commands, options, and ids that the cluster knows. */
import type {Argument, Command, Option} from 'commander';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {idsFor} from './ids.ts';

export interface Suggestion {
  readonly name: string;
  readonly description?: string;
}

/** Files are for the shell to complete. */
export type Suggestions = readonly Suggestion[] | 'files';

/**
 * @param program with all commands of the groups that stand in `before`.
 * @param before the words before the one that is being typed, without `dcos`.
 */
export async function suggest(
  program: Command,
  before: readonly string[],
  word: string,
  context: Context,
): Promise<Suggestions> {
  const at = walk(program, before);
  if (at.pending !== undefined) return valuesOf(at.pending, context);
  if (word.startsWith('-')) return optionsOf(at.command).filter(startingWith(word));
  const commands = at.operands === 0 ? visibleCommands(at.command) : [];
  const argument = argumentAt(at.command, at.operands);
  const isFile = argument !== undefined && FILES.test(argument.name());
  if (isFile && commands.length === 0) return 'files';
  const ids = argument === undefined ? [] : await quietly(() => idsFor(argument.name(), context));
  const names = commands.map((one) => ({name: one.name(), description: one.summary()}));
  return [...names, ...ids.map((name) => ({name}))].filter(startingWith(word));
}

const FILES = /^(app-resource|group-resource|job-file|schedule-file)$/;

function startingWith(word: string): (one: Suggestion) => boolean {
  return ({name}) => name.startsWith(word);
}

interface Place {
  readonly command: Command;
  /** Arguments that the command has already. */
  readonly operands: number;
  /** An option that waits for its value. */
  readonly pending: Option | undefined;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let operands = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (word.startsWith('-')) {
      pending = optionAwaiting(command, word);
    } else {
      const next = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (next === undefined) operands += 1;
      else command = next;
    }
  }
  return {command, operands, pending};
}

/** `--lines=5` has its value already. */
function optionAwaiting(command: Command, word: string): Option | undefined {
  const option = command.options.find(({short, long}) => word === short || word === long);
  return option !== undefined && (option.required || option.optional) ? option : undefined;
}

function argumentAt(command: Command, at: number): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[at] ?? (last?.variadic === true ? last : undefined);
}

function visibleCommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function optionsOf(command: Command): readonly Suggestion[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map(({long, short, description}) => ({name: long ?? short ?? '', description}));
}

async function valuesOf(option: Option, context: Context): Promise<Suggestions> {
  if (/file|folder|certs|dir/.test(option.flags)) return 'files';
  const [, name = ''] = /<([\w-]+)>/.exec(option.flags) ?? [];
  const ids = await quietly(() => idsFor(name === 'id' ? option.name() : name, context));
  return ids.map((id) => ({name: id}));
}

/** A cluster that does not answer is no reason to disturb who types. */
async function quietly(find: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
