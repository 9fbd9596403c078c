import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {FrameSplitter} from './client-mends.ts';

test('however the stream is cut, the same messages come out of it', (t) => {
  const property = fc.property(
    fc.array(fc.uint8Array({maxLength: 40}), {maxLength: 8}),
    fc.array(fc.integer({min: 1, max: 30}), {minLength: 1}),
    fc.uint8Array({maxLength: 3}),
    (bodies, cuts, rest) => {
      const frames = bodies.map((body) => {
        const head = Buffer.alloc(4);
        head.writeInt32BE(body.length);
        return Buffer.concat([head, body]);
      });
      const stream = Buffer.concat([...frames, rest]);
      const splitter = new FrameSplitter();
      const found: Buffer[] = [];
      for (let at = 0, cut = 0; at < stream.length; cut += 1) {
        const end = at + (cuts[cut % cuts.length] ?? 1);
        found.push(...splitter.split(stream.subarray(at, end)));
        at = end;
      }
      assert.deepEqual(found, frames);
      splitter.reset();
      assert.deepEqual([...splitter.split(Buffer.concat(frames))], frames, 'nothing was left');
    },
  );
  fc.assert(property, {numRuns: 1000});
  t.pass();
});
