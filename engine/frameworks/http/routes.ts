/**
 * From a method and a path to who answers: patterns, tried in the order in which they are given.
 */
import {readCall, type Call} from './call.ts';
import {optionsOf, unknownRoute, withoutBody, wrongMethod, type HttpAnswer} from './answers.ts';
import type {HttpRequest} from './http-request.ts';

export type Method = 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT';

/**
 * In a pattern `{name}` stands for one part of a path, `{name+}` for one or more, `{name*}` for any
 * number; of these two a pattern has one at most. Ids of apps and groups have many parts.
 */
export type Route = readonly [method: Method, pattern: string, answer: (call: Call) => HttpAnswer];

interface PatternPart {
  /** Undefined: a name. */
  readonly literal: string | undefined;
  readonly name: string;
  readonly isMany: boolean;
}

interface CompiledRoute {
  readonly method: Method;
  readonly parts: readonly PatternPart[];
  /** How many parts a path has at least. */
  readonly partsMin: number;
  readonly answer: Route[2];
}

export class Router {
  readonly #routes: readonly CompiledRoute[];
  readonly #unknown: (path: string) => HttpAnswer;

  /** `unknown` answers for paths that no route has. */
  constructor(routes: readonly Route[], unknown: (path: string) => HttpAnswer = unknownRoute) {
    this.#routes = routes.map(compile);
    this.#unknown = unknown;
  }

  /** HEAD is GET without the body. */
  answer(request: HttpRequest): HttpAnswer {
    const {parts, call} = readCall(request);
    const method = request.method.toUpperCase();
    const wanted = method === 'HEAD' ? 'GET' : method;
    const others = new Set<Method>();
    for (const route of this.#routes) {
      const names = matchParts(route, parts);
      if (names === undefined) continue;
      if (route.method !== wanted) {
        others.add(route.method);
        continue;
      }
      const answer = route.answer({...call, names});
      return method === 'HEAD' ? withoutBody(answer) : answer;
    }
    if (others.size === 0) return this.#unknown(call.uri);
    return method === 'OPTIONS' ? optionsOf(others) : wrongMethod(others);
  }
}

const NAME = /^\{(\w+)([+*]?)\}$/;

function compile([method, pattern, answer]: Route): CompiledRoute {
  const texts = pattern.split('/').filter((text) => text !== '');
  const parts = texts.map((text): PatternPart => {
    const [, name, count] = NAME.exec(text) ?? [];
    if (name === undefined) return {literal: text, name: '', isMany: false};
    return {literal: undefined, name, isMany: count !== ''};
  });
  const partsMin = texts.filter((text) => !text.endsWith('*}')).length;
  return {method, parts, partsMin, answer};
}

/** What stands for each name; undefined if the path is none of the pattern. */
function matchParts(
  {parts, partsMin}: CompiledRoute,
  path: readonly string[],
): ReadonlyMap<string, readonly string[]> | undefined {
  if (path.length < partsMin) return undefined;
  const names = new Map<string, readonly string[]>();
  let at = 0;
  for (const [index, {literal, name, isMany}] of parts.entries()) {
    const behind = parts.length - index - 1;
    const end = isMany ? path.length - behind : at + 1;
    if (literal === undefined) names.set(name, path.slice(at, end));
    else if (path[at] !== literal) return undefined;
    at = end;
  }
  return at === path.length ? names : undefined;
}
