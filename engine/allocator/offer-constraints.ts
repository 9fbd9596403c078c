/**
 * Offer constraints: what a framework says about the agents that it wants to be offered for a role
 * (Mesos 1.11, reference part 1.13; `offer_constraints_filter.cpp`). They are checked and compiled
 * once, when the framework names them, so that the allocator only has to ask.
 */
import {compileRegex, REGEX_LIMITS, type Regex, type RegexLimits} from '../kernel/regex/regex.ts';
import type {AgentInfo, AttributeValue} from '../scheduler.ts';

/** The v1 JSON form of `OfferConstraints`: plain data, from which they can be compiled again. */
export interface OfferConstraintsData {
  readonly role_constraints: Readonly<Record<string, RoleConstraintsData>>;
}

interface RoleConstraintsData {
  readonly groups: readonly {readonly attribute_constraints: readonly AttributeConstraintData[]}[];
}

interface AttributeConstraintData {
  readonly selector: SelectorData;
  readonly predicate: PredicateData;
}

type SelectorData =
  | {readonly attribute_name: string}
  | {readonly pseudoattribute_type: PseudoAttribute};

export type PseudoAttribute = 'HOSTNAME' | 'REGION' | 'ZONE';

type PredicateData =
  | {readonly exists: Readonly<Record<string, never>>}
  | {readonly not_exists: Readonly<Record<string, never>>}
  | {readonly text_equals: {readonly value: string}}
  | {readonly text_not_equals: {readonly value: string}}
  | {readonly text_matches: {readonly regex: string}}
  | {readonly text_not_matches: {readonly regex: string}};

/** Attributes in the order of the agent; of several with one name only the first is looked at. */
export type AttributeList = readonly (readonly [name: string, value: AttributeValue])[];

/** What constraints ask of an agent. Without a fault domain it has neither region nor zone. */
export interface ConstrainedAgent {
  readonly hostname: string;
  readonly attributes: AttributeList;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
}

const views = new WeakMap<AgentInfo, ConstrainedAgent>();

/** An agent as constraints see it; made once for each. */
export function attributesOf(info: AgentInfo): ConstrainedAgent {
  const known = views.get(info);
  if (known !== undefined) return known;
  const {hostname, attributes, region, zone} = info;
  const view = {hostname, attributes: Object.entries(attributes), region, zone};
  views.set(info, view);
  return view;
}

/** What is wrong with constraints; `path` is a JSON pointer (RFC 6901) into them. */
export interface ConstraintError {
  readonly path: string;
  readonly message: string;
}

export type OfferConstraintsResult =
  | {readonly ok: true; readonly constraints: OfferConstraints}
  | {readonly ok: false; readonly errors: readonly ConstraintError[]};

export interface OfferConstraintsOptions {
  readonly limits?: RegexLimits | undefined;
  /** Roles that the framework is subscribed to: constraints of others are refused. */
  readonly roles?: ReadonlySet<string> | undefined;
}

/**
 * Checks and compiles constraints in the v1 JSON form. Members that are unknown or missing are
 * refused, and so are a role without groups, a group without constraints, and a pattern that is
 * malformed or costs too much.
 */
export function compileOfferConstraints(
  wire: unknown,
  {limits = REGEX_LIMITS, roles}: OfferConstraintsOptions = {},
): OfferConstraintsResult {
  const reader = new Reader(limits);
  const {role_constraints: byRole = {}} = reader.fields(wire, '', [], ['role_constraints']);
  const compiled = new Map<string, readonly Group[]>();
  const data: [string, RoleConstraintsData][] = [];
  for (const [role, value] of Object.entries(reader.map(byRole, '/role_constraints'))) {
    const path = `/role_constraints/${pointerPart(role)}`;
    if (roles?.has(role) === false) reader.fail(path, `the framework has no role '${role}'`);
    const groups = reader.groups(value, path);
    compiled.set(role, groups);
    data.push([role, {groups: groups.map((group) => dataOf(group))}]);
  }
  if (reader.errors.length > 0) return {ok: false, errors: reader.errors};
  const source = {role_constraints: Object.fromEntries(data)};
  return {ok: true, constraints: {data: source, byRole: compiled}};
}

interface Constraint {
  readonly selector: SelectorData;
  readonly predicate: PredicateData;
  readonly test: Test;
}

/** Holds when all of its constraints hold. */
type Group = readonly Constraint[];

/** What a predicate says of an attribute. */
interface Test {
  readonly missing: boolean;
  readonly text: (text: string) => boolean;
  /** Of a value that is no text: predicates on texts let it pass. */
  readonly other: boolean;
}

/** Compiled constraints of one framework; made by {@link compileOfferConstraints} only. */
export interface OfferConstraints {
  /** Plain data, for snapshots and for those who ask the framework's constraints back. */
  readonly data: OfferConstraintsData;
  readonly byRole: ReadonlyMap<string, readonly Group[]>;
}

/**
 * Whether the agent may not be offered to the framework in this role: no group holds for it. The
 * answer changes only with the agent's host name, attributes and domain.
 */
export function excludes(
  {byRole}: OfferConstraints,
  role: string,
  agent: ConstrainedAgent,
): boolean {
  const groups = byRole.get(role);
  if (groups === undefined) return false;
  return !groups.some((group) => group.every((constraint) => holds(constraint, agent)));
}

function dataOf(group: Group): {attribute_constraints: AttributeConstraintData[]} {
  const plain = group.map(({selector, predicate}) => ({selector, predicate}));
  return {attribute_constraints: plain};
}

function holds({selector, test}: Constraint, agent: ConstrainedAgent): boolean {
  const value = valueOf(selector, agent);
  if (value === undefined) return test.missing;
  return typeof value === 'string' ? test.text(value) : test.other;
}

function valueOf(selector: SelectorData, agent: ConstrainedAgent): AttributeValue | undefined {
  if ('attribute_name' in selector) {
    for (const [name, value] of agent.attributes)
      if (name === selector.attribute_name) return value;
    return undefined;
  }
  switch (selector.pseudoattribute_type) {
    case 'HOSTNAME':
      return agent.hostname;
    case 'REGION':
      return agent.region;
    case 'ZONE':
      return agent.zone;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const PREDICATES = [
  'exists',
  'not_exists',
  'text_equals',
  'text_not_equals',
  'text_matches',
  'text_not_matches',
] as const;

const PSEUDO_ATTRIBUTES: readonly PseudoAttribute[] = ['HOSTNAME', 'REGION', 'ZONE'];

/** Stands for a constraint that is wrong; its error makes the whole be refused. */
const REFUSED: Constraint = {
  selector: {attribute_name: ''},
  predicate: {exists: {}},
  test: {missing: false, text: () => false, other: false},
};

/** Reads the JSON form and collects all that is wrong with it. */
class Reader {
  readonly errors: ConstraintError[] = [];
  readonly #limits: RegexLimits;

  constructor(limits: RegexLimits) {
    this.#limits = limits;
  }

  fail(path: string, message: string): void {
    this.errors.push({path, message});
  }

  map(value: unknown, path: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Fields;
    }
    this.fail(path, 'expected an object');
    return {};
  }

  /** An object with all of `required`, perhaps some of `optional`, and nothing else. */
  fields(
    value: unknown,
    path: string,
    required: readonly string[],
    optional: readonly string[] = [],
  ): Fields {
    const errorsBefore = this.errors.length;
    const map = this.map(value, path);
    if (this.errors.length > errorsBefore) return map;
    for (const name of Object.keys(map)) {
      if (required.includes(name) || optional.includes(name)) continue;
      this.fail(`${path}/${pointerPart(name)}`, 'unknown member');
    }
    for (const name of required) {
      if (!Object.hasOwn(map, name)) this.fail(`${path}/${name}`, 'missing');
    }
    return map;
  }

  groups(value: unknown, path: string): readonly Group[] {
    const {groups} = this.fields(value, path, ['groups']);
    return this.#list(groups, `${path}/groups`, 'a role needs a group').map((group, index) => {
      const at = `${path}/groups/${index}`;
      const {attribute_constraints: constraints} = this.fields(group, at, [
        'attribute_constraints',
      ]);
      const listAt = `${at}/attribute_constraints`;
      const list = this.#list(constraints, listAt, 'a group needs a constraint');
      return list.map((constraint, item) => this.#constraint(constraint, `${listAt}/${item}`));
    });
  }

  /** A list that is not empty. What is missing altogether has its error already. */
  #list(value: unknown, path: string, ifEmpty: string): readonly unknown[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) this.fail(path, 'expected a list');
    else if (value.length === 0) this.fail(path, ifEmpty);
    return Array.isArray(value) ? value : [];
  }

  #constraint(value: unknown, path: string): Constraint {
    const fields = this.fields(value, path, ['selector', 'predicate']);
    const {selector, predicate} = fields;
    const selected =
      selector === undefined ? undefined : this.#selector(selector, `${path}/selector`);
    const tested =
      predicate === undefined ? undefined : this.#predicate(predicate, `${path}/predicate`);
    if (selected === undefined || tested === undefined) return REFUSED;
    return {selector: selected, ...tested};
  }

  #selector(value: unknown, path: string): SelectorData | undefined {
    const names = ['attribute_name', 'pseudoattribute_type'] as const;
    const kind = this.#oneOf(value, path, names);
    if (kind === undefined) return undefined;
    const [name, chosen] = kind;
    const text = this.#text(chosen, `${path}/${name}`);
    if (text === undefined) return undefined;
    if (name === 'attribute_name') return {attribute_name: text};
    const pseudo = PSEUDO_ATTRIBUTES.find((known) => known === text);
    if (pseudo !== undefined) return {pseudoattribute_type: pseudo};
    this.fail(`${path}/${name}`, 'expected HOSTNAME, REGION or ZONE');
    return undefined;
  }

  #predicate(
    value: unknown,
    path: string,
  ): {readonly predicate: PredicateData; readonly test: Test} | undefined {
    const kind = this.#oneOf(value, path, PREDICATES);
    if (kind === undefined) return undefined;
    const [name, content] = kind;
    const at = `${path}/${name}`;
    switch (name) {
      case 'exists':
        this.fields(content, at, []);
        return {predicate: {exists: {}}, test: existenceTest(true)};
      case 'not_exists':
        this.fields(content, at, []);
        return {predicate: {not_exists: {}}, test: existenceTest(false)};
      case 'text_equals':
      case 'text_not_equals': {
        const expected = this.#member(content, at, 'value');
        if (expected === undefined) return undefined;
        const predicate =
          name === 'text_equals'
            ? {text_equals: {value: expected}}
            : {text_not_equals: {value: expected}};
        const test = textTest((text) => text === expected, name === 'text_equals');
        return {predicate, test};
      }
      case 'text_matches':
      case 'text_not_matches': {
        const regex = this.#regex(content, at);
        if (regex === undefined) return undefined;
        const {pattern} = regex;
        const predicate =
          name === 'text_matches'
            ? {text_matches: {regex: pattern}}
            : {text_not_matches: {regex: pattern}};
        const test = textTest((text) => regex.matches(text), name === 'text_matches');
        return {predicate, test};
      }
    }
  }

  /** The one member that is set of those that exclude each other. */
  #oneOf<Name extends string>(
    value: unknown,
    path: string,
    names: readonly Name[],
  ): readonly [Name, unknown] | undefined {
    const errorsBefore = this.errors.length;
    const fields = this.fields(value, path, [], names);
    const given = names.filter((name) => Object.hasOwn(fields, name));
    const [name] = given;
    if (this.errors.length > errorsBefore) return undefined;
    if (name !== undefined && given.length === 1) return [name, fields[name]];
    this.fail(path, `expected exactly one of ${names.join(', ')}`);
    return undefined;
  }

  #regex(content: unknown, path: string): Regex | undefined {
    const pattern = this.#member(content, path, 'regex');
    if (pattern === undefined) return undefined;
    const result = compileRegex(pattern, this.#limits);
    if (result.ok) return result.regex;
    this.fail(`${path}/regex`, `regex '${pattern}' is refused: ${result.error.message}`);
    return undefined;
  }

  #member(content: unknown, path: string, name: string): string | undefined {
    const {[name]: value} = this.fields(content, path, [name]);
    return value === undefined ? undefined : this.#text(value, `${path}/${name}`);
  }

  #text(value: unknown, path: string): string | undefined {
    if (typeof value === 'string') return value;
    this.fail(path, 'expected a text');
    return undefined;
  }
}

function existenceTest(exists: boolean): Test {
  return {missing: !exists, text: () => exists, other: exists};
}

/** An attribute that is missing, or a text that does not fit, passes where the test is negated. */
function textTest(fits: (text: string) => boolean, isWanted: boolean): Test {
  return {missing: !isWanted, text: (text) => fits(text) === isWanted, other: true};
}

/** A member's name as a part of a JSON pointer; names of roles may contain slashes. */
function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
