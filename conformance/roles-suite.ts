/** Suite `roles`: names of roles. */
import {
  ancestorsOf,
  isStrictSubrole,
  parseRoles,
  ScalarKinds,
  validRole,
  type Resources,
} from '../engine/index.ts';
import {fieldsOf, RefusedValue, textOf, UnknownInCase} from './case.ts';
import {OpSuite, type Operation} from './op-suite.ts';
import type {Suite} from './suite.ts';

export function makeRolesSuite(config: unknown): Suite {
  fieldsOf(config, 'config', []);
  return new OpSuite({operations: OPERATIONS, kinds: new ScalarKinds(), resources: noResources});
}

function noResources(): Resources {
  throw new UnknownInCase('resources are not known in the suite roles');
}

type OnTexts = (texts: readonly string[]) => unknown;

function onTexts(count: number, run: OnTexts): Operation {
  return {
    least: count,
    most: count,
    run: (args) => ({kind: 'plain', value: run(args.map((arg) => textOf(arg, 'argument')))}),
  };
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['validRole', onTexts(1, ([name = '']) => validRole(name))],
  ['strictSubrole', onTexts(2, ([role = '', other = '']) => isStrictSubrole(role, other))],
  ['ancestors', onTexts(1, ([role = '']) => ancestorsOf(role))],
  ['parseRoles', onTexts(1, ([text = '']) => parsedRoles(text))],
]);

function parsedRoles(text: string): readonly string[] {
  const parsed = parseRoles(text);
  if (!parsed.ok) throw new RefusedValue(parsed.message);
  return parsed.roles;
}
