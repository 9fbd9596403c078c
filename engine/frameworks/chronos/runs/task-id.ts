/**
 * Names of tasks: `ct:<due ms>:<attempt>:<job>:<arguments>` (reference part 1.5). Tools read them,
 * so their form is that of Chronos; what a run really is stands in its record.
 */
import {bytesOf} from '../../../kernel/regex/utf8.ts';

export interface TaskIdParts {
  /** The instant for which it runs, ms since 1970. */
  readonly due: number;
  /** 0 for the first. */
  readonly attempt: number;
  readonly name: string;
  /** As {@link argumentsText} has them; empty: none. */
  readonly arguments: string;
}

export function buildTaskId({due, attempt, name, arguments: text}: TaskIdParts): string {
  return `ct:${due}:${attempt}:${name}:${withoutSemicolons(text)}`;
}

/** The last colon may be missing, and arguments may hold some. */
const TASK_ID = /^ct:(\d+):(\d+):([\w.-]+):?(.*)$/s;

/**
 * Undefined if the whole text is no task id. Unlike Chronos, which looks for one anywhere in it and
 * breaks at numbers beyond its range.
 */
export function parseTaskId(text: string): TaskIdParts | undefined {
  const match = TASK_ID.exec(text);
  if (match === null) return undefined;
  const [, due, attempt, name = '', rest = ''] = match;
  const parts = {due: Number(due), attempt: Number(attempt), name, arguments: rest};
  const isExact = Number.isSafeInteger(parts.due) && Number.isSafeInteger(parts.attempt);
  return isExact ? parts : undefined;
}

/**
 * What a run is called with: what was said for it, else what the job says, joined with blanks. A
 * blank text says nothing. Chronos takes every semicolon out, so that no second command is smuggled
 * into a shell.
 */
export function argumentsText(ofJob: readonly string[], ofRun = ''): string {
  return withoutSemicolons(ofRun.trim() === '' ? ofJob.join(' ') : ofRun);
}

/** The command line of a run, arguments as {@link argumentsText} has them. */
export function commandWith(command: string, text: string): string {
  return text === '' ? command : `${command} ${text}`;
}

/** Mesos' longest id, which is that of a file's name. */
const ID_BYTES_MAX = 255;

/**
 * The id with which a task is launched. Arguments that Mesos does not take in an id (slashes,
 * control characters, too many bytes) are left out of it; the run has them all the same. Unlike in
 * Chronos, whose tasks fail for it. So two runs of one job, due at one instant and unlike in such
 * arguments alone, have the same id.
 */
export function launchId(parts: TaskIdParts): string {
  const full = buildTaskId(parts);
  return parts.arguments === '' || isMesosId(full) ? full : buildTaskId({...parts, arguments: ''});
}

function isMesosId(id: string): boolean {
  return !/[/\\\p{Cc}]/u.test(id) && bytesOf(id).length <= ID_BYTES_MAX;
}

function withoutSemicolons(text: string): string {
  return text.replaceAll(';', '');
}
