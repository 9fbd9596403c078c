/** Bodies of many clients at once, within the memory that there is for them. */
import type {IncomingMessage} from 'node:http';
import {PassThrough} from 'node:stream';
import test from 'ava';
import {Fault} from '../master-errors.ts';
import {BodyRoom, ClientGoneError, readBody} from './read-body.ts';

/** As much of a request as is looked at. */
function upload(): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), {headers: {}}) as unknown as PassThrough &
    IncomingMessage;
}

test('bodies share their room, and whoever is one too many is told to come again', async (t) => {
  const room = new BodyRoom(10);
  const [slow, second, gone] = [upload(), upload(), upload()];
  const slowBody = readBody(slow, 100, room);
  slow.write('123456');
  const refused = readBody(second, 100, room);
  second.write('12345');
  const fault = await t.throwsAsync(() => refused, {instanceOf: Fault});
  t.like(fault, {code: 'bodiesFull', status: 503, headers: {'Retry-After': '1'}});
  const goneBody = readBody(gone, 100, room);
  gone.write('1234');
  gone.destroy();
  await t.throwsAsync(() => goneBody, {instanceOf: ClientGoneError});
  const third = upload();
  const thirdBody = readBody(third, 100, room);
  third.end('abcd');
  t.is((await thirdBody).toString(), 'abcd');
  slow.end('7890');
  t.is((await slowBody).toString(), '1234567890');
  const large = upload();
  const largeBody = readBody(large, 100, room);
  large.end('x'.repeat(100));
  t.is((await largeBody).length, 100);
});
