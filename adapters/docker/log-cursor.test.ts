import assert from 'node:assert/strict';
import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {type CursorState, followsOn, LogCursor, NOTHING_COPIED, sinceOf} from './log-cursor.ts';
import {
  type LogMessage,
  makeFrameReader,
  makeTerminalReader,
  type MessageReader,
  type StreamName,
} from './log-messages.ts';

const STREAMS: readonly StreamName[] = ['stdout', 'stderr'];

/** Timestamps of nanoseconds from some second on. */
function stamp(ns: number): string {
  const text = new Date(1_900_000_000_000 + Math.floor(ns / 1e9) * 1000).toISOString();
  return `${text.slice(0, 19)}.${String(ns % 1e9).padStart(9, '0')}Z`;
}

function frame({stream, at, data}: LogMessage): Buffer {
  const payload = Buffer.concat([Buffer.from(`${at} `), data]);
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** Reads it in pieces of random sizes. */
function readIn(reader: MessageReader, all: Buffer, sizes: readonly number[]): LogMessage[] {
  const messages: LogMessage[] = [];
  for (let from = 0, i = 0; from < all.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    messages.push(...reader.push(all.subarray(from, from + size)));
    from += size;
  }
  return [...messages, ...reader.flush()];
}

const arbSizes = fc.array(fc.integer({min: 1, max: 40_000}), {minLength: 1, maxLength: 5});
/** Short lines, and such as the engine cuts into parts. */
const arbLength = fc.oneof(fc.nat(20), fc.integer({min: 16_370, max: 50_000}));

/** Letters that tell one place from another. */
function textOf(length: number): string {
  return 'abcdefghijklmnopqrstuvwxyz '.repeat(Math.ceil(length / 27)).slice(0, length);
}

test('messages are read from frames, whatever pieces they come in', (t) => {
  const arbMessage = fc.tuple(fc.constantFrom(...STREAMS), fc.nat(2e9), arbLength);
  const property = fc.property(fc.array(arbMessage, {maxLength: 6}), arbSizes, (given, sizes) => {
    const messages = given.map(([stream, ns, length]): LogMessage => {
      return {stream, at: stamp(ns), data: Buffer.from(textOf(length))};
    });
    const all = Buffer.concat(messages.map(frame));
    return isDeepStrictEqual(readIn(makeFrameReader(true), all, sizes), messages);
  });
  t.notThrows(() => {
    fc.assert(property);
  });
});

/** A line as the engine sends it of a terminal: cut into parts, which bear one timestamp. */
function partsOf(line: string, at: string): LogMessage[] {
  const parts: LogMessage[] = [];
  for (let from = 0; from === 0 || from < line.length; from += 16_384) {
    parts.push({stream: 'stdout', at, data: Buffer.from(line.slice(from, from + 16_384))});
  }
  return parts;
}

test('messages are read from what a terminal has said, long lines too', (t) => {
  const arbLengths = fc.array(arbLength, {maxLength: 4});
  const property = fc.property(arbLengths, arbSizes, fc.nat(20), (lengths, sizes, tail) => {
    const lines = lengths.map((length) => `${textOf(length)}\r\n`);
    const texts = tail === 0 ? lines : [...lines, textOf(tail)];
    const messages = texts.flatMap((line, i) => partsOf(line, stamp(i * 1000 + 1)));
    const all = Buffer.concat(messages.flatMap(({at, data}) => [Buffer.from(`${at} `), data]));
    return isDeepStrictEqual(readIn(makeTerminalReader(), all, sizes), messages);
  });
  t.notThrows(() => {
    fc.assert(property);
  });
});

interface Piece {
  readonly stream: StreamName;
  /** 0: the timestamp of the one before. */
  readonly afterNs: number;
  readonly ending: '\n' | '';
}

/** A log of the engine: messages in order; what follows an open line bears its timestamp. */
function makeLog(pieces: readonly Piece[]): readonly LogMessage[] {
  const open = new Map<StreamName, string>();
  let ns = 1;
  return pieces.map(({stream, afterNs, ending}, i) => {
    ns += afterNs;
    const at = open.get(stream) ?? stamp(ns);
    if (ending === '') open.set(stream, at);
    else open.delete(stream);
    return {stream, at, data: Buffer.from(`${i}${ending}`)};
  });
}

const arbPiece: fc.Arbitrary<Piece> = fc.record({
  stream: fc.constantFrom(...STREAMS),
  afterNs: fc.constantFrom(0, 0, 1, 1000, 2e9, 20e9),
  ending: fc.constantFrom('\n', '\n', ''),
});

/**
 * Until the next interruption: how many messages of the log's end are tried first, how many are
 * got, how many of those are not written down, and whether the engine goes, or the agent.
 */
const arbLife = fc.record({
  tail: fc.nat(20),
  taken: fc.nat(6),
  unsaved: fc.nat(4),
  agentStays: fc.boolean(),
});

test('however often it is interrupted, nothing is lost and nothing doubled', (t) => {
  const arbPieces = fc.array(arbPiece, {maxLength: 40});
  const arbLives = fc.array(arbLife, {maxLength: 10});
  const property = fc.property(arbPieces, arbLives, fc.nat(40), (pieces, lives, tail) => {
    const log = makeLog(pieces);
    const files = copyOver(log, [...lives, {tail, taken: Infinity, unsaved: 0, agentStays: true}]);
    for (const stream of STREAMS) {
      const said = log.filter((message) => message.stream === stream);
      assert.equal(files[stream], said.map(({data}) => data.toString()).join(''));
    }
  });
  t.notThrows(() => {
    fc.assert(property, {numRuns: 3000});
  });
});

interface Life {
  readonly tail: number;
  readonly taken: number;
  readonly unsaved: number;
  readonly agentStays: boolean;
}

/** Copies the log, with interruptions. */
function copyOver(log: readonly LogMessage[], lives: readonly Life[]): Record<StreamName, string> {
  const files = {stdout: '', stderr: ''};
  const nothing: Saved = {state: NOTHING_COPIED, length: 0};
  let saved: Record<StreamName, Saved> = {stdout: nothing, stderr: nothing};
  let opened = saved;
  let cursors = openBoth(files, opened);
  let agentStays = true;
  for (const life of lives) {
    if (!agentStays) {
      opened = saved;
      cursors = openBoth(files, opened);
    }
    ({agentStays} = life);
    for (const cursor of Object.values(cursors)) cursor.rewind();
    const states = {stdout: cursors.stdout.state, stderr: cursors.stderr.state};
    const since = sinceOf(Object.values(states));
    const end = log.slice(Math.max(log.length - life.tail, 0));
    const answer = followsOn(states, end)
      ? end
      : log.filter(({at}) => since === undefined || secondsOf(at) >= since);
    let taken = 0;
    for (const message of answer) {
      if (taken >= life.taken) break;
      const cursor = cursors[message.stream];
      const before = cursor.state;
      files[message.stream] += cursor.take(message).toString();
      if (cursor.state === before) continue;
      taken += 1;
      // The last ones are in the file, but it was not written down that they are.
      const unsaved = agentStays ? 0 : life.unsaved;
      if (taken <= life.taken - unsaved) saved = savedOf(files, cursors, opened);
    }
  }
  return files;
}

interface Saved {
  readonly state: CursorState;
  readonly length: number;
}

function openBoth(
  files: Readonly<Record<StreamName, string>>,
  saved: Readonly<Record<StreamName, Saved>>,
): Record<StreamName, LogCursor> {
  const open = (stream: StreamName): LogCursor => {
    const {state, length} = saved[stream];
    return new LogCursor(state, Buffer.from(files[stream].slice(length)));
  };
  return {stdout: open('stdout'), stderr: open('stderr')};
}

function savedOf(
  files: Readonly<Record<StreamName, string>>,
  cursors: Readonly<Record<StreamName, LogCursor>>,
  opened: Readonly<Record<StreamName, Saved>>,
): Record<StreamName, Saved> {
  const save = (stream: StreamName): Saved => {
    const {state, isSettled, recognizedBytes} = cursors[stream];
    const {length} = files[stream];
    return {state, length: isSettled ? length : opened[stream].length + recognizedBytes};
  };
  return {stdout: save('stdout'), stderr: save('stderr')};
}

/** As the engine compares them. */
function secondsOf(at: string): string {
  return `${Date.parse(`${at.slice(0, 19)}Z`) / 1000}.${at.slice(20, 29)}`;
}

test('of two streams, the log is read from shortly before the last message', (t) => {
  const state = (ns: number, isOpen = false): CursorState => ({
    at: stamp(ns),
    count: 1,
    open: isOpen,
  });
  t.is(sinceOf([NOTHING_COPIED, NOTHING_COPIED]), undefined);
  t.is(sinceOf([state(100e9), NOTHING_COPIED]), '1900000095.000000000');
  t.is(sinceOf([state(100e9), state(3e9)]), '1900000095.000000000');
  // The rest of an open line will bear the timestamp of its beginning.
  t.is(sinceOf([state(100e9), state(3e9 + 7, true)]), '1900000003.000000007');
});

test('the end of a log follows on what was copied only if nothing can be missing between', (t) => {
  const one = {at: stamp(5), count: 2, open: false};
  const message = (stream: StreamName, ns: number): LogMessage => {
    return {stream, at: stamp(ns), data: Buffer.from('x\n')};
  };
  const both = {stdout: one, stderr: one};
  t.true(followsOn(both, [message('stdout', 4), message('stderr', 6)]));
  t.true(followsOn({stdout: one, stderr: NOTHING_COPIED}, [message('stdout', 4)]));
  // It may be new, and others before it as well.
  t.false(followsOn(both, [message('stdout', 6)]));
  t.false(followsOn({stdout: one, stderr: NOTHING_COPIED}, [message('stderr', 4)]));
  // Of those with one timestamp, some may be before it.
  t.false(followsOn(both, [message('stdout', 5), message('stdout', 5)]));
  t.false(followsOn(both, [message('stdout', 4), message('stderr', 5)]));
  t.false(followsOn(both, []));
});
