/** `dcos config`: what is configured for the cluster that is attached. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../command.ts';
import {CONFIG_KEYS, envNameOf, findKey, readValue, TOKEN_KEY} from '../config/keys.ts';
import type {TomlValue} from '../config/toml.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';

export function makeConfigGroup(context: Context): Command {
  return makeGroup('config', 'Show and change the configuration of this command.', [
    showCommand(context),
    setCommand(context),
    unsetCommand(context),
    keysCommand(context),
    validateCommand(context),
  ]);
}

const MASK = '********';

function shown(key: string, value: TomlValue): TomlValue {
  return key === TOKEN_KEY ? MASK : value;
}

function showCommand(context: Context): Command {
  const command = makeCommand('show [name]', {
    summary: 'Print what is configured, by file and environment.',
    more: 'The token is masked in the list; asked for by its name it is printed.',
    examples: ['dcos config show', 'dcos config show core.dcos_url'],
  });
  return doing(withJson(command), ([name]: [string | undefined], {json}: JsonFlag) => {
    const {settings} = context;
    if (name !== undefined) {
      const value = CONFIG_KEYS.some((key) => key.name === name) ? settings.get(name) : undefined;
      if (value === undefined) throw notSet(name);
      if (json === true) context.printJson(value);
      else context.print(`${value}`);
      return;
    }
    const pairs = CONFIG_KEYS.flatMap((key): readonly (readonly [string, TomlValue])[] => {
      const value = settings.get(key.name);
      return value === undefined ? [] : [[key.name, shown(key.name, value)]];
    });
    if (json === true) context.printJson(Object.fromEntries(pairs));
    else for (const [key, value] of pairs) context.print(`${key} ${value}`);
  });
}

function notSet(name: string): Failure {
  try {
    findKey(name);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return new Failure(`Property '${name}' doesn't exist`, {
    hints: [`Set it: dcos config set ${name} VALUE`],
  });
}

function setCommand(context: Context): Command {
  const command = makeCommand('set <name> <value>', {
    summary: 'Set a property; `dcos config keys` lists them.',
    more: 'Another core.dcos_url takes the token away: it is that of the cluster before.',
    examples: [
      'dcos config set core.timeout 30',
      'dcos config set marathon.url http://127.0.0.1:5050/service/marathon-user',
    ],
  });
  return doing(command, ([name, text]: [string, string]) => {
    const {settings, world} = context;
    const key = findKey(name);
    const value = readValue(key, text, world.folder);
    const before = settings.written.get(name);
    settings.set(name, value);
    context.say(`[${name}]: ${changeText(name, before, value)}`);
    if (key.unused !== undefined) context.say(`It has no effect: ${key.unused}.`);
    if (settings.source(name) === 'environment') {
      context.say(`${envNameOf(name)} is set in the environment and goes before it.`);
    }
  });
}

function changeText(name: string, before: TomlValue | undefined, value: TomlValue): string {
  if (before === undefined) return `set to '${shown(name, value)}'`;
  if (before === value) return `already set to '${shown(name, value)}'`;
  return `changed from '${shown(name, before)}' to '${shown(name, value)}'`;
}

function unsetCommand(context: Context): Command {
  const command = makeCommand('unset <name>', {
    summary: 'Remove a property.',
    examples: ['dcos config unset marathon.url'],
  });
  return doing(command, ([name]: [string]) => {
    const {settings} = context;
    // A file may hold what is no key any more: that can be removed, too.
    if (!settings.written.has(name)) {
      const isKnown = CONFIG_KEYS.some((key) => key.name === name);
      const isHalf = CONFIG_KEYS.some((key) => key.name.startsWith(`${name}.`));
      if (!isKnown && isHalf) findKey(name);
      throw new Failure(`Property '${name}' doesn't exist`);
    }
    settings.unset(name);
    context.say(`Removed [${name}]`);
  });
}

function keysCommand(context: Context): Command {
  const command = makeCommand('keys', {
    summary: 'List all properties that there are, with what they mean.',
    examples: ['dcos config keys', 'dcos config keys --json'],
  });
  return doing(withJson(command), (_: [], {json}: JsonFlag) => {
    context.printList(CONFIG_KEYS, {
      isJson: json === true,
      isQuiet: false,
      id: ({name}) => name,
      columns: [
        {head: 'NAME', cell: ({name}) => name},
        {head: 'ENVIRONMENT', cell: ({name}) => envNameOf(name)},
        {
          head: 'MEANING',
          cell: ({description, unused}) =>
            unused === undefined ? description : `${description} (no effect: ${unused})`,
          widthMin: 20,
        },
      ],
      json: (keys) =>
        keys.map(({name, description, unused}) => {
          return {name, environment: envNameOf(name), description, hasEffect: unused === undefined};
        }),
    });
  });
}

function validateCommand(context: Context): Command {
  const command = makeCommand('validate', {
    summary: 'Check the file for properties and values that cannot be.',
    examples: ['dcos config validate', 'dcos config validate --json'],
  });
  return doing(withJson(command), (_: [], {json}: JsonFlag) => {
    const {settings, world} = context;
    const problems = [...settings.written].flatMap(([name, value]) => {
      try {
        readValue(findKey(name), `${value}`, world.folder);
        return [];
      } catch (error) {
        if (error instanceof Failure) return [{name, message: error.message}];
        throw error;
      }
    });
    if (json === true) context.printJson({valid: problems.length === 0, problems});
    if (problems.length > 0) {
      throw new Failure(`the configuration in [${settings.path}] is not valid`, {
        hints: problems.map(({name, message}) => `  ${name}: ${message}`),
      });
    }
    if (json !== true) context.print('Congratulations, your configuration is valid!');
  });
}
