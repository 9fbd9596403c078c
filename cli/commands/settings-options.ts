/**
 * A table of settings as the options of a command, and its values from flags, environment and file.
 */
import {readFileSync} from 'node:fs';
import type {Command} from 'commander';
import {parse} from 'yaml';
import {SWITCH} from '../../server/config/kinds.ts';
import {
  defaultText,
  envName,
  readSettings,
  type SettingTable,
  type SettingValues,
} from '../../server/config/setting.ts';
import {unknownNames} from '../../server/config/unknown-names.ts';
import {InputError} from '../terminal/input-error.ts';

/** Adds an option for each setting, and `--config`. */
export function addSettings(command: Command, table: SettingTable): Command {
  for (const [name, setting] of Object.entries(table)) {
    const isSwitch = setting.kind === SWITCH;
    const shown = isSwitch ? '' : ` <${setting.kind.shown}>`;
    const byDefault = isSwitch ? '' : defaultText(setting);
    const told = byDefault === '' ? setting.help : `${setting.help} (default: ${byDefault})`;
    command.option(`--${name}${shown}`, told);
  }
  return command
    .option('--config <FILE>', 'settings as YAML: names as above, without the dashes')
    .addHelpText('after', `\nEach option can be set as ${envName('name-of-option')}, too.`);
}

/**
 * Warns on stderr of names in the environment that are none, whatever follows: what they were to
 * set may be what is missing.
 *
 * @throws InputError with every problem.
 */
export function settingsOf<S extends SettingTable>(table: S, command: Command): SettingValues<S> {
  const flags: Record<string, string> = {};
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    // A switch has no text of its own.
    if (typeof value === 'string') flags[option.long?.slice(2) ?? ''] = value;
    else if (value === true) flags[option.long?.slice(2) ?? ''] = 'true';
  }
  for (const text of unknownNames(process.env)) process.stderr.write(`drydock: ${text}\n`);
  const path = flags['config'] ?? process.env['DRYDOCK_CONFIG'];
  const file = path === undefined ? {} : {file: {path, values: readConfig(path)}};
  const read = readSettings(table, {flags, env: process.env, ...file});
  if (!read.ok) throw new InputError(read.problems);
  return read.values;
}

function readConfig(path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError([`${path}: ${(error as Error).message}`], {cause: error});
  }
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InputError([`${path}: expected names and values, such as 'listen: 127.0.0.1:5050'`]);
}
