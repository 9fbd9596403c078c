/**
 * A master that is killed while it writes: nothing that was acknowledged may be lost, and what was
 * not is there as a whole or not at all. KILL_SEED draws the same instants again; what the two
 * processes have done by then is not up to a seed.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as passing} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {makeRandom, type Random} from '../../engine/index.ts';
import type {StoredDocument} from '../ports/store.ts';
import {openFileDatabase} from './file-database.ts';
import {LAST_PATH, OPENING_LINE, stateBehind} from './testing/kill-workload.ts';

const lanes = 2;
const roundsOfLane = 100;
/** One kill in so many falls into what a process does when it opens what the one before it left. */
const earlyKillsEvery = 5;
const openingMsMax = 60;
const loadMsMax = 50;
const newStores = 25;
const compileCache = join(tmpdir(), `file-store-kill-${process.pid}`);
const workload = fileURLToPath(new URL('./testing/kill-workload.ts', import.meta.url));

test.after.always(() => rm(compileCache, {recursive: true, force: true}));

interface Round {
  /** The last write that was said to be durable; undefined if none was. */
  readonly acknowledged: number | undefined;
  readonly signal: NodeJS.Signals | null;
}

interface Tally {
  acknowledged: number;
  roundsUnderLoad: number;
  /** Writes that were found although nobody had been told of them. */
  beyond: number;
}

test('kill -9 at 200 instants under load loses nothing acknowledged, tears nothing', async (t) => {
  const seed = seedOf();
  const tally: Tally = {acknowledged: 0, roundsUnderLoad: 0, beyond: 0};
  const problems = await Promise.all(
    Array.from({length: lanes}, (_, lane) => killAgainAndAgain(seed, lane, tally)),
  );
  t.log({seed, ...tally});
  t.deepEqual(problems.flat(), [], `KILL_SEED=${seed}`);
  t.true(tally.roundsUnderLoad > (lanes * roundsOfLane) / 2, `KILL_SEED=${seed}`);
});

test('kill -9 while a store is made leaves one that can be opened', async (t) => {
  const seed = seedOf();
  const random = makeRandom(seed, 'new stores');
  for (let round = 0; round < newStores; round += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'file-store-kill-'));
    try {
      const instant = {said: /\n/, afterMs: random.below(openingMsMax + 1)};
      const {acknowledged = 0, signal} = await killWhen(folder, 0, instant);
      const problem = judge(inspect(folder), {last: 0, epoch: 0, acknowledged, signal});
      t.is(problem, undefined, `KILL_SEED=${seed}, round ${round}`);
      t.deepEqual(await readdir(folder), ['drydock.db']);
    } finally {
      await rm(folder, {recursive: true});
    }
  }
});

function seedOf(): number {
  return Number(process.env['KILL_SEED'] ?? Date.now());
}

/** One folder for all rounds, so that each of them has what the kills before it have left. */
async function killAgainAndAgain(seed: number, lane: number, tally: Tally) {
  const random = makeRandom(seed, `lane ${lane}`);
  const folder = await mkdtemp(join(tmpdir(), 'file-store-kill-'));
  try {
    let [last, epoch] = [0, 0];
    for (let round = 0; round < roundsOfLane; round += 1) {
      const {acknowledged = last, signal} = await writeAndKill(folder, last, random);
      const found = inspect(folder);
      const problem = judge(found, {last, epoch, acknowledged, signal});
      if (problem !== undefined) return [`lane ${lane}, round ${round}: ${problem}`];
      tally.acknowledged += acknowledged - last;
      tally.beyond += found.number - acknowledged;
      if (acknowledged > last) tally.roundsUnderLoad += 1;
      [last, epoch] = [found.number, found.epoch];
    }
    return [];
  } finally {
    await rm(folder, {recursive: true});
  }
}

async function writeAndKill(folder: string, last: number, random: Random): Promise<Round> {
  return random.below(earlyKillsEvery) > 0
    ? await killWhen(folder, last, {said: /\d/, afterMs: random.below(loadMsMax + 1)})
    : await killWhen(folder, last, {said: /\n/, afterMs: random.below(openingMsMax + 1)});
}

interface Instant {
  /** What the process has said by then. */
  readonly said: RegExp;
  readonly afterMs: number;
}

async function killWhen(folder: string, last: number, instant: Instant): Promise<Round> {
  const child = spawn(process.execPath, [workload, folder, String(last)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Half of what a round takes would go into reading the same sources again.
    env: {...process.env, NODE_COMPILE_CACHE: compileCache},
  });
  const closed = once(child, 'close');
  let said = '';
  const heard = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (instant.said.test(said)) heard.resolve();
  });
  await Promise.race([heard.promise, closed]);
  await passing(instant.afterMs);
  child.kill('SIGKILL');
  await closed;
  // What follows the last line's end was not said in full.
  const lines = said.split('\n').slice(0, -1);
  const numbers = lines.filter((line) => line !== OPENING_LINE).map(Number);
  return {acknowledged: numbers.at(-1), signal: child.signalCode};
}

interface Found {
  readonly number: number;
  readonly epoch: number;
  readonly documents: readonly StoredDocument[];
}

function inspect(folder: string): Found {
  const database = openFileDatabase(join(folder, 'drydock.db'), {});
  try {
    const documents = database.load().map(([path, text]) => [path, JSON.parse(text)] as const);
    const number = Number(new Map<string, unknown>(documents).get(LAST_PATH) ?? 0);
    const epoch = database.nextEpoch();
    database.commit();
    return {number, epoch, documents};
  } finally {
    database.close();
  }
}

interface Before {
  /** The write and the epoch behind the round before. */
  readonly last: number;
  readonly epoch: number;
  readonly acknowledged: number;
  readonly signal: NodeJS.Signals | null;
}

/** @returns what is wrong, for people. */
function judge(found: Found, {last, epoch, acknowledged, signal}: Before): string | undefined {
  const {number, documents} = found;
  if (signal !== 'SIGKILL') return `the process ended by itself (${signal})`;
  if (number < acknowledged) return `${acknowledged} was acknowledged, ${number} is the last there`;
  if (found.epoch <= epoch) return `epoch ${found.epoch} follows ${epoch}`;
  if (JSON.stringify(documents) === JSON.stringify(stateBehind(number))) return undefined;
  return `from ${last} on, writes up to ${number} have left something else than they should`;
}
