/** Resources that are more than a name and an amount, and what is done with them. */
import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {makeRandom} from '../kernel/random.ts';
import {parseAgentResources} from './agent-resources.ts';
import {parseAmounts, printAmounts, type Amounts} from './amounts.ts';
import {findResources} from './find.ts';
import {operationProblem, type Requester} from './operation-rules.ts';
import {applyOperation, type Operation} from './operations.ts';
import {
  addQuantities,
  containsLimits,
  containsQuantities,
  limitsMinus,
  parseLimits,
  parseQuantities,
  printQuantities,
  quantitiesOf,
  subtractQuantities,
  withinLimits,
} from './quantities.ts';
import {
  allocate,
  popReservation,
  pushReservation,
  reservationAncestor,
  toUnreserved,
  unallocate,
} from './reservations.ts';
import {ancestorsOf, isStrictSubrole, parseRoles, validRole} from './role-names.ts';
import {
  allocatableTo,
  allocatedTo,
  named,
  nonRevocable,
  nonShared,
  persistentVolumes,
  reserved,
  revocable,
  shared,
  stripped,
  unreserved,
} from './select.ts';
import {shrink, shrinkToLimits, shrinkToQuantities} from './shrink.ts';
import {parseValue} from './values.ts';
import {ScalarKinds} from './kinds.ts';
import {
  addResources,
  containsResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from './vector.ts';
import type {WireReservation, WireResource} from './wire-form.ts';
import {downgrade, fromWire, readResource, toWire} from './wire.ts';

const kinds = new ScalarKinds();

const text = (written: string): Resources => {
  const parsed = parseAmounts(written);
  if (!parsed.ok) throw new Error(parsed.message);
  return kinds.compile(parsed.amounts);
};

/** From the JSON form, checked. */
const wired = (...wires: readonly unknown[]): Resources => {
  const read = fromWire(wires);
  if (!read.ok) throw new Error(read.message);
  return kinds.compile(read.amounts);
};

const disk = (value: number, about: object = {}): object => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: {value},
  ...about,
});
const inRole = {reservations: [{type: 'STATIC', role: 'role'}]};
const dynamic = {reservations: [{type: 'DYNAMIC', role: 'role', principal: 'p'}]};
const at = (path: string): object => ({volume: {mode: 'RW', container_path: path}});
const volume = (value: number, id: string, path = 'path'): object =>
  disk(value, {...inRole, disk: {persistence: {id}, ...at(path)}});
const sharedVolume = (value: number, id: string): object => ({...volume(value, id), shared: {}});
const mount = (value: number, about: object = inRole): object =>
  disk(value, {...about, disk: {source: {type: 'MOUNT', mount: {root: '/m'}}}});
const sum = (...parts: readonly Resources[]): Resources => parts.reduce(addResources, NO_RESOURCES);
const print = (resources: Resources): string => printAmounts(kinds.describe(resources));

// Text.

const rolesInText: readonly (readonly [text: string, role: string, printed: string])[] = [
  ['cpus(web):2;cpus(web):1', '*', 'cpus(reservations: [(STATIC,web)]):3'],
  [
    'cpus:1;cpus(b):2;cpus(a):3',
    '*',
    'cpus:1; cpus(reservations: [(STATIC,a)]):3; cpus(reservations: [(STATIC,b)]):2',
  ],
  [' ports ( a/b ) : [1-2] ', '*', 'ports(reservations: [(STATIC,a/b)]):[1-2]'],
  ['disks(a):{x,y}', '*', 'disks(reservations: [(STATIC,a)]):{x, y}'],
  [
    'cpus:1;mem(*):2;disk(a):3',
    'dev',
    'cpus(reservations: [(STATIC,dev)]):1; disk(reservations: [(STATIC,a)]):3; mem:2',
  ],
  ['cpus(web):0;ports(web):[];disks(web):{}', '*', '{}'],
];

for (const [written, role, printed] of rolesInText) {
  test(`'${written}' with default role ${role} is ${printed}`, (t) => {
    const parsed = parseAmounts(written, role);
    t.is(parsed.ok ? printAmounts(parsed.amounts) : parsed.message, printed);
  });
}

test('one name has one type, in whichever roles', (t) => {
  for (const written of ['foo(a):1;foo(b):[0-1]', 'foo(a):{x};foo:1', 'foo(a):0;foo:[1-2]']) {
    const message = "'foo' is given with two different types";
    t.deepEqual(parseAmounts(written), {ok: false, message});
  }
});

test('what is reserved to a role adds up to an exact amount at most', (t) => {
  const message = "'cpus' is more than 9007199254740.991";
  t.deepEqual(parseAmounts('cpus(a):9e12;cpus(a):9e12'), {ok: false, message});
});

// JSON as an agent is told it.

const cpus = {name: 'cpus', type: 'SCALAR', scalar: {value: 45.55}};

const agentJson: readonly (readonly [title: string, json: unknown, printed: string | RegExp])[] = [
  ['a scalar', [cpus], 'cpus:45.55'],
  ['nothing', [], '{}'],
  [
    'amounts of nothing',
    [
      {...cpus, scalar: {value: 0}},
      {name: 'p', type: 'RANGES', ranges: {}},
    ],
    '{}',
  ],
  ['a role of before', [{...cpus, role: 'a'}], 'cpus(reservations: [(STATIC,a)]):45.55'],
  [
    'a static reservation',
    [{...cpus, reservations: [{type: 'STATIC', role: 'a'}]}],
    'cpus(reservations: [(STATIC,a)]):45.55',
  ],
  ['a disk', [mount(10)], 'disk(reservations: [(STATIC,role)])[MOUNT:/m]:10'],
  ['equal disks', [mount(10, {}), mount(10, {})], 'disk[MOUNT:/m]:10; disk[MOUNT:/m]:10'],
  ['an object', cpus, /^expected a list of resources$/],
  [
    'no type',
    [{name: 'cpus', scalar: {value: 1}}],
    /^\[0\]: type: expected SCALAR, RANGES or SET$/,
  ],
  ['an unknown type', [{...cpus, type: 'TEXT'}], /^\[0\]: type: expected/],
  ['an empty name', [{...cpus, name: ''}], /^\[0\]: name: expected a non-empty text$/],
  ['a negative scalar', [cpus, {...cpus, scalar: {value: -1}}], /^\[1\]: scalar.value: expected/],
  [
    'two types',
    [cpus, {name: 'cpus', type: 'SET', set: {item: ['a']}}],
    /^\[1\]: 'cpus' is given with two/,
  ],
  ['a volume', [volume(10, 'id')], /^'disk': .* what is a persistent volume$/],
  ['revocable', [{...cpus, revocable: {}}], /^'cpus': .* what is revocable$/],
  ['a dynamic reservation', [{...cpus, ...dynamic}], /^'cpus': .* what is reserved dynamically$/],
];

for (const [title, json, expected] of agentJson) {
  test(`an agent told of ${title} in JSON starts with it, or says why not`, (t) => {
    const parsed = parseAgentResources(JSON.stringify(json));
    const answer = parsed.ok ? printAmounts(parsed.amounts) : parsed.message;
    if (typeof expected === 'string') t.is(answer, expected);
    else t.regex(answer, expected);
  });
}

test('an agent reads text, JSON with a default role, and nothing behind the JSON', (t) => {
  const read = (written: string, role?: string): string => {
    const parsed = parseAgentResources(written, role);
    return parsed.ok ? printAmounts(parsed.amounts) : parsed.message;
  };
  t.is(read('cpus:1', 'dev'), 'cpus(reservations: [(STATIC,dev)]):1');
  t.is(read(JSON.stringify([cpus]), 'dev'), 'cpus(reservations: [(STATIC,dev)]):45.55');
  t.is(read(JSON.stringify([{...cpus, role: '*'}]), 'dev'), 'cpus:45.55');
  t.is(read(`${JSON.stringify([cpus])} x`), 'the resources are not valid JSON');
});

// Printing.

const labels = {labels: [{key: 'foo', value: 'bar'}, {key: 'foo'}]};
const alice = {type: 'DYNAMIC', role: 'alice'};
const hadoop = {
  persistence: {id: 'hadoop'},
  volume: {mode: 'RW', container_path: '/data', host_path: '/hdfs'},
};
const mnt = {source: {type: 'MOUNT', mount: {root: '/mnt1'}}};

const prints: readonly (readonly [wires: readonly object[], printed: string])[] = [
  [
    [disk(1, {reservations: [{type: 'STATIC', role: 'alice'}]})],
    'disk(reservations: [(STATIC,alice)]):1',
  ],
  [[disk(1, {revocable: {}})], 'disk{REV}:1'],
  [
    [disk(1, {reservations: [alice], disk: {persistence: {id: 'hadoop'}, ...at('/data')}})],
    'disk(reservations: [(DYNAMIC,alice)])[hadoop:/data]:1',
  ],
  [
    [disk(1, {reservations: [alice], disk: {...hadoop, ...mnt}})],
    'disk(reservations: [(DYNAMIC,alice)])[MOUNT:/mnt1,hadoop:/hdfs:/data:rw]:1',
  ],
  [
    [
      disk(1, {
        allocation_info: {role: 'r'},
        reservations: [
          {type: 'STATIC', role: 'alice'},
          {type: 'DYNAMIC', role: 'alice/refined', principal: 'hdfs-p', labels},
        ],
        disk: {...hadoop, ...mnt},
        shared: {},
      }),
    ],
    'disk(allocated: r)' +
      '(reservations: [(STATIC,alice),(DYNAMIC,alice/refined,hdfs-p,{foo: bar, foo})])' +
      '[MOUNT:/mnt1,hadoop:/hdfs:/data:rw]<SHARED>:1<1>',
  ],
  [
    [sharedVolume(1, 'v'), sharedVolume(1, 'v')],
    'disk(reservations: [(STATIC,role)])[v:path]<SHARED>:1<2>',
  ],
  [
    [disk(1, {disk: {source: {type: 'RAW', vendor: 'v', id: 'i', profile: 'p'}}})],
    'disk[RAW(v,i,p)]:1',
  ],
  [[disk(1, {disk: {source: {type: 'BLOCK'}}})], 'disk[BLOCK]:1'],
  [[disk(1, {disk: {source: {type: 'PATH', path: {root: '/p'}}}})], 'disk[PATH:/p]:1'],
  [[disk(1, {disk: at('/data')})], 'disk[:/data]:1'],
];

for (const [wires, printed] of prints) {
  test(`${printed} is printed as Mesos does`, (t) => {
    t.is(print(wired(...wires)), printed);
  });
}

// Values.

const values: readonly (readonly [written: string, value: object | undefined])[] = [
  ['45.55', {type: 'SCALAR', number: 45.55}],
  ['0', {type: 'SCALAR', number: 0}],
  ['[7-8, 1-4, [8-10], 4-5]', {type: 'RANGES', ranges: [1, 5, 7, 10]}],
  ['{sda1, sda2}', {type: 'SET', items: ['sda1', 'sda2']}],
  ['123abc, s', {type: 'TEXT', text: '123abc,s'}],
  ['inf', {type: 'TEXT', text: 'inf'}],
  ['-inf', {type: 'TEXT', text: '-inf'}],
  ['nan', {type: 'TEXT', text: 'nan'}],
  ['-1', {type: 'TEXT', text: '-1'}],
  ['7.6e-313', undefined],
  ['1e999', undefined],
  ['  ', undefined],
  ['{aa,b}}', undefined],
  ['[1-2]]', undefined],
  ['[1-2b]', undefined],
  ['a[1]', undefined],
  ['(a', undefined],
];

for (const [written, value] of values) {
  test(`the value '${written}' is ${JSON.stringify(value) ?? 'refused'}`, (t) => {
    const parsed = parseValue(written);
    t.deepEqual(
      parsed.ok ? parsed.value : undefined,
      value as typeof parsed extends {value: infer V} ? V : never,
    );
  });
}

// The JSON form.

const ofRole = (type: string, role: string): object => ({type, role});

const validity: readonly (readonly [title: string, about: object, message?: string])[] = [
  ['no role', {}],
  ['the default role', {role: '*'}],
  ['a role', {role: 'a'}],
  ['a role and a reservation', {role: 'a', reservation: {principal: 'p'}}],
  ['a bad role', {role: 'a/'}, 'role: expected the name of a role'],
  [
    'a reserved default role',
    {role: '*', reservation: {}},
    'reservation: role * cannot be reserved',
  ],
  [
    'a type in the old form',
    {role: 'a', reservation: {type: 'DYNAMIC'}},
    'reservation.type: possible in reservations only',
  ],
  [
    'no type of reservation',
    {reservations: [{role: 'a'}]},
    'reservations[0].type: expected STATIC or DYNAMIC',
  ],
  [
    'no role of reservation',
    {reservations: [{type: 'STATIC'}]},
    'reservations[0].role: expected the name of a role',
  ],
  [
    'a stack',
    {reservations: [ofRole('STATIC', 'a'), ofRole('DYNAMIC', 'a/b'), ofRole('DYNAMIC', 'a/b/c')]},
  ],
  [
    'a static refinement',
    {reservations: [ofRole('STATIC', 'a'), ofRole('STATIC', 'a/b')]},
    'reservations[1].type: a refinement is DYNAMIC',
  ],
  [
    'a refinement beside',
    {reservations: [ofRole('STATIC', 'a'), ofRole('DYNAMIC', 'ab')]},
    'reservations[1].role: expected a role below a',
  ],
  [
    'a stack for everybody',
    {reservations: [ofRole('STATIC', '*')]},
    'reservations[0].role: role * cannot be reserved',
  ],
  [
    'both forms alike',
    {
      role: 'a',
      reservation: {principal: 'p'},
      reservations: [{...ofRole('DYNAMIC', 'a'), principal: 'p'}],
    },
  ],
  ['both forms, static', {role: 'a', reservations: [ofRole('STATIC', 'a')]}],
  [
    'both forms, other roles',
    {role: 'b', reservations: [ofRole('STATIC', 'a')]},
    'reservations: role and reservation tell another one',
  ],
  [
    'both forms, other types',
    {role: 'a', reservation: {}, reservations: [ofRole('STATIC', 'a')]},
    'reservations: role and reservation tell another one',
  ],
  [
    'both forms, other labels',
    {role: 'a', reservation: {labels}, reservations: [ofRole('DYNAMIC', 'a')]},
    'reservations: role and reservation tell another one',
  ],
  [
    'both forms, refined',
    {role: 'a', reservations: [ofRole('STATIC', 'a'), ofRole('DYNAMIC', 'a/b')]},
    'reservations: role and reservation cannot tell a refined reservation',
  ],
  [
    'a label without key',
    {reservations: [{...ofRole('DYNAMIC', 'a'), labels: {labels: [{}]}}]},
    'reservations[0].labels.labels[0].key: expected a non-empty text',
  ],
  ['ranges beside a scalar', {ranges: {range: []}}, 'ranges: not possible beside type SCALAR'],
  ['a disk', {disk: {}}, 'disk: not possible for cpus'],
  ['sharing without a volume', {shared: {}}, 'shared: only a persistent volume can be shared'],
  ['no provider', {provider_id: {}}, 'provider_id.value: expected a non-empty text'],
  [
    'a bad allocation',
    {allocation_info: {role: '-'}},
    'allocation_info.role: expected the name of a role',
  ],
  ['revocable as a boolean', {revocable: true}, 'revocable: expected an object'],
];

for (const [title, about, message] of validity) {
  test(`a resource with ${title} is ${message === undefined ? 'valid' : 'refused'}`, (t) => {
    const read = readResource({...cpus, ...about});
    t.is(read.ok ? undefined : read.message, message);
  });
}

const disks: readonly (readonly [title: string, wire: object, message?: string])[] = [
  ['a volume', {persistence: {id: '1'}, ...at('p')}],
  ['only a path', at('p')],
  ['no id', {persistence: {}}, 'disk.persistence.id: expected a non-empty text'],
  ['no mode', {volume: {container_path: 'p'}}, 'disk.volume.mode: expected RW or RO'],
  [
    'an unknown source',
    {source: {type: 'TAPE'}},
    'disk.source.type: expected PATH, MOUNT, BLOCK or RAW',
  ],
  [
    'a mounted block',
    {source: {type: 'BLOCK', mount: {root: '/'}}},
    'disk.source.mount: not possible beside type BLOCK',
  ],
];

for (const [title, about, message] of disks) {
  test(`a disk with ${title} is ${message === undefined ? 'valid' : 'refused by field'}`, (t) => {
    const read = readResource(disk(10, {disk: about}));
    t.is(read.ok ? undefined : read.message, message);
  });
}

test('overlapping ranges and repeated items are refused, as Mesos does', (t) => {
  const range = [
    {begin: 1, end: 5},
    {begin: 5, end: 6},
  ];
  const ranges = readResource({name: 'p', type: 'RANGES', ranges: {range}});
  t.deepEqual(ranges, {ok: false, message: 'ranges.range: expected ranges that do not overlap'});
  const set = readResource({name: 's', type: 'SET', set: {item: ['a', 'a']}});
  t.deepEqual(set, {ok: false, message: 'set.item: expected each item once'});
});

test('the old form tells role and reservation, and no refinement', (t) => {
  const old = (about: object): unknown => {
    const read = readResource({...cpus, ...about});
    return read.ok ? downgrade(read.resource) : read;
  };
  t.deepEqual(old({}), {ok: true, resource: {...cpus, role: '*'}} as unknown);
  t.deepEqual(old({role: 'a'}), {ok: true, resource: {...cpus, role: 'a'}} as unknown);
  const resource = {...cpus, role: 'role', reservation: {principal: 'p'}};
  t.deepEqual(old(dynamic), {ok: true, resource} as unknown);
  t.like(old({reservations: [ofRole('STATIC', 'a'), ofRole('DYNAMIC', 'a/b')]}), {ok: false});
});

// Identity.

const alike: readonly (readonly [title: string, left: object, right: object, isAlike: boolean])[] =
  [
    ['paths in the container', volume(10, '1', 'a'), volume(10, '1', 'b'), true],
    [
      'who made a volume',
      volume(10, '1'),
      disk(10, {...inRole, disk: {persistence: {id: '1', principal: 'p'}, ...at('path')}}),
      true,
    ],
    [
      'the order of labels',
      disk(1, {reservations: [{...alice, labels}]}),
      disk(1, {reservations: [{...alice, labels: {labels: labels.labels.toReversed()}}]}),
      true,
    ],
    ['disk information', disk(10, {disk: at('p')}), disk(10), false],
    ['ids of volumes', volume(10, '1'), volume(10, '2'), false],
    ['sizes of volumes', volume(10, '1'), volume(20, '1'), false],
    ['sharing', volume(10, '1'), sharedVolume(10, '1'), false],
    [
      'sources',
      mount(10),
      disk(10, {...inRole, disk: {source: {type: 'MOUNT', mount: {root: '/n'}}}}),
      false,
    ],
    ['providers', {...cpus, provider_id: {value: 'p'}}, cpus, false],
    ['revocability', {...cpus, revocable: {}}, cpus, false],
    [
      'allocations',
      {...cpus, allocation_info: {role: 'a'}},
      {...cpus, allocation_info: {role: 'b'}},
      false,
    ],
    [
      'types of reservation',
      disk(1, {reservations: [ofRole('STATIC', 'a')]}),
      disk(1, {reservations: [ofRole('DYNAMIC', 'a')]}),
      false,
    ],
    [
      'principals of reservations',
      disk(1, {reservations: [{...alice, principal: 'p'}]}),
      disk(1, {reservations: [alice]}),
      false,
    ],
    [
      'labels without value',
      disk(1, {reservations: [{...alice, labels: {labels: [{key: 'a'}]}}]}),
      disk(1, {reservations: [{...alice, labels: {labels: [{key: 'a', value: ''}]}}]}),
      false,
    ],
  ];

for (const [title, left, right, isAlike] of alike) {
  test(`${title} ${isAlike ? 'do not tell' : 'tell'} two resources apart`, (t) => {
    const [lefts, rights] = [wired(left), wired(right)];
    t.is(equalResources(lefts, rights), isAlike);
    t.is(isEmpty(subtractResources(lefts, rights)), isAlike);
    if (!isAlike) t.true(equalResources(subtractResources(lefts, rights), lefts));
  });
}

test('things that are whole are counted, and what can be split adds up', (t) => {
  const path = (value: number): object => disk(value, {disk: {source: {type: 'PATH'}}});
  const raw = (value: number, id?: string): object =>
    disk(value, {disk: {source: {type: 'RAW', id}}});
  t.true(equalResources(wired(path(1), path(2)), wired(path(3))));
  t.true(equalResources(wired(raw(1), raw(2)), wired(raw(3))));
  for (const one of [volume(10, '1'), mount(10), raw(10, 'i'), sharedVolume(10, '1')]) {
    t.false(containsResources(wired(one), wired(one, one)));
    t.true(containsResources(wired(one, one), wired(one, one)));
    t.true(equalResources(subtractResources(wired(one, one), wired(one)), wired(one)));
  }
  t.true(equalResources(subtractResources(wired(mount(10)), wired(mount(5))), wired(mount(10))));
});

test('a shared volume counts once, equal disks count each', (t) => {
  const held = wired(sharedVolume(10, '1'), sharedVolume(10, '1'), mount(5), mount(5), cpus);
  t.deepEqual(quantitiesOf(held, kinds), {cpus: 45_550, disk: 20_000});
  t.true(equalResources(stripped(held), text('cpus:45.55;disk:20')));
});

// Slow twin: an identity is told by the JSON form alone.

const reservation = fc.constantFrom<readonly WireReservation[]>(
  [],
  [],
  [{type: 'STATIC', role: 'a'}],
  [{type: 'DYNAMIC', role: 'a', principal: 'p'}],
  [{type: 'DYNAMIC', role: 'a', labels: {labels: [{key: 'k', value: 'v'}]}}],
  [
    {type: 'STATIC', role: 'a'},
    {type: 'DYNAMIC', role: 'a/b'},
  ],
);

const diskInfo = fc.constantFrom<NonNullable<WireResource['disk']> | undefined>(
  undefined,
  {},
  {persistence: {id: '1'}},
  {persistence: {id: '2'}, source: {type: 'PATH', path: {root: '/p'}}},
  {source: {type: 'PATH', path: {root: '/p'}}},
  {source: {type: 'MOUNT', mount: {root: '/m'}}},
  {source: {type: 'BLOCK'}},
  {source: {type: 'RAW'}},
  {source: {type: 'RAW', id: 'i', vendor: 'v', profile: 'f'}},
);

const amount = fc.oneof(
  fc.record({
    name: fc.constantFrom('cpus', 'mem', 'disk', 'disk'),
    type: fc.constant('SCALAR' as const),
    scalar: fc.record({value: fc.integer({min: 0, max: 3}).map((value) => value * 1.001)}),
  }),
  fc.record({
    name: fc.constant('ports'),
    type: fc.constant('RANGES' as const),
    ranges: fc.record({
      range: fc.tuple(fc.nat(6), fc.nat(3)).map(([begin, more]) => [{begin, end: begin + more}]),
    }),
  }),
  fc.record({
    name: fc.constant('disks'),
    type: fc.constant('SET' as const),
    set: fc.record({item: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'))}),
  }),
);

const wireArbitrary: fc.Arbitrary<WireResource> = fc
  .record({
    amount,
    reservation,
    diskInfo,
    isRevocable: fc.nat(4).map((draw) => draw === 0),
    isShared: fc.boolean(),
    provider: fc.constantFrom(undefined, undefined, undefined, 'p'),
    allocation: fc.constantFrom(undefined, undefined, undefined, 'r'),
  })
  .map(({amount: about, reservation: reservations, diskInfo: info, ...flags}) => {
    const isDisk = about.name === 'disk' && info !== undefined;
    return {
      ...about,
      ...(reservations.length > 0 && {reservations}),
      ...(isDisk && {disk: info}),
      ...(flags.isRevocable && {revocable: {}}),
      ...(isDisk && info.persistence !== undefined && flags.isShared && {shared: {}}),
      ...(flags.provider !== undefined && {provider_id: {value: flags.provider}}),
      ...(flags.allocation !== undefined && {allocation_info: {role: flags.allocation}}),
    };
  });

/** Lists that have much in common: both pick from a few resources. */
const pairArbitrary = fc.array(wireArbitrary, {minLength: 1, maxLength: 4}).chain((few) => {
  const picks = fc.array(fc.constantFrom(...few), {maxLength: 6});
  return fc.tuple(picks, picks);
});
const wiresArbitrary = pairArbitrary.map(([wires]) => wires);

const compiled = (wires: readonly WireResource[]): Resources => {
  const read = fromWire(wires);
  check.ok(read.ok, read.ok ? '' : read.message);
  return kinds.compile(read.amounts);
};

/** From identity to thousandths or copies; each number and item of ranges and sets by itself. */
const twinOf = (wires: readonly WireResource[]): Map<string, number> => {
  const twin = new Map<string, number>();
  for (const {scalar, ranges, set, ...about} of wires) {
    const {persistence, source} = about.disk ?? {};
    const isRaw = source?.type === 'RAW' && source.id !== undefined;
    const isWhole =
      persistence !== undefined || isRaw || source?.type === 'MOUNT' || source?.type === 'BLOCK';
    const id = canonicalText(about);
    const fixed = Math.round((scalar?.value ?? 0) * 1000);
    const key = isWhole ? `${id} ${fixed}` : id;
    if (fixed > 0) twin.set(key, (twin.get(key) ?? 0) + (isWhole ? 1 : fixed));
    for (const {begin, end} of ranges?.range ?? []) {
      for (let value = begin; value <= end; value += 1) twin.set(`${id} ${value}`, 1);
    }
    for (const item of set?.item ?? []) twin.set(`${id} ${item}`, 1);
  }
  return twin;
};

/** What the resources say in JSON: describing and reading back is part of the way. */
const twinOfResources = (resources: Resources): Map<string, number> =>
  twinOf(toWire(kinds.describe(resources)));

const same = (left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): void => {
  check.deepEqual(Object.fromEntries(left), Object.fromEntries(right));
};

/** JSON with all keys in order. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(
      Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  });
}

/**
 * Seen to fail when `subtractEntry` lowers the scalar of a counted thing, when `addEntry` forgets
 * items, when `containsEntries` compares scalars only, and when `keyOf` leaves the provider out.
 */
test('special resources do what lists of their JSON do', (t) => {
  fc.assert(
    fc.property(pairArbitrary, ([left, right]) => {
      const [lefts, rights] = [compiled(left), compiled(right)];
      const [leftTwin, rightTwin] = [twinOf(left), twinOf(right)];
      same(twinOfResources(lefts), leftTwin);
      same(twinOfResources(addResources(lefts, rights)), twinOf([...left, ...right]));
      const rest = new Map<string, number>();
      for (const [key, fixed] of leftTwin) {
        const value = fixed - (rightTwin.get(key) ?? 0);
        if (value > 0) rest.set(key, value);
      }
      same(twinOfResources(subtractResources(lefts, rights)), rest);
      const holds = [...rightTwin].every(([key, fixed]) => (leftTwin.get(key) ?? 0) >= fixed);
      check.equal(containsResources(lefts, rights), holds);
      check.equal(isEmpty(lefts), leftTwin.size === 0);
      check.ok(containsResources(addResources(lefts, rights), rights));
    }),
    {numRuns: 1000},
  );
  t.pass();
});

/** Seen to fail when `wiresOfEntry` writes only one of several copies. */
test('special resources come back from JSON as they were', (t) => {
  fc.assert(
    fc.property(wiresArbitrary, (wires) => {
      // One by one: the list itself has not been written out before.
      const resources = sum(...wires.map((wire) => compiled([wire])));
      const amounts = kinds.describe(resources);
      const copied = JSON.parse(JSON.stringify(amounts)) as Amounts;
      check.deepEqual(copied, amounts);
      check.ok(equalResources(kinds.compile(copied), resources));
      const back = fromWire(JSON.parse(JSON.stringify(toWire(amounts))));
      check.ok(back.ok && equalResources(kinds.compile(back.amounts), resources));
      check.deepEqual(kinds.describe(kinds.compile(copied)), amounts);
      if (back.ok) check.equal(printAmounts(back.amounts), printAmounts(amounts));
    }),
    {numRuns: 500},
  );
  t.pass();
});

test('paths of volumes, labels and principals are carried along', (t) => {
  const wires = [
    disk(1, {disk: {source: {type: 'PATH', path: {root: '/p'}, metadata: labels}}}),
    disk(2, {
      allocation_info: {role: 'r'},
      reservations: [{type: 'DYNAMIC', role: 'a', principal: 'p', labels}],
      disk: {...hadoop, persistence: {id: 'v', principal: 'q'}},
    }),
  ];
  const back = toWire(kinds.describe(wired(...wires)));
  t.deepEqual(back.map(canonicalText).sort(), wires.map(canonicalText).sort());
});

/** Seen to fail when `labelsOf` takes the labels for a list unseen. */
test('reading the JSON of a special resource never throws', (t) => {
  const part = fc.oneof(fc.anything({maxDepth: 2}), fc.constantFrom('a', null, {}, [], [{}]));
  const fields = ['reservations', 'reservation', 'role', 'disk', 'shared', 'allocation_info'];
  const about = fc.dictionary(fc.constantFrom(...fields, 'provider_id', 'revocable'), part);
  const deep = fc.record({
    reservations: fc.array(
      fc.record(
        {
          type: fc.constant('DYNAMIC'),
          role: fc.constant('a'),
          principal: fc.oneof(part, fc.constant('p')),
          labels: fc.oneof(part, fc.record({labels: part})),
        },
        {requiredKeys: ['type', 'role']},
      ),
    ),
    disk: fc.record({persistence: part, volume: part, source: part}, {requiredKeys: []}),
  });
  fc.assert(
    fc.property(fc.oneof(about, deep), (fuzz) => {
      check.equal(typeof readResource({...disk(1), ...fuzz}).ok, 'boolean');
    }),
    {numRuns: 1000},
  );
  t.pass();
});

// Parts.

/** Seen to fail when `nonRevocable` keeps only what is special. */
test('parts make up the whole, and hold what they say', (t) => {
  fc.assert(
    fc.property(wiresArbitrary, (wires) => {
      const all = compiled(wires);
      const halves = [
        [unreserved(all), reserved(all)],
        [revocable(all), nonRevocable(all)],
        [shared(all), nonShared(all)],
      ] as const;
      for (const [one, other] of halves) check.ok(equalResources(addResources(one, other), all));
      const count = (picks: (wire: WireResource) => boolean): Resources =>
        compiled(wires.filter(picks));
      const roleOf = (wire: WireResource): string | undefined => wire.reservations?.at(-1)?.role;
      check.ok(
        equalResources(
          revocable(all),
          count((wire) => wire.revocable !== undefined),
        ),
      );
      check.ok(
        equalResources(
          shared(all),
          count((wire) => wire.shared !== undefined),
        ),
      );
      check.ok(
        equalResources(
          reserved(all, 'a'),
          count((wire) => roleOf(wire) === 'a'),
        ),
      );
      const isVolume = (wire: WireResource): boolean => wire.disk?.persistence !== undefined;
      check.ok(equalResources(persistentVolumes(all), count(isVolume)));
      const isAllocated = (wire: WireResource): boolean => wire.allocation_info?.role === 'r';
      check.ok(equalResources(allocatedTo(all, 'r'), count(isAllocated)));
      for (const [role, owners] of [
        ['*', []],
        ['a', ['a']],
        ['a/b', ['a', 'a/b']],
        ['a/bc', ['a']],
        ['b', []],
      ] as const) {
        const wanted = count((wire) => {
          const owner = roleOf(wire);
          return owner === undefined || (owners as readonly string[]).includes(owner);
        });
        check.ok(equalResources(allocatableTo(all, role), wanted), role);
      }
      const names = ['cpus', 'mem', 'disk', 'ports', 'disks'];
      const byName = names.map((name) => named(all, name, kinds.indexOf(name)));
      check.ok(equalResources(sum(...byName), all));
    }),
    {numRuns: 300},
  );
  t.pass();
});

test('selecting from plain resources gives the same object', (t) => {
  const all = text('cpus:1;ports:[1-2]');
  for (const same of [
    unreserved(all),
    nonRevocable(all),
    nonShared(all),
    allocatableTo(all, 'a'),
  ]) {
    t.is(same, all);
  }
  t.true(isEmpty(reserved(all)));
});

// Reservations.

/** Seen to fail when `popReservation` takes all reservations. */
test('pushing and popping a reservation, and allocating, change nothing but that', (t) => {
  fc.assert(
    fc.property(wiresArbitrary, (wires) => {
      const all = compiled(wires.filter(({reservations = []}) => reservations.length < 2));
      const pushed = pushReservation(all, {type: 'DYNAMIC', role: 'a/c'}, kinds);
      check.ok(pushed.ok);
      if (!pushed.ok) return;
      check.deepEqual(quantitiesOf(pushed.resources, kinds), quantitiesOf(all, kinds));
      check.ok(equalResources(reserved(pushed.resources, 'a/c'), pushed.resources));
      const popped = popReservation(pushed.resources);
      check.ok(popped.ok && equalResources(popped.resources, all));
      check.ok(equalResources(reservationAncestor(pushed.resources, all), sharedStart(all)));
      const free = unallocate(all);
      const given = allocate(free, 'x', kinds);
      check.ok(equalResources(allocatedTo(given, 'x'), given));
      check.ok(equalResources(unallocate(given), free));
      check.ok(isEmpty(reserved(toUnreserved(all))));
      // Copies of a volume that only a role told apart would be one volume.
      const own = nonShared(all);
      check.ok(equalResources(stripped(toUnreserved(own)), stripped(own)));
    }),
    {numRuns: 300},
  );
  t.pass();
});

/** As far as everything is reserved alike. */
function sharedStart(all: Resources): Resources {
  const wires = toWire(kinds.describe(all));
  const stacks = new Set(wires.map(({reservations = []}) => JSON.stringify(reservations)));
  return stacks.size === 1 ? all : toUnreserved(all);
}

const badPushes: readonly (readonly [
  title: string,
  on: Resources,
  type: 'STATIC' | 'DYNAMIC',
  role: string,
])[] = [
  ['everybody', text('cpus:1'), 'DYNAMIC', '*'],
  ['a bad name', text('cpus:1'), 'STATIC', 'a//b'],
  ['a sibling', text('cpus(a):1'), 'DYNAMIC', 'b'],
  ['the same role', text('cpus(a):1'), 'DYNAMIC', 'a'],
  ['a role below, but static', text('cpus(a):1'), 'STATIC', 'a/b'],
];

for (const [title, on, type, role] of badPushes) {
  test(`a reservation for ${title} cannot be pushed`, (t) => {
    t.false(pushReservation(on, {type, role}, kinds).ok);
  });
}

test('what is not reserved cannot be popped', (t) => {
  t.false(popReservation(text('cpus:1;mem(a):1')).ok);
  t.false(popReservation(wired({...cpus, revocable: {}})).ok);
});

// Finding.

const finds: readonly (readonly [held: string, target: string, found: string | undefined])[] = [
  ['cpus(a):2;mem(a):10;cpus:4;mem:20', 'cpus(a):3;mem(a):15', 'cpus(a):2;mem(a):10;cpus:1;mem:5'],
  ['cpus(a):5;cpus:5', 'cpus:6', 'cpus:5;cpus(a):1'],
  ['cpus(a):1;cpus(b):1;cpus(c):1', 'cpus:3', 'cpus(a):1;cpus(b):1;cpus(c):1'],
  ['cpus(a):1', 'cpus(a):2', undefined],
  ['cpus:2', 'cpus(a):2;cpus(b):1', undefined],
  ['ports(a):[1-5];ports:[6-9]', 'ports:[4-4,6-7]', undefined],
  ['ports(a):[1-5];ports:[6-9]', 'ports:[1-5,6-7]', undefined],
  ['ports(a):[1-5];ports:[6-9]', 'ports:[1-9]', 'ports(a):[1-5];ports:[6-9]'],
  ['', '', ''],
];

for (const [held, target, found] of finds) {
  test(`'${target}' in '${held}' is found as '${found ?? 'nothing'}'`, (t) => {
    const got = findResources(text(held), text(target), kinds);
    t.is(
      got === undefined ? undefined : print(got),
      found === undefined ? found : print(text(found)),
    );
  });
}

/** Seen to fail when what one entry took is given to the next. */
test('what is found is there, and is what was looked for but for reservations', (t) => {
  fc.assert(
    fc.property(pairArbitrary, ([held, target]) => {
      const [all, wanted] = [compiled(held), compiled(target)];
      const found = findResources(all, wanted, kinds);
      if (found === undefined) return;
      check.ok(containsResources(all, found));
      check.ok(equalResources(toUnreserved(found), toUnreserved(wanted)));
    }),
    {numRuns: 1000},
  );
  t.pass();
});

// Operations.

const total = wired(cpus, disk(1000, inRole), mount(200));
const makes = (
  kind: 'reserve' | 'unreserve' | 'create' | 'destroy',
  ...wires: object[]
): Operation => ({
  kind,
  resources: wired(...wires),
});

/** Seen to fail when `create` consumes nothing. */
test('operations conserve quantities, and their inverse brings everything back', (t) => {
  const pairs: readonly (readonly [Operation, Operation])[] = [
    [makes('reserve', {...cpus, ...dynamic}), makes('unreserve', {...cpus, ...dynamic})],
    [makes('create', volume(300, 'v')), makes('destroy', volume(300, 'v'))],
    [makes('create', sharedVolume(300, 'v')), makes('destroy', sharedVolume(300, 'v'))],
    [
      makes('create', volume(300, 'v'), volume(700, 'w')),
      makes('destroy', volume(700, 'w'), volume(300, 'v')),
    ],
    [
      makes(
        'create',
        disk(200, {
          ...inRole,
          disk: {
            ...mnt,
            source: {type: 'MOUNT', mount: {root: '/m'}},
            ...at('p'),
            persistence: {id: 'm'},
          },
        }),
      ),
      makes(
        'destroy',
        disk(200, {
          ...inRole,
          disk: {source: {type: 'MOUNT', mount: {root: '/m'}}, persistence: {id: 'm'}},
        }),
      ),
    ],
    [
      {
        kind: 'reserve',
        resources: wired(disk(5, {reservations: [alice]})),
        source: wired(disk(5, inRole)),
      },
      {
        kind: 'reserve',
        resources: wired(disk(5, inRole)),
        source: wired(disk(5, {reservations: [alice]})),
      },
    ],
    [
      {kind: 'convert', consumed: text('cpus:5'), converted: text('cpus(x):5')},
      {kind: 'convert', consumed: text('cpus(x):5'), converted: text('cpus:5')},
    ],
  ];
  for (const [there, back] of pairs) {
    const done = applyOperation(total, there);
    check.ok(done.ok, done.ok ? '' : done.message);
    if (!done.ok) continue;
    t.false(equalResources(done.resources, total));
    t.deepEqual(quantitiesOf(done.resources, kinds), quantitiesOf(total, kinds));
    const undone = applyOperation(done.resources, back);
    t.true(undone.ok && equalResources(undone.resources, total));
  }
});

test('a volume grows into the disk beside it and shrinks out of it', (t) => {
  const held = sum(total, wired(volume(100, 'v')));
  const grown = applyOperation(held, {
    kind: 'growVolume',
    volume: wired(volume(100, 'v')),
    addition: wired(disk(50, inRole)),
  });
  t.true(
    grown.ok &&
      equalResources(grown.resources, wired(cpus, disk(950, inRole), mount(200), volume(150, 'v'))),
  );
  const shrunk = applyOperation(held, {
    kind: 'shrinkVolume',
    volume: wired(volume(100, 'v')),
    subtract: 40_000,
  });
  t.true(
    shrunk.ok &&
      equalResources(
        shrunk.resources,
        wired(cpus, disk(1040, inRole), mount(200), volume(60, 'v')),
      ),
  );
});

const mountVolume = disk(10, {...inRole, disk: {source: {type: 'MOUNT'}, persistence: {id: 'v'}}});

const refusedOperations: readonly (readonly [
  title: string,
  held: Resources,
  operation: Operation,
])[] = [
  ['more than there is', total, makes('reserve', {...cpus, scalar: {value: 46}, ...dynamic})],
  ['the reservation of what is not reserved', total, makes('reserve', cpus)],
  [
    'a part of a MOUNT disk',
    total,
    makes(
      'create',
      disk(50, {
        ...inRole,
        disk: {source: {type: 'MOUNT', mount: {root: '/m'}}, persistence: {id: 'm'}},
      }),
    ),
  ],
  ['a volume that is none', total, makes('create', disk(50, inRole))],
  ['a volume twice', total, makes('create', sharedVolume(5, 'v'), sharedVolume(5, 'v'))],
  ['the end of what is not reserved', total, makes('unreserve', cpus)],
  [
    'the end of a reservation below a volume',
    wired(volume(5, 'v')),
    makes('unreserve', volume(5, 'v')),
  ],
  [
    'the end of a volume that has copies',
    wired(sharedVolume(5, 'v'), sharedVolume(5, 'v')),
    makes('destroy', sharedVolume(5, 'v')),
  ],
  [
    'the end of all copies at once',
    wired(sharedVolume(5, 'v'), sharedVolume(5, 'v')),
    makes('destroy', sharedVolume(5, 'v'), sharedVolume(5, 'v')),
  ],
  [
    'a source of other resources',
    total,
    {
      kind: 'reserve',
      resources: wired(disk(6, {reservations: [alice]})),
      source: wired(disk(5, inRole)),
    },
  ],
  [
    'growth of a shared volume',
    sum(total, wired(sharedVolume(5, 'v'))),
    {kind: 'growVolume', volume: wired(sharedVolume(5, 'v')), addition: wired(disk(5, inRole))},
  ],
  [
    'growth into disk of another role',
    sum(text('disk:9'), wired(volume(5, 'v'))),
    {kind: 'growVolume', volume: wired(volume(5, 'v')), addition: text('disk:5')},
  ],
  [
    'growth by nothing',
    wired(volume(5, 'v')),
    {kind: 'growVolume', volume: wired(volume(5, 'v')), addition: NO_RESOURCES},
  ],
  [
    'shrinking of a MOUNT disk',
    wired(mountVolume),
    {kind: 'shrinkVolume', volume: wired(mountVolume), subtract: 1000},
  ],
  [
    'shrinking to nothing',
    wired(volume(5, 'v')),
    {kind: 'shrinkVolume', volume: wired(volume(5, 'v')), subtract: 5000},
  ],
];

for (const [title, held, operation] of refusedOperations) {
  test(`an operation is refused that asks for ${title}`, (t) => {
    t.false(applyOperation(held, operation).ok);
  });
}

const agent: Requester = {role: 'role', principal: 'p', total: wired(volume(5, 'taken'))};
const reservedTo = (role: string, principal?: string): object => ({
  ...cpus,
  reservations: [{type: 'DYNAMIC', role, principal}],
});

const rules: readonly (readonly [
  title: string,
  operation: Operation,
  problem: RegExp | undefined,
])[] = [
  ['its own reservation', makes('reserve', reservedTo('role', 'p')), undefined],
  [
    'a reservation for another role',
    makes('reserve', reservedTo('other', 'p')),
    /for other out of an offer for role/,
  ],
  [
    'a reservation of somebody else',
    makes('reserve', reservedTo('role', 'q')),
    /principal .* is not p/,
  ],
  ['a reservation of nobody', makes('reserve', reservedTo('role')), /principal .* is not p/],
  ['a static reservation', makes('reserve', disk(1, inRole)), /only a dynamic/],
  ['a plain reservation', makes('reserve', cpus), /not reserved/],
  [
    'a revocable reservation',
    makes('reserve', {...reservedTo('role', 'p'), revocable: {}}),
    /revocable/,
  ],
  [
    'the end of a static reservation',
    makes('unreserve', disk(1, inRole)),
    /only what is reserved dynamically/,
  ],
  ['the end of a reservation', makes('unreserve', disk(1, dynamic)), undefined],
  ['the end below a volume', makes('unreserve', volume(1, 'v')), /volume lies on it/],
  ['a volume', makes('create', volume(1, 'v')), undefined],
  [
    'a volume with an id that is taken',
    makes('create', volume(1, 'taken')),
    /role role has a persistent volume taken already/,
  ],
  [
    'two volumes with one id',
    makes('create', volume(1, 'v'), volume(2, 'v')),
    /has a persistent volume v already/,
  ],
  [
    'a volume nowhere',
    makes('create', disk(1, {...inRole, disk: {persistence: {id: 'v'}}})),
    /needs a path/,
  ],
  [
    'a volume on a path of the host',
    makes('create', disk(1, {...inRole, disk: hadoop})),
    /no path on the host/,
  ],
  [
    'a volume on unreserved disk',
    makes('create', disk(1, {disk: {persistence: {id: 'v'}, ...at('p')}})),
    /reserved disk only/,
  ],
  ['the end of a volume', makes('destroy', volume(5, 'taken')), undefined],
];

for (const [title, operation, problem] of rules) {
  test(`a framework ${problem === undefined ? 'may' : 'may not'} ask for ${title}`, (t) => {
    const found = operationProblem(operation, agent);
    if (problem === undefined) t.is(found, undefined);
    else t.regex(found ?? '', problem);
  });
}

// Quantities and limits.

test('quantities are read, added, subtracted and printed by name', (t) => {
  const read = (written: string): Readonly<Record<string, number>> | undefined => {
    const parsed = parseQuantities(written);
    return parsed.ok ? parsed.quantities : undefined;
  };
  t.deepEqual(read(' cpus : 3.14 ; ports:3;cpus:1;mem:0'), {cpus: 4140, ports: 3000});
  t.deepEqual(read(''), {});
  for (const bad of [
    'cpus',
    'cpus:',
    ':1',
    'cpus:nan',
    'cpus:-1',
    'a:inf',
    'a:1,b:2',
    'a:1:2',
    'a:[1-2]',
  ]) {
    t.is(read(bad), undefined, bad);
  }
  t.deepEqual(addQuantities({a: 1}, {b: 2, a: 3}), {a: 4, b: 2});
  t.deepEqual(subtractQuantities({a: 5, b: 1}, {a: 3, b: 2, c: 1}), {a: 2});
  t.true(containsQuantities({a: 2}, {}));
  t.true(containsQuantities({a: 2, b: 1}, {a: 2}));
  t.false(containsQuantities({a: 2}, {a: 3}));
  t.false(containsQuantities({}, {constructor: 1}));
  t.is(printQuantities({mem: 1000, cpus: 1500}), 'cpus:1.5; mem:1');
  t.is(printQuantities({}), '{}');
  t.deepEqual(quantitiesOf(text('cpus:1;cpus(a):2;ports(a):[1-3];ports:[3-4];disks:{x}'), kinds), {
    cpus: 3000,
    disks: 1000,
    ports: 5000,
  });
});

test('a limit that is absent is none, and one of 0 counts', (t) => {
  const limits = parseLimits('cpus:0;mem:1.5');
  t.deepEqual(limits, {ok: true, limits: {cpus: 0, mem: 1500}});
  t.like(parseLimits('cpus:1;cpus:1'), {ok: false});
  t.deepEqual(limitsMinus({cpus: 5, mem: 0}, {cpus: 7, disk: 1}), {cpus: 0, mem: 0});
  t.true(containsLimits({}, {cpus: 1}));
  t.false(containsLimits({cpus: 1}, {}));
  t.true(containsLimits({cpus: 1}, {cpus: 1, mem: 1}));
  t.true(withinLimits({cpus: 1}, {cpus: 1, mem: 9}));
  t.false(withinLimits({cpus: 0}, {cpus: 1}));
});

// Shrinking.

/**
 * Seen to fail when `visit` splits what is whole, and when the plain loop forgets kinds beyond the
 * list.
 */
test('what is shrunk is a part of what was there, and as much as may be', (t) => {
  const limits = fc.array(fc.nat(5000), {maxLength: 4});
  fc.assert(
    fc.property(wiresArbitrary, limits, fc.boolean(), fc.nat(), (wires, most, isKept, seed) => {
      const all = compiled(wires);
      const otherwise = isKept ? Infinity : 0;
      const random = makeRandom(seed, 'shrink');
      const kept = shrink(all, most, otherwise, random);
      const written = JSON.parse(JSON.stringify(kinds.describe(kept))) as Amounts;
      check.ok(containsResources(all, kinds.compile(written)));
      const [before, after] = [stripped(all).scalars, stripped(kept).scalars];
      let isCut = false;
      for (const [kind, fixed] of before.entries()) {
        const limit = most[kind] ?? otherwise;
        const left = after[kind] ?? 0;
        check.ok(left <= limit);
        if (fixed <= limit) check.equal(left, fixed);
        else isCut = true;
        const canSplit = kind < 2;
        if (canSplit) check.equal(left, Math.min(fixed, limit));
      }
      check.equal(kept === all, !isCut);
      check.deepEqual(kept.ranges, all.ranges);
      if (!isCut) check.deepEqual(random.state, makeRandom(seed, 'shrink').state);
    }),
    {numRuns: 1000},
  );
  t.pass();
});

test('what fits of several entries is left to chance', (t) => {
  const all = sum(text('disk:10'), wired(mount(10)), wired(mount(10)));
  const random = makeRandom(1, 'shrink');
  const seen = new Set<string>();
  for (let run = 0; run < 100; run += 1) seen.add(print(shrink(all, [], 0, random)));
  t.deepEqual([...seen], ['{}']);
  for (let run = 0; run < 100; run += 1) seen.add(print(shrink(all, [0, 0, 20_000], 0, random)));
  const one = 'disk(reservations: [(STATIC,role)])[MOUNT:/m]:10';
  t.deepEqual([...seen].sort(), [`${one}; ${one}`, `disk:10; ${one}`, '{}']);
});

test('quantities keep what they name, limits keep also what they do not name', (t) => {
  const random = makeRandom(1, 'shrink');
  const all = text('cpus:2;cpus(a):2;mem:5;ports:[1-3];disks(a):{x}');
  const to = (quantities: Readonly<Record<string, number>>): string =>
    print(shrinkToQuantities(all, quantities, kinds, random));
  t.is(to({}), '{}');
  t.is(to({mem: 2000, disk: 1}), 'mem:2');
  t.is(to({cpus: 9000, ports: 3000}), 'cpus:2; cpus(reservations: [(STATIC,a)]):2; ports:[1-3]');
  const within = (limits: Readonly<Record<string, number>>): Resources =>
    shrinkToLimits(all, limits, kinds, random);
  t.is(within({}), all);
  t.is(print(within({cpus: 0, ports: 2000, disks: 0})), 'mem:5');
  t.is(print(shrinkToLimits(text('cpus:3'), {cpus: 1000}, kinds, random)), 'cpus:1');
});

test('a shared volume is shrunk once, with all its copies', (t) => {
  const random = makeRandom(1, 'shrink');
  const all = wired(sharedVolume(10, 'v'), sharedVolume(10, 'v'));
  t.is(shrink(all, [0, 0, 10_000], 0, random), all);
  t.true(isEmpty(shrink(all, [0, 0, 9000], 0, random)));
});

// Names of roles.

const validNames = [
  '*',
  'foo',
  '123',
  'foo.bar',
  'foo..bar',
  '...',
  'foo/.bar',
  'a/b/c',
  'a/b-c',
  'ö',
];
const badNames = [
  '',
  '.',
  '..',
  '-a',
  '/',
  '/a',
  'a/',
  'a//b',
  'a b',
  'a\tb',
  'a\u007Fb',
  'a/..',
  'a/-b',
  'a/*',
  '*/a',
];

test('names of roles are valid or not, as in Mesos', (t) => {
  t.deepEqual(
    validNames.filter((name) => !validRole(name)),
    [],
  );
  t.deepEqual(badNames.filter(validRole), []);
});

test('a role lies below those that its path begins with', (t) => {
  t.true(isStrictSubrole('a/b/c', 'a'));
  t.false(isStrictSubrole('ab', 'a'));
  t.false(isStrictSubrole('a', 'a'));
  t.deepEqual(ancestorsOf('a/b/c/d'), ['a/b/c', 'a/b', 'a']);
  t.deepEqual(ancestorsOf('*'), []);
  t.deepEqual(parseRoles('b,a/c,*'), {ok: true, roles: ['b', 'a/c', '*']});
  t.deepEqual(parseRoles(''), {ok: true, roles: []});
  t.deepEqual(parseRoles('a, b'), {ok: false, message: "' b' is not a name of a role"});
});
