import check from 'node:assert/strict';
import test from 'ava';
import {agentIdOf} from '../kernel/ids.ts';
import {
  attributesOf,
  compileOfferConstraints,
  excludes,
  type AttributeList,
  type ConstraintError,
  type OfferConstraints,
} from './offer-constraints.ts';

function compile(wire: unknown): OfferConstraints {
  const result = compileOfferConstraints(wire);
  check.ok(result.ok, result.ok ? '' : JSON.stringify(result.errors));
  return result.constraints;
}

function errorsOf(wire: unknown, roles?: ReadonlySet<string>): readonly ConstraintError[] {
  const result = compileOfferConstraints(wire, {roles});
  check.ok(!result.ok, 'the constraints are accepted');
  return result.errors;
}

/** Constraints of role `r` with one group. */
function groupOf(...constraints: readonly unknown[]): unknown {
  return {role_constraints: {r: {groups: [{attribute_constraints: constraints}]}}};
}

function constraintOf(predicate: unknown, selector: unknown = {attribute_name: 'rack'}): unknown {
  return {selector, predicate};
}

const AGENT = {hostname: 'node-17', attributes: [], region: 'north', zone: 'a'};

const attributes: Readonly<Record<string, AttributeList>> = {
  'no attribute': [['other', 'x']],
  'the text x': [['rack', 'x']],
  'the text xy': [['rack', 'xy']],
  'a number': [['rack', 1]],
  ranges: [['rack', {ranges: [[1, 2]]}]],
  'a set': [['rack', {set: ['x']}]],
  'x, then y': [
    ['rack', 'x'],
    ['rack', 'y'],
  ],
  'y, then x': [
    ['rack', 'y'],
    ['rack', 'x'],
  ],
};

const NOT_TEXT = ['a number', 'ranges', 'a set'];

/** Predicate, and the attributes of the agents that are offered. */
const predicates: readonly (readonly [unknown, readonly string[]])[] = [
  [{exists: {}}, Object.keys(attributes).filter((name) => name !== 'no attribute')],
  [{not_exists: {}}, ['no attribute']],
  [{text_equals: {value: 'x'}}, ['the text x', ...NOT_TEXT, 'x, then y']],
  [{text_not_equals: {value: 'x'}}, ['no attribute', 'the text xy', ...NOT_TEXT, 'y, then x']],
  [{text_matches: {regex: '[x]'}}, ['the text x', ...NOT_TEXT, 'x, then y']],
  [{text_not_matches: {regex: 'x'}}, ['no attribute', 'the text xy', ...NOT_TEXT, 'y, then x']],
];

for (const [predicate, offered] of predicates) {
  test(`agents are offered by their first attribute: ${JSON.stringify(predicate)}`, (t) => {
    const constraints = compile(groupOf(constraintOf(predicate)));
    const passed = Object.entries(attributes).filter(
      ([, list]) => !excludes(constraints, 'r', {...AGENT, attributes: list}),
    );
    t.deepEqual(
      passed.map(([name]) => name),
      [...offered],
    );
  });
}

test('host name, region and zone are texts, and an agent without a domain has no region', (t) => {
  const noDomain = {...AGENT, region: undefined, zone: undefined};
  const table = [
    ['HOSTNAME', {text_matches: {regex: 'node-[0-9]+'}}, false, false],
    ['HOSTNAME', {text_equals: {value: 'node-1'}}, true, true],
    ['HOSTNAME', {not_exists: {}}, true, true],
    ['REGION', {text_equals: {value: 'north'}}, false, true],
    ['REGION', {exists: {}}, false, true],
    ['ZONE', {text_not_equals: {value: 'a'}}, true, false],
    ['ZONE', {not_exists: {}}, true, false],
  ] as const;
  for (const [pseudo, predicate, inDomain, outside] of table) {
    const selector = {pseudoattribute_type: pseudo};
    const constraints = compile(groupOf(constraintOf(predicate, selector)));
    const named: AttributeList = [[pseudo, 'node-17']];
    t.is(excludes(constraints, 'r', {...AGENT, attributes: named}), inDomain, pseudo);
    t.is(excludes(constraints, 'r', noDomain), outside, pseudo);
  }
});

test('one group must hold, with all of its constraints; a role without groups is free', (t) => {
  const exists = (name: string): unknown => constraintOf({exists: {}}, {attribute_name: name});
  const constraints = compile({
    role_constraints: {
      r: {
        groups: [
          {attribute_constraints: [exists('a'), exists('b')]},
          {attribute_constraints: [exists('c')]},
        ],
      },
      'r/s': {groups: [{attribute_constraints: [exists('d')]}]},
    },
  });
  const excluded = (role: string, ...names: readonly string[]): boolean =>
    excludes(constraints, role, {...AGENT, attributes: names.map((name) => [name, 1])});
  t.true(excluded('r', 'a'));
  t.true(excluded('r', 'b', 'd'));
  t.false(excluded('r', 'a', 'b'));
  t.false(excluded('r', 'c'));
  t.true(excluded('r/s', 'a', 'b', 'c'));
  t.false(excluded('r/s', 'd'));
  t.false(excluded('other'));
  t.false(excludes(compile({}), 'r', AGENT));
});

test('constraints come back from their data, which does not hold on to what was given', (t) => {
  const given = groupOf(constraintOf({text_not_matches: {regex: 'a+'}}));
  const copy = structuredClone(given);
  const {data} = compile(given);
  Object.assign(given as object, {role_constraints: {}});
  t.deepEqual<unknown, unknown>(JSON.parse(JSON.stringify(data)), copy);
  const again = compile(data);
  t.true(excludes(again, 'r', {...AGENT, attributes: [['rack', 'aa']]}));
  t.false(excludes(again, 'r', {...AGENT, attributes: [['rack', 'b']]}));
});

test('an agent is seen with its attributes in order, and seen once', (t) => {
  const info = {...AGENT, id: agentIdOf('agent1'), attributes: {rack: 'x', disks: 2}};
  t.deepEqual(attributesOf(info), {
    hostname: 'node-17',
    attributes: [
      ['rack', 'x'],
      ['disks', 2],
    ],
    region: 'north',
    zone: 'a',
  });
  t.is(attributesOf(info), attributesOf(info));
});

const AT = '/role_constraints/r/groups/0/attribute_constraints/0';
const ONE_PREDICATE =
  'expected exactly one of exists, not_exists, text_equals, text_not_equals, text_matches, ' +
  'text_not_matches';

/** What is wrong, the constraints, and their errors. */
const refusals: readonly (readonly [string, unknown, readonly (readonly [string, string])[]])[] = [
  ['a text', 'x', [['', 'expected an object']]],
  ['an unknown member', {roles: {}}, [['/roles', 'unknown member']]],
  ['a list of roles', {role_constraints: []}, [['/role_constraints', 'expected an object']]],
  ['no groups', {role_constraints: {'a/b': {}}}, [['/role_constraints/a~1b/groups', 'missing']]],
  [
    'an empty list of groups',
    {role_constraints: {r: {groups: []}}},
    [['/role_constraints/r/groups', 'a role needs a group']],
  ],
  [
    'groups that are no list',
    {role_constraints: {r: {groups: {}}}},
    [['/role_constraints/r/groups', 'expected a list']],
  ],
  [
    'an empty group',
    groupOf(),
    [['/role_constraints/r/groups/0/attribute_constraints', 'a group needs a constraint']],
  ],
  [
    'a constraint of nothing',
    groupOf({}),
    [
      [`${AT}/selector`, 'missing'],
      [`${AT}/predicate`, 'missing'],
    ],
  ],
  [
    'a selector of nothing',
    groupOf(constraintOf({exists: {}}, {})),
    [[`${AT}/selector`, 'expected exactly one of attribute_name, pseudoattribute_type']],
  ],
  [
    'a selector of two',
    groupOf(constraintOf({exists: {}}, {attribute_name: 'a', pseudoattribute_type: 'ZONE'})),
    [[`${AT}/selector`, 'expected exactly one of attribute_name, pseudoattribute_type']],
  ],
  [
    'an unknown pseudo attribute',
    groupOf(constraintOf({exists: {}}, {pseudoattribute_type: 'UNKNOWN'})),
    [[`${AT}/selector/pseudoattribute_type`, 'expected HOSTNAME, REGION or ZONE']],
  ],
  [
    'a name that is no text',
    groupOf(constraintOf({exists: {}}, {attribute_name: 1})),
    [[`${AT}/selector/attribute_name`, 'expected a text']],
  ],
  ['no predicate', groupOf(constraintOf({})), [[`${AT}/predicate`, ONE_PREDICATE]]],
  [
    'an unknown predicate',
    groupOf(constraintOf({is_nice: {}})),
    [[`${AT}/predicate/is_nice`, 'unknown member']],
  ],
  [
    'two predicates',
    groupOf(constraintOf({exists: {}, not_exists: {}})),
    [[`${AT}/predicate`, ONE_PREDICATE]],
  ],
  [
    'an operand too many',
    groupOf(constraintOf({exists: {value: 'x'}})),
    [[`${AT}/predicate/exists/value`, 'unknown member']],
  ],
  [
    'no operand',
    groupOf(constraintOf({text_equals: {}})),
    [[`${AT}/predicate/text_equals/value`, 'missing']],
  ],
  [
    'a malformed pattern and an operand of the wrong type',
    groupOf(
      constraintOf({text_matches: {regex: '[a-d'}}),
      constraintOf({text_not_equals: {value: 1}}),
    ),
    [
      [`${AT}/predicate/text_matches/regex`, `regex '[a-d' is refused: missing ]: [a-d (at 0)`],
      [`${AT.replace(/0$/, '1')}/predicate/text_not_equals/value`, 'expected a text'],
    ],
  ],
  [
    'a pattern that costs too much',
    groupOf(constraintOf({text_not_matches: {regex: '(a+){500}'}})),
    [[`${AT}/predicate/text_not_matches/regex`, `regex '(a+){500}' is refused: pattern too large`]],
  ],
];

for (const [title, wire, errors] of refusals) {
  test(`constraints are refused for ${title}, which is named by its path`, (t) => {
    t.deepEqual(
      errorsOf(wire),
      errors.map(([path, message]) => ({path, message})),
    );
  });
}

test('constraints are refused for roles that the framework has not', (t) => {
  const wire = groupOf(constraintOf({exists: {}}));
  t.deepEqual(errorsOf(wire, new Set(['other'])), [
    {path: '/role_constraints/r', message: `the framework has no role 'r'`},
  ]);
  t.true(compileOfferConstraints(wire, {roles: new Set(['r'])}).ok);
});

test('the limits of patterns can be set', (t) => {
  const wire = groupOf(constraintOf({text_matches: {regex: '(a+){50}'}}));
  t.false(compileOfferConstraints(wire).ok);
  const limits = {programSizeMax: 204, memoryBytesMax: 4096};
  t.true(compileOfferConstraints(wire, {limits}).ok);
});
