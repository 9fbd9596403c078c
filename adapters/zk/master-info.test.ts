import test from 'ava';
import {parseMasterInfo, printMasterInfo} from './master-info.ts';
import {membersOf} from './members.ts';

const info = {id: 'u', ip: '192.168.1.254', port: 5050, hostname: 'm.example', version: '1.2.3'};

test('what a master says of itself is read back, and is as Mesos has it', (t) => {
  const text = printMasterInfo(info);
  t.deepEqual(parseMasterInfo(text), info);
  const {ip, pid, address} = JSON.parse(text) as Readonly<Record<string, unknown>>;
  // 254, 1, 168, 192 from the highest byte to the lowest.
  t.is(ip, 4_261_521_600);
  t.is(pid, 'master@192.168.1.254:5050');
  t.deepEqual(address, {hostname: 'm.example', ip: '192.168.1.254', port: 5050});
  t.throws(() => printMasterInfo({...info, ip: '::1'}), {message: /expected an IPv4 address/});
});

test('of other masters what is needed is read', (t) => {
  const old = {id: 'u', ip: 16_777_226, port: 5050, pid: 'master@10.0.0.1:5050'};
  const table: readonly (readonly [text: string, expected: unknown])[] = [
    [
      JSON.stringify({...old, hostname: 'm', version: '0.23.0'}),
      {id: 'u', ip: '10.0.0.1', port: 5050, hostname: 'm', version: '0.23.0'},
    ],
    [JSON.stringify(old), {id: 'u', ip: '10.0.0.1', port: 5050, hostname: '10.0.0.1', version: ''}],
    [JSON.stringify({...old, ip: -1}), undefined],
    [JSON.stringify({...old, ip: 2 ** 32}), undefined],
    [JSON.stringify({...old, id: 1}), undefined],
    [JSON.stringify({...old, port: '5050'}), undefined],
    ['null', undefined],
    ['[]', undefined],
    ['no JSON', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) t.deepEqual(parseMasterInfo(text), expected, text);
});

test('members are the nodes with a label that we write, by their numbers', (t) => {
  const names = [
    'json.info_0000000010',
    'epoch',
    'json.info_0000000009',
    'info_0000000001',
    '0000000002',
    'log_replicas',
    'json.info_3',
    'json.info_000000000x',
  ];
  t.deepEqual(membersOf('/m', names), [
    {path: '/m/json.info_0000000009', number: 9},
    {path: '/m/json.info_0000000010', number: 10},
  ]);
});
