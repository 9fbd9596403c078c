/** How settings are read, from all three sources, and what is said where they are wrong. */
import {readFileSync} from 'node:fs';
import test from 'ava';
import {settingsPage} from './manual.ts';
import {ATTRIBUTES, DURATION, HOST_PORT, SWITCH, TEXT, whole} from './kinds.ts';
import {readSettings, setting} from './setting.ts';
import {unknownNames} from './unknown-names.ts';
import {shownSettings} from './shown-settings.ts';

const TABLE = {
  listen: setting(HOST_PORT, {hostname: '127.0.0.1', port: 5050}, 'where to listen'),
  wait: setting(DURATION, 1000, 'how long'),
  count: setting(whole(1, 5), 1, 'how many'),
  loud: setting(SWITCH, false, 'whether'),
  name: setting(TEXT, undefined, 'what'),
};

test('flags go before the environment, and that before the file', (t) => {
  const file = {path: 'd.yaml', values: {count: 2, wait: '3s', loud: true}};
  const env = {DRYDOCK_COUNT: '3', DRYDOCK_WAIT: '4s'};
  const read = readSettings(TABLE, {flags: {count: '4'}, env, file});
  t.deepEqual(read, {
    ok: true,
    values: {
      listen: {hostname: '127.0.0.1', port: 5050},
      wait: 4000,
      count: 4,
      loud: true,
      name: undefined,
    },
  });
});

test('every wrong value is told, with its place and what was expected', (t) => {
  const file = {path: 'd.yaml', values: {loud: 'maybe', colour: 'red'}};
  const env = {DRYDOCK_WAIT: 'soon'};
  const read = readSettings(TABLE, {flags: {listen: '5050', count: '6'}, env, file});
  t.deepEqual(read, {
    ok: false,
    problems: [
      '--listen: expected a host and a port from 0 to 65535, such as 127.0.0.1:5050, not ' +
        "'5050'",
      "DRYDOCK_WAIT: expected a length of time such as 250ms, 10s, 15m, 2h or 7d, not 'soon'",
      "--count: expected a whole number from 1 to 5, not '6'",
      "loud in d.yaml: expected true or false, not 'maybe'",
      'colour in d.yaml: no such setting',
    ],
  });
});

test('names in the environment that are no settings are told, with those that were meant', (t) => {
  const env = {
    DRYDOCK_LISTN: 'x',
    DRYDOCK_ZK_SESION_TIMEOUT: '1s',
    DRYDOCK_PORT_5050_TCP_ADDR: '10.0.0.1',
    // Of `up`, of an agent, of the simulator, of our tests, and of somebody else.
    ...{DRYDOCK_DATA_DIR: 'x', DRYDOCK_WORK_DIR: 'x', DRYDOCK_CONFIG: 'x', DRYDOCK_DATA: 'x'},
    ...{DRYDOCK_TEST_LOG: 'x', DRYDOCKER: 'x', PATH: 'x'},
  };
  t.deepEqual(unknownNames(env), [
    'DRYDOCK_LISTN: no such setting, it has no effect (did you mean DRYDOCK_LISTEN?)',
    'DRYDOCK_PORT_5050_TCP_ADDR: no such setting, it has no effect',
    'DRYDOCK_ZK_SESION_TIMEOUT: no such setting, it has no effect ' +
      '(did you mean DRYDOCK_ZK_SESSION_TIMEOUT?)',
  ]);
});

for (const [text, ms] of [
  ['250ms', 250],
  ['10s', 10_000],
  ['10secs', 10_000],
  ['15mins', 900_000],
  ['1hrs', 3_600_000],
  ['2weeks', 1_209_600_000],
  ['10', undefined],
  ['-1s', undefined],
] as const) {
  test(`a time is read as Mesos writes it, too: ${text}`, (t) => {
    t.is(DURATION.parse(text), ms);
  });
}

for (const [text, expected] of [
  ['10.0.0.1:80', {hostname: '10.0.0.1', port: 80}],
  ['[::1]:5050', {hostname: '::1', port: 5050}],
  ['host:65536', undefined],
  ['host', undefined],
  [':80', undefined],
] as const) {
  test(`an address is read: ${text}`, (t) => {
    t.deepEqual(HOST_PORT.parse(text), expected);
  });
}

test('attributes are texts and numbers', (t) => {
  t.deepEqual(ATTRIBUTES.parse('rack:a; level:3;url:http://x'), {
    rack: 'a',
    level: 3,
    url: 'http://x',
  });
  t.is(ATTRIBUTES.parse('rack'), undefined);
});

test('what is shown of settings reads as they are written, but for passwords', (t) => {
  const values = {
    zk: 'zk://me:sec/r@t@zk1:2181/d',
    'key-file': '/k',
    listen: {hostname: '::1', port: 5050},
    attributes: {rack: 'a', level: 3},
    'gc-delay': 604_800_000,
    'agent-ping-timeout': 90_500,
    'agent-reregister-timeout': 600_000,
    agents: 1000,
    docker: 'auto',
    none: undefined,
  };
  t.deepEqual(shownSettings(values), {
    zk: 'zk://***@zk1:2181/d',
    key_file: '/k',
    listen: '[::1]:5050',
    attributes: 'rack:a;level:3',
    gc_delay: '7days',
    agent_ping_timeout: '90500ms',
    agent_reregister_timeout: '10mins',
    agents: '1000',
    docker: 'auto',
  });
  t.deepEqual(shownSettings({attributes: {}}), {attributes: ''});
});

test('the manual has every setting as it is (npm run settings)', (t) => {
  t.is(readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8'), settingsPage());
});
