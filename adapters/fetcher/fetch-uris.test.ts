import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {crc32, gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import type {FetchedUri} from '../../engine/index.ts';
import {FetchCache} from './fetch-cache.ts';
import {fetchUris, type FetchOptions} from './fetch-uris.ts';
import {until} from '../ports/testing/until.ts';

interface Bench {
  readonly folder: string;
  readonly sandbox: string;
  /** Where the server is: `http://…`. */
  readonly origin: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  readonly fetch: (
    uris: readonly Partial<FetchedUri>[],
    options?: Partial<FetchOptions>,
  ) => Promise<void>;
  readonly read: (path: string) => Promise<string>;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

const HELLO: Serve = (_request, response) => response.end('hello\n');

async function withBench(
  t: ExecutionContext,
  serve: Serve,
  keep: (bench: Bench) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-fetch-'));
  await chmod(folder, 0o755);
  const sandbox = join(folder, 'sandbox');
  await mkdir(sandbox);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    serve(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await keep({
      ...{folder, sandbox, origin, asked},
      fetch: (uris, options = {}) =>
        fetchUris(
          uris.map((given) => ({
            ...{uri: '', extract: true, executable: false, cache: false},
            ...given,
          })),
          sandbox,
          {signal: new AbortController().signal, ...options},
        ),
      read: (path) => readFile(join(sandbox, path), 'utf8'),
    });
    // Nothing that is half done is left behind.
    const left = (await readdir(sandbox, {recursive: true})).filter((name) =>
      /fetching|unpacking/.test(name),
    );
    t.deepEqual(left, []);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, {recursive: true, force: true});
  }
}

/** An archive with one file in it, not compressed. */
function zipOf(name: string, text: string): Buffer {
  const [path, data] = [Buffer.from(name), Buffer.from(text)];
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(crc32(data), 0);
  sizes.writeUInt32LE(data.length, 4);
  sizes.writeUInt32LE(data.length, 8);
  const local = Buffer.concat([
    Buffer.from('504b03040a00000000000000210a', 'hex').subarray(0, 10),
    Buffer.from('00000000', 'hex'),
    sizes,
    Buffer.from([path.length, 0, 0, 0]),
    path,
    data,
  ]);
  const central = Buffer.concat([
    Buffer.from('504b01020a000a0000000000', 'hex'),
    Buffer.from('00000000', 'hex'),
    sizes,
    Buffer.from([path.length, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.alloc(8),
    path,
  ]);
  const end = Buffer.alloc(22);
  end.write('504b0506', 0, 'hex');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** An archive made by tar, with these options, of one file. */
function tarOf(folder: string, options: readonly string[]): Buffer {
  return execFileSync('tar', ['-c', ...options, '-C', folder, 'inside.txt'], {
    maxBuffer: 1 << 20,
  });
}

test('files come over HTTP, from a path, and from a file URI, each by its last name', (t) =>
  withBench(t, HELLO, async ({fetch, folder, origin, read}) => {
    await writeFile(join(folder, 'a file'), 'one');
    await writeFile(join(folder, 'two'), 'two');
    await fetch([
      {uri: `${origin}/x/y%20z.txt?query=1#part`},
      {uri: join(folder, 'a file')},
      {uri: `file://${folder}/two`},
    ]);
    t.is(await read('y z.txt'), 'hello\n');
    t.is(await read('a file'), 'one');
    t.is(await read('two'), 'two');
  }));

test('destPath says where to, and folders on the way are made', (t) =>
  withBench(t, HELLO, async ({fetch, origin, read}) => {
    await fetch([{uri: `${origin}/x`, destPath: 'a/b/c.txt'}]);
    t.is(await read('a/b/c.txt'), 'hello\n');
  }));

test('what is executable is made so, and is not unpacked', (t) =>
  withBench(
    t,
    (_request, response) => response.end(gzipSync('#!/bin/sh\n')),
    async ({fetch, origin, sandbox}) => {
      await fetch([{uri: `${origin}/run.gz`, executable: true}]);
      t.is((await stat(join(sandbox, 'run.gz'))).mode & 0o777, 0o755);
      t.false(existsSync(join(sandbox, 'run')));
    },
  ));

test('archives are unpacked beside themselves, by their names', async (t) => {
  const source = await mkdtemp(join(tmpdir(), 'drydock-tar-'));
  await writeFile(join(source, 'inside.txt'), 'inside');
  const plain = tarOf(source, []);
  const archives = new Map([
    ['a.tar', plain],
    ['a.tar.gz', tarOf(source, ['-z'])],
    ['a.tgz', tarOf(source, ['-z'])],
    ['a.tar.bz2', tarOf(source, ['-j'])],
    ['a.tbz2', tarOf(source, ['-j'])],
    ['a.tar.xz', tarOf(source, ['-J'])],
    ['a.txz', tarOf(source, ['-J'])],
    ['a.zip', zipOf('inside.txt', 'inside')],
    ['inside.txt.gz', gzipSync('inside')],
  ]);
  await rm(source, {recursive: true});
  const serve: Serve = (request, response) => {
    response.end(archives.get((request.url ?? '').slice(1)) ?? '');
  };
  await withBench(t, serve, async ({fetch, origin, read, sandbox}) => {
    for (const name of archives.keys()) {
      await fetch([{uri: `${origin}/${name}`, destPath: `of-${name}/${name}`}]);
      t.is(await read(`of-${name}/inside.txt`), 'inside', name);
      t.true(existsSync(join(sandbox, `of-${name}`, name)));
      await fetch([{uri: `${origin}/${name}`, destPath: `kept-${name}/${name}`, extract: false}]);
      t.deepEqual(await readdir(join(sandbox, `kept-${name}`)), [name]);
    }
  });
});

test('redirects are followed, to HTTP only, and not for ever', (t) =>
  withBench(
    t,
    (request, response) => {
      const to = new Map([
        ['/a', '/b'],
        ['/b', '/c'],
        ['/away', 'file:///etc/passwd'],
        ['/round', '/round'],
      ]).get(request.url ?? '');
      if (to !== undefined) response.writeHead(302, {location: to});
      response.end('end');
    },
    async ({fetch, origin, read}) => {
      await fetch([{uri: `${origin}/a`}]);
      t.is(await read('a'), 'end');
      await t.throwsAsync(fetch([{uri: `${origin}/away`}]), {message: /is not HTTP/});
      await t.throwsAsync(fetch([{uri: `${origin}/round`}]), {message: /more than 20 times/});
    },
  ));

for (const [title, uri, message] of [
  ['a scheme of others', 'hdfs://name/a', /the scheme 'hdfs' is not supported \(expected file/],
  ['a relative path', 'a/b.tgz', /expected an absolute path, or a URI of file/],
  ['a folder', 'http://127.0.0.1:1/', /no name of a file at its end/],
  ['a host that does not answer', 'http://127.0.0.1:1/a', /Failed to fetch .*ECONNREFUSED/],
  ['a file that is not there', '/no/such/file', /No such file/],
] as const) {
  test(`refused, with the reason: ${title}`, (t) =>
    withBench(t, HELLO, async ({fetch, sandbox}) => {
      await t.throwsAsync(fetch([{uri}]), {name: 'FetchError', message});
      t.deepEqual(await readdir(sandbox), []);
    }));
}

test('an answer that is none, and one that breaks off, leave nothing behind', (t) =>
  withBench(
    t,
    (request, response) => {
      if (request.url === '/gone') {
        response.writeHead(404).end('not here');
        return;
      }
      response.writeHead(200, {'content-length': 1000});
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    },
    async ({fetch, origin, sandbox}) => {
      await t.throwsAsync(fetch([{uri: `${origin}/gone`}]), {message: /answers 404 Not Found/});
      await t.throwsAsync(fetch([{uri: `${origin}/half`}]), {
        message: /half': the server has broken off in the middle of it/,
      });
      t.deepEqual(await readdir(sandbox), []);
    },
  ));

test('what is no archive but is called one fails with the words of the program', (t) =>
  withBench(t, HELLO, async ({fetch, origin}) => {
    await t.throwsAsync(fetch([{uri: `${origin}/a.tar.gz`}]), {message: /a\.tar\.gz.*(tar|gzip)/s});
    await t.throwsAsync(fetch([{uri: `${origin}/a.zip`}]), {message: /a\.zip/});
    await t.throwsAsync(fetch([{uri: `${origin}/a.gz`}]), {message: /a\.gz.*header/s});
  }));

test('nothing leaves the sandbox: not by destPath, and not by links that are in it', (t) =>
  withBench(t, HELLO, async ({fetch, folder, origin, sandbox}) => {
    const uri = `${origin}/x`;
    for (const destPath of ['../x', '/x', 'a/../../x', 'a/', '..']) {
      await t.throwsAsync(fetch([{uri, destPath}]), {message: /destPath/}, destPath);
    }
    await symlink(folder, join(sandbox, 'out'));
    await t.throwsAsync(fetch([{uri, destPath: 'out/x'}]), {message: /out of the sandbox/});
    await writeFile(join(folder, 'precious'), 'precious');
    await symlink(join(folder, 'precious'), join(sandbox, 'x'));
    await fetch([{uri}]);
    t.is(await readFile(join(folder, 'precious'), 'utf8'), 'precious');
    t.false(existsSync(join(folder, 'x')));
  }));

test('it ends when it is told to, with the reason', (t) =>
  withBench(
    t,
    (_request, response) => void response.write('some'),
    async ({asked, fetch, origin, sandbox}) => {
      const controller = new AbortController();
      const fetching = fetch([{uri: `${origin}/slow`}], {signal: controller.signal});
      await until('the request', () => asked.length > 0);
      controller.abort(new Error('killed'));
      await t.throwsAsync(fetching, {message: 'killed'});
      t.deepEqual(await readdir(sandbox), []);
    },
  ));

test('what may be kept is asked for once, for all who want it at the same time and later', (t) =>
  withBench(
    t,
    (_request, response) => void setTimeout(() => response.end('hello\n'), 20),
    async ({asked, fetch, folder, origin, read}) => {
      const cache = new FetchCache({folder: join(folder, 'cache'), bytesMax: 1000});
      const kept = (path: string, destPath: string) =>
        fetch([{uri: `${origin}${path}`, cache: true, destPath}], {cache});
      await Promise.all([kept('/a', '1'), kept('/a', '2'), kept('/a', '3')]);
      await kept('/a', '4');
      t.deepEqual(asked, ['/a']);
      for (const name of ['1', '2', '3', '4']) t.is(await read(name), 'hello\n');
      await fetch([{uri: `${origin}/a`, destPath: '5'}], {cache});
      t.deepEqual(asked, ['/a', '/a']);
    },
  ));

test('what is kept makes room for what comes, oldest use first', (t) =>
  withBench(
    t,
    (_request, response) => response.end('x'.repeat(400)),
    async ({asked, fetch, folder, origin}) => {
      const cache = new FetchCache({folder: join(folder, 'cache'), bytesMax: 1000});
      const kept = async (path: string): Promise<void> => {
        await fetch([{uri: `${origin}${path}`, cache: true}], {cache});
        // Instants of use are told apart by the file system's clock.
        await new Promise((resolve) => setTimeout(resolve, 15));
      };
      for (const path of ['/a', '/b', '/a', '/c', '/a', '/b']) await kept(path);
      t.deepEqual(asked, ['/a', '/b', '/c', '/b']);
    },
  ));

test('one who stops waiting does not keep the next from getting it', (t) =>
  withBench(
    t,
    (_request, response) => void setTimeout(() => response.end('hello\n'), 50),
    async ({asked, fetch, folder, origin, read}) => {
      const cache = new FetchCache({folder: join(folder, 'cache'), bytesMax: 1000});
      const uri = `${origin}/a`;
      const controller = new AbortController();
      const first = fetch([{uri, cache: true}], {cache, signal: controller.signal});
      const second = fetch([{uri, cache: true}], {cache});
      await until('the request', () => asked.length > 0);
      controller.abort(new Error('no'));
      await t.throwsAsync(first, {message: 'no'});
      await second;
      t.is(await read('a'), 'hello\n');
    },
  ));

if (process.getuid?.() === 0) {
  test('for another user all is his, and read as him', (t) =>
    withBench(t, HELLO, async ({fetch, folder, origin, sandbox}) => {
      await writeFile(join(folder, 'secret'), 'secret', {mode: 0o600});
      await fetch([{uri: `${origin}/a`, destPath: 'b/c/a'}], {user: 'nobody'});
      const {uid} = await stat(join(sandbox, 'b/c/a'));
      t.not(uid, 0);
      t.is((await stat(join(sandbox, 'b'))).uid, uid);
      t.is((await stat(sandbox)).uid, uid);
      const uri = join(folder, 'secret');
      await t.throwsAsync(fetch([{uri}], {user: 'nobody'}), {message: /Permission denied/});
    }));
}
