/** Definitions: from a file, from a URL, or from standard input. */
import {readFile} from 'node:fs/promises';
import {resolve} from 'node:path';
import {codeOf, Failure} from '../failure.ts';
import type {HttpClient} from '../http/client.ts';
import {stopReason, type World} from '../world.ts';
import {interrupted} from '../http/client.ts';
import {jsonHint} from './json-hint.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ResourceTerms {
  /** What it should be: "an application". */
  readonly what: string;
  /** How it may be given instead of by typing it. */
  readonly example: string;
}

/**
 * An object that somebody has written.
 *
 * @param name a file, an http(s) URL, or undefined and "-" for standard input.
 * @throws Failure
 */
export async function readResource(
  world: World,
  client: HttpClient,
  name: string | undefined,
  terms: ResourceTerms,
): Promise<JsonObject> {
  const isTyped = name === undefined || name === '-';
  const text = isTyped ? await readStdin(world, terms) : await readNamed(world, client, name);
  const value = parseDefinition(text, isTyped ? 'standard input' : name);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new Failure(`error loading JSON: expected ${terms.what} as an object: {…}`);
}

/** @throws Failure that says where the text stops being JSON. */
function parseDefinition(given: string, name: string): unknown {
  const text = given.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const hint = jsonHint(text, name);
    throw new Failure(`error loading JSON: ${hint?.message ?? error.message}`, {
      hints: hint?.lines,
      cause: error,
    });
  }
}

async function readStdin(world: World, {what, example}: ResourceTerms): Promise<string> {
  const {stdin, stop} = world;
  if (stdin.isTTY === true) {
    throw new Failure(
      `We currently don't support reading from the TTY. Please specify ${what} as JSON.`,
      {hints: [`E.g.: ${example}`]},
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    if (stop.aborted) break;
    chunks.push(Buffer.from(chunk));
  }
  if (stopReason(world) !== undefined) throw interrupted();
  return Buffer.concat(chunks).toString();
}

async function readNamed(world: World, client: HttpClient, name: string): Promise<string> {
  if (/^https?:\/\//i.test(name)) {
    const {status, reason, body} = await client.request('GET', name);
    if (status === 200) return body.toString();
    throw unreadable(name, `HTTP ${status} ${reason}`);
  }
  try {
    return await readFile(resolve(world.folder, name), 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw unreadable(name, code === 'ENOENT' ? undefined : code, error);
  }
}

function unreadable(name: string, why?: string, cause?: unknown): Failure {
  const told = why === undefined ? '' : ` (${why})`;
  return new Failure(`can't read from resource: ${name}${told}. Please check that it exists`, {
    cause,
  });
}
