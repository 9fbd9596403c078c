import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {SessionProof} from './session-proof.ts';

test('a proof begins with the connection; writes with something before them renew it', (t) => {
  const proof = new SessionProof(4000);
  t.is(proof.until, -Infinity);
  proof.connected(0);
  t.is(proof.until, 4000);
  proof.answered('read', 1000, 1010);
  proof.answered('read', 1500, 1900);
  t.is(proof.until, 4000, 'reads alone prove nothing');
  proof.answered('write', 2600, 2610);
  t.is(proof.until, 5000, 'what was answered at 1010 has been reported, that of 1900 perhaps not');
  proof.answered('write', 9000, 9010);
  t.is(proof.until, 6600);
  proof.answered('write', 9001, 9011);
  t.is(proof.until, 6600);
  proof.connected(12_000);
  t.is(proof.until, 16_000);
  proof.connected(11_000);
  proof.answered('write', 3000, 16_100);
  t.is(proof.until, 16_000, 'what comes late takes nothing away');
});

test('of a busy session five eighths of its timeout are proven, at the worst', (t) => {
  const proof = new SessionProof(8000);
  proof.connected(0);
  for (let at = 1; at < 50_000; at += 3) {
    proof.answered(at % 1000 < 3 ? 'write' : 'read', at, at + 5);
    if (at > 4000) t.true(proof.until > at + 8000 - 3000 - 200, `${proof.until} at ${at}`);
  }
});

/** A client, a follower, the leader, and the two links between them, each in order. */
interface World {
  readonly sends: readonly {readonly gap: number; readonly kind: 'read' | 'write'}[];
  /** Of each message in turn. */
  readonly delays: readonly number[];
  /** From one ping of the leader to the next; at most half a tick. */
  readonly pingGaps: readonly number[];
  /** When the follower and the leader lose each other. */
  readonly cutAt: number;
}

const TIMEOUT = 400;

const worlds: fc.Arbitrary<World> = fc.record({
  sends: fc.array(
    fc.record({
      gap: fc.integer({min: 0, max: 120}),
      kind: fc.constantFrom('read' as const, 'write' as const),
    }),
    {minLength: 1, maxLength: 40},
  ),
  delays: fc.array(fc.oneof(fc.constant(0), fc.nat({max: 60})), {minLength: 1, maxLength: 30}),
  pingGaps: fc.array(fc.oneof(fc.constant(TIMEOUT / 4), fc.integer({min: 1, max: TIMEOUT / 4})), {
    minLength: 1,
    maxLength: 10,
  }),
  cutAt: fc.integer({min: 0, max: 3000}),
});

test('no session ends before its proof does, whatever is delayed or cut', (t) => {
  let renewed = 0;
  const property = fc.property(worlds, (world) => {
    const {heardByLeader, answers} = play(world);
    const proof = new SessionProof(TIMEOUT);
    proof.connected(0);
    for (const {sentAt, kind, at} of answers) {
      const before = proof.until;
      proof.answered(kind, sentAt, at);
      if (proof.until > before) renewed += 1;
      const heard = heardByLeader.filter((instant) => instant <= at);
      const end = Math.max(0, ...heard) + TIMEOUT;
      assert(proof.until <= end, `proven until ${proof.until}, but it may end at ${end}`);
    }
  });
  fc.assert(property, {numRuns: 20_000});
  t.true(renewed > 1000);
});

/** When the leader hears of the session, and when which request is answered. */
function play({sends, delays, pingGaps, cutAt}: World) {
  let delayed = 0;
  const delay = () => delays[(delayed += 1) % delays.length] ?? 0;
  let sentAt = 0;
  let [toFollower, toLeader, toClient] = [0, 0, 0];
  const arrivals = sends.map(({gap, kind}) => {
    sentAt += gap;
    toFollower = Math.max(toFollower, sentAt + delay());
    return {sentAt, kind, at: toFollower};
  });
  const last = toFollower + 1000;
  const pings: number[] = [];
  for (let at = 0, index = 0; at < last; index += 1) {
    pings.push(at);
    at += pingGaps[index % pingGaps.length] ?? 1;
  }
  // What the follower does, in its order: pings tell of all that it has heard since the last one.
  const events = [
    ...arrivals.map((arrival) => ({at: arrival.at, arrival})),
    ...pings.map((at) => ({at, arrival: undefined})),
  ].sort((a, b) => a.at - b.at);
  const heardByLeader: number[] = [];
  const answers: {sentAt: number; kind: 'read' | 'write'; at: number}[] = [];
  let hasHeard = false;
  for (const {at, arrival} of events) {
    if (arrival !== undefined) hasHeard = true;
    if (arrival?.kind === 'read') {
      toClient = Math.max(toClient, at + delay());
      answers.push({...arrival, at: toClient});
      continue;
    }
    toLeader = Math.max(toLeader, at + delay());
    if (toLeader >= cutAt) continue;
    if (arrival === undefined) {
      if (hasHeard) heardByLeader.push(toLeader);
      hasHeard = false;
    } else {
      toClient = Math.max(toClient, toLeader + delay());
      answers.push({...arrival, at: toClient});
    }
  }
  return {heardByLeader, answers};
}
