import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {authFilesOf, findRegistryAuth, registryOf} from './registry-auth.ts';

const test = anyTest as TestFn<{folder: string}>;

test.beforeEach(async (t) => {
  t.context.folder = await mkdtemp(join(tmpdir(), 'drydock-auth-'));
});

test.afterEach.always(async (t) => {
  await rm(t.context.folder, {recursive: true, force: true});
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('the registry is what comes before the first slash, if that is a host', (t) => {
  const expected = {
    busybox: 'docker.io',
    'tutum/hello_world:1': 'docker.io',
    'localhost/app': 'localhost',
    'localhost:5000/app:1': 'localhost:5000',
    'quay.io/a/b@sha256:00': 'quay.io',
    'host:1': 'docker.io',
  };
  for (const [image, registry] of Object.entries(expected)) t.is(registryOf(image), registry);
});

test('credentials are found by the registry, however the file writes it', async (t) => {
  const file = join(t.context.folder, 'config.json');
  const auths = {
    'https://index.docker.io/v1/': {auth: base64('hub:a:b')},
    'quay.io': {},
    'https://quay.io/v2/': {username: 'q', password: 'w'},
    'token.io': {auth: base64('x:y'), identitytoken: 'T'},
    broken: 'nonsense',
  };
  await writeFile(file, JSON.stringify({auths, credsStore: 'desktop'}));
  const find = (image: string): Promise<unknown> => findRegistryAuth(image, [file]);
  t.like(await find('library/busybox'), {username: 'hub', password: 'a:b'});
  t.like(await find('quay.io/a/b'), {username: 'q', password: 'w'});
  t.deepEqual(await find('token.io/a'), {identitytoken: 'T', serveraddress: 'token.io'});
  t.is(await find('elsewhere.io/a'), undefined);
});

test('the old form of the file is read too, and what the sandbox has comes first', async (t) => {
  const {folder} = t.context;
  const [sandbox, agentFile] = [join(folder, 'sandbox'), join(folder, 'agent.json')];
  await mkdir(join(sandbox, '.docker'), {recursive: true});
  await writeFile(agentFile, JSON.stringify({auths: {'r.io': {auth: base64('agent:1')}}}));
  const find = async (): Promise<string | undefined> =>
    (await findRegistryAuth('r.io/a', authFilesOf(sandbox, agentFile)))?.username;
  t.is(await find(), 'agent');
  await writeFile(join(sandbox, '.dockercfg'), JSON.stringify({'r.io': {auth: base64('old:1')}}));
  t.is(await find(), 'old');
  const config = JSON.stringify({auths: {'r.io': {auth: base64('own:1')}}});
  await writeFile(join(sandbox, '.docker', 'config.json'), config);
  t.is(await find(), 'own');
});

test('a file that cannot be understood is told by its name, without what is in it', async (t) => {
  const file = join(t.context.folder, 'config.json');
  for (const text of ['{"auths": {"r.io": secret', '[1]', '{"auths": ["secret"]}']) {
    await writeFile(file, text);
    const error = await t.throwsAsync(findRegistryAuth('r.io/a', [file]));
    t.true(error.message.includes(file));
    t.false(error.message.includes('secret'));
  }
});
