/** The manual's page of settings, made of the tables themselves. */
import {SWITCH} from './kinds.ts';
import {defaultText, envName, type Setting, type SettingTable} from './setting.ts';
import {AGENT_SETTINGS, MASTER_SETTINGS, UP_SETTINGS} from './tables.ts';

const COMMANDS: readonly (readonly [name: string, table: SettingTable])[] = [
  ['up', UP_SETTINGS],
  ['master', MASTER_SETTINGS],
  ['agent', AGENT_SETTINGS],
];

const HEAD = `# Settings

Made from the tables in \`server/config/tables.ts\` by \`npm run settings\`; a test compares them.

A setting is looked for on the command line, then in the environment, then in the file that
\`--config\` (or \`DRYDOCK_CONFIG\`) names: YAML, with names as below and without the dashes. What
nobody sets has its default. A name that the file has and no table knows is an error, and so is a
value of the wrong kind; each is told by where it stands. Names in the environment that begin with
\`DRYDOCK_\` and that no command knows are told as well, and have no effect.

Times are written as \`250ms\`, \`10s\`, \`1h30m\`, or as Mesos writes them: \`10secs\`, \`15mins\`.

| flag | environment | \`up\` | \`master\` | \`agent\` | default | meaning |
|---|---|---|---|---|---|---|
`;

interface Row {
  readonly shown: Setting<unknown, unknown>;
  /** Default by command. */
  readonly defaults: Map<string, string>;
}

/** The whole page. */
export function settingsPage(): string {
  const rows = new Map<string, Row>();
  for (const [command, table] of COMMANDS) {
    for (const [name, setting] of Object.entries(table)) {
      const row = rows.get(name) ?? {shown: setting, defaults: new Map()};
      row.defaults.set(command, defaultOf(setting));
      rows.set(name, row);
    }
  }
  const lines = [...rows]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, row]) => lineOf(name, row));
  return `${HEAD}${lines.join('\n')}\n`;
}

function lineOf(name: string, {shown, defaults}: Row): string {
  const value = shown.kind === SWITCH ? '' : ` ${shown.kind.shown}`;
  const flag = `\`--${name}${value.replaceAll('|', '\\|')}\``;
  const used = COMMANDS.map(([command]) => (defaults.has(command) ? '•' : ''));
  const different = [...new Set(defaults.values())];
  const byDefault =
    different.length === 1
      ? different[0]
      : [...defaults].map(([command, text]) => `${command}: ${text || 'none'}`).join('; ');
  const cells = [flag, `\`${envName(name)}\``, ...used, byDefault ?? '', shown.help];
  return `| ${cells.join(' | ')} |`;
}

function defaultOf(setting: Setting<unknown, unknown>): string {
  const text = defaultText(setting);
  return setting.defaultShown !== undefined || text === '' ? text : `\`${text}\``;
}
