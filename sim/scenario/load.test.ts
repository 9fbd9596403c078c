import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import test from 'ava';
import {loadScenario, problemText, scenarioOf} from './load.ts';
import {SCENARIO_SCHEMA_FILE, scenarioSchemaText} from './json-schema.ts';
import {metricNames} from './metrics.ts';
import type {Scenario} from './schema.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'drydock-scenario-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

let cases = 0;

/** Writes the files into a folder of their own and loads `s.yaml`, or else the first of them. */
function load(files: Readonly<Record<string, string>>): ReturnType<typeof loadScenario> & {
  readonly texts: readonly string[];
} {
  cases += 1;
  const home = join(folder, String(cases));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), {recursive: true});
    writeFileSync(join(home, name), text);
  }
  const [first = ''] = Object.keys(files);
  const result = loadScenario(join(home, 's.yaml' in files ? 's.yaml' : first), {
    dataFolders: [join(home, 'data')],
  });
  const shorten = (file: string): string => relative(home, file);
  const texts = result.ok
    ? []
    : result.problems.map((problem) => problemText(problem, shorten).replaceAll(home, ''));
  return {...result, texts};
}

/**
 * What every case of testdata/bad-scenarios.txt builds on: four lines that are a sound scenario.
 */
const sound = `until: 1h
cluster:
  agents:
    - {name: a, count: 2, resources: "cpus:4;mem:1024"}
`;

/** The cases of testdata/bad-scenarios.txt: title, files by name, and what is to be told. */
function badScenarios(): {title: string; files: Record<string, string>; problems: string[]}[] {
  const text = readFileSync(join(import.meta.dirname, 'testdata', 'bad-scenarios.txt'), 'utf8');
  return text
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...sections] = part.split(/^-- |^(?==== )/m);
      const files = Object.fromEntries(
        sections.map((section) => {
          const [, name = '', body = ''] = /^(\S+) --\n(.*)$/s.exec(section) ?? [];
          return [name, body];
        }),
      );
      const {problems = '', ...others} = files;
      return {title: title.trim(), files: others, problems: problems.trim().split('\n')};
    });
}

for (const {title, files, problems} of badScenarios()) {
  test(`bad input is told with its place: ${title}`, (t) => {
    t.deepEqual(load(files).texts, problems);
  });
}

test('a missing scenario file is a problem, not an exception', (t) => {
  const file = join(folder, 'nowhere.yaml');
  t.deepEqual(loadScenario(file, {dataFolders: []}), {
    ok: false,
    problems: [{path: '', message: 'file not found', file}],
  });
});

test('a data file without any data folder says what to set', (t) => {
  const value = {until: '1h', cluster: {agents: [{name: 'a', nodes: 'data:n.csv'}]}};
  const result = scenarioOf(value, {dataFolders: [], folder});
  t.deepEqual(result, {
    ok: false,
    problems: [
      {
        path: 'cluster.agents[0].nodes',
        message: 'file not found: data:n.csv (no data folder; set DRYDOCK_DATA)',
      },
    ],
  });
});

test('nested aliases that stand for billions of values are refused', (t) => {
  const lines = ['x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]'];
  for (let level = 1; level < 10; level += 1) {
    lines.push(
      `x${level}: &x${level} [${Array(10)
        .fill(`*x${level - 1}`)
        .join(', ')}]`,
    );
  }
  const {texts} = load({'s.yaml': lines.join('\n')});
  t.deepEqual(texts, ['s.yaml: more than 1000000 values (aliases count each time)']);
});

test('brackets without end, and brackets beyond measure, are refused', (t) => {
  const endless = '['.repeat(100_000);
  t.is(load({'s.yaml': `seed: ${endless}`}).texts.length, 1);
  const closed = `seed: ${endless}${']'.repeat(100_000)}`;
  t.deepEqual(load({'s.yaml': closed}).texts, ['s.yaml: nested too deeply']);
});

function scenario(files: Readonly<Record<string, string>>): Scenario {
  const result = load(files);
  if (!result.ok) throw new Error(result.texts.join('\n'));
  return result.scenario;
}

test('a small scenario gets every default', (t) => {
  t.deepEqual(scenario({'small.yaml': sound}), {
    name: 'small',
    about: '',
    seed: 1,
    startMs: 0,
    until: {kind: 'time', atMs: 3_600_000},
    allocator: {
      intervalMs: 1000,
      allocateOnRecovery: false,
      minAllocatable: [
        {scalars: {cpus: 10}, ranges: {}, sets: {}},
        {scalars: {mem: 32_000}, ranges: {}, sets: {}},
      ],
      excludeFromFairness: [],
      sorter: 'drf',
      agentOrder: 'random',
      nestedLimits: false,
      reviveKeepsFilters: false,
      mergeOffers: false,
    },
    master: {agentPingTimeoutMs: 15_000, agentPingTimeoutsMax: 5},
    assumptions: [],
    agents: [
      {
        kind: 'uniform',
        name: 'a',
        attributes: {},
        zones: [],
        racks: [],
        count: 2,
        resources: {scalars: {cpus: 4000, mem: 1_024_000}, ranges: {}, sets: {}},
      },
    ],
    frameworks: [],
    roles: [],
    workloads: [],
    behaviours: [],
    events: [],
    failures: [],
    expectations: [],
    sampling: {everyMs: 15_000, fillRows: 64},
  });
});

test('a full scenario is resolved: files, times, amounts, distributions, selections', (t) => {
  const files = {
    's.yaml': `
name: full
until: idle
allocator: {interval: 500ms, onRecovery: true, minAllocatable: [], offerTimeout: 2m, region: eu,
  sorter: random, agentOrder: packed, nestedLimits: true, reviveKeepsFilters: true,
  mergeOffers: true}
cluster:
  agents:
    - {name: n, nodes: data:nodes.csv, format: nodes, limit: 9, zones: 2,
       attributes: {ssd: true, gen: 3},
       assume: {memPerCpu: 5333.5, add: "ports:[1-2,3-4]"}}
workloads:
  - {app: app.json, at: 1h}
  - {jobs: jobs.swf.gz, arrivalScale: 0.5, perTask: cpus:0.5, limit: 7}
  - {services: {synthesise: dlrm}}
  - {arrivals: {interarrival: {lognormal: {mean: 1s, sigma: 0}}, duration: 5s,
     tasks: {choice: {values: [1, 2]}}, resources: "cpus:1", count: 3}}
behaviours:
  - {match: "/dlrm/*", startup: 2s, failure: {probability: 0.1, after: {exponential: {mean: 1m}}}}
events:
  - {at: 2h, kill: {agents: {zone: zone-1, fraction: 0.5}}}
  - {at: 1h, upgrade: {app: x, with: {cmd: null}}}
expect:
  - {at: always, since: 1m, metric: apps.x.running, atLeast: 1}
`,
    'app.json': '{"id": "/x", "unknown": [1]}',
    'jobs.swf.gz': '',
    'data/nodes.csv': '',
  };
  const {agents, frameworks, workloads, behaviours, events, expectations, allocator} =
    scenario(files);
  const home = join(folder, String(cases));
  t.deepEqual(allocator, {
    intervalMs: 500,
    allocateOnRecovery: true,
    minAllocatable: [],
    excludeFromFairness: [],
    offerTimeoutMs: 120_000,
    sorter: 'random',
    agentOrder: 'packed',
    nestedLimits: true,
    reviveKeepsFilters: true,
    mergeOffers: true,
    region: 'eu',
  });
  t.deepEqual(agents, [
    {
      kind: 'listed',
      name: 'n',
      attributes: {ssd: 'true', gen: '3'},
      zones: ['zone-0', 'zone-1'],
      racks: [],
      file: {written: 'data:nodes.csv', path: join(home, 'data', 'nodes.csv')},
      format: 'nodes',
      limit: 9,
      assume: {
        memPerCpuThousandths: 5_333_500,
        diskPerCpuThousandths: 0,
        add: {scalars: {}, ranges: {ports: [[1, 4]]}, sets: {}},
      },
    },
  ]);
  t.deepEqual(
    frameworks.map(({kind, name, role}) => ({kind, name, role})),
    [
      {kind: 'marathon', name: 'marathon', role: 'marathon'},
      {kind: 'batch', name: 'batch', role: 'batch'},
    ],
  );
  t.deepEqual(workloads, [
    {
      kind: 'app',
      name: 'app',
      framework: 'marathon',
      atMs: 3_600_000,
      app: {id: '/x', unknown: [1]},
      file: {written: 'app.json', path: join(home, 'app.json')},
    },
    {
      kind: 'jobs',
      name: 'jobs',
      framework: 'batch',
      atMs: 0,
      source: {kind: 'file', file: {written: 'jobs.swf.gz', path: join(home, 'jobs.swf.gz')}},
      arrivalScale: 0.5,
      perTask: {scalars: {cpus: 500}, ranges: {}, sets: {}},
      limit: 7,
    },
    {
      kind: 'services',
      name: 'services',
      framework: 'marathon',
      atMs: 0,
      source: {kind: 'synthesised', model: 'dlrm'},
    },
    {
      kind: 'arrivals',
      name: 'arrivals',
      framework: 'batch',
      atMs: 0,
      interarrivalMs: {kind: 'lognormal', median: 1000, sigma: 0},
      tasks: {kind: 'choice', values: [1, 2], weights: [1, 1]},
      durationMs: {kind: 'constant', value: 5000},
      resources: {scalars: {cpus: 1000}, ranges: {}, sets: {}},
      count: 3,
    },
  ]);
  t.deepEqual(behaviours, [
    {
      match: '/dlrm/*',
      startupMs: {kind: 'constant', value: 2000},
      stopMs: {kind: 'constant', value: 0},
      end: 'finished',
      failure: {probability: 0.1, afterMs: {kind: 'exponential', mean: 60_000}},
      healthyAfterMs: {kind: 'constant', value: 0},
      sickAnswer: 500,
      readyAfterMs: {kind: 'constant', value: 0},
    },
  ]);
  t.deepEqual(events, [
    {atMs: 3_600_000, kind: 'upgrade', app: '/x', framework: 'marathon', patch: {cmd: null}},
    {atMs: 7_200_000, kind: 'fault', fault: 'crash', agents: {zone: 'zone-1', fraction: 0.5}},
  ]);
  t.deepEqual(expectations, [
    {
      text: 'apps.x.running is at least 1 always from 1m',
      when: {kind: 'always', sinceMs: 60_000},
      metric: 'apps.x.running',
      comparator: 'atLeast',
      value: 1,
    },
  ]);
});

test('how tasks answer health checks is resolved, and never is never', (t) => {
  const {behaviours, events, frameworks} = scenario({
    's.yaml': `until: 1h
cluster: {agents: [{name: a, resources: cpus:4}]}
frameworks: {marathon: {type: marathon, healthKillShareMax: 0.5}}
workloads: [{app: {id: /x}}]
behaviours:
  - {match: /x, version: 2, healthyAfter: never, readyAfter: never, sickAnswer: timeout}
  - {match: /x, healthyAfter: 5s, sickAfter: 1h, sickAnswer: 503, flap: {well: 1m, sick: 2s}}
events:
  - {at: 10m, health: {app: x, answer: 500}}
  - {at: 20m, health: {app: /x, answer: usual}}
`,
  });
  const constant = (value: number) => ({kind: 'constant' as const, value});
  const common = {
    match: '/x',
    startupMs: constant(0),
    stopMs: constant(0),
    end: 'finished' as const,
  };
  t.deepEqual(behaviours, [
    {...common, version: 2, sickAnswer: 'timeout'},
    {
      ...common,
      healthyAfterMs: constant(5000),
      sickAfterMs: constant(3_600_000),
      flap: {wellMs: constant(60_000), sickMs: constant(2000)},
      sickAnswer: 503,
      readyAfterMs: constant(0),
    },
  ]);
  t.deepEqual(events, [
    {atMs: 600_000, kind: 'health', app: '/x', framework: 'marathon', answer: 500},
    {atMs: 1_200_000, kind: 'health', app: '/x', framework: 'marathon'},
  ]);
  t.like(frameworks[0], {kind: 'marathon', healthKillShareMax: 0.5});
});

test('what is asked of Marathon is resolved: groups, terms, requests, its options', (t) => {
  const {workloads, behaviours, events, frameworks} = scenario({
    's.yaml': `until: 1h
cluster: {agents: [{name: a, resources: cpus:4}]}
frameworks:
  marathon: {type: marathon, launchTokens: 9, draining: 90s, localRegion: eu, deploymentsMax: 3,
    groupByRule: minimum, gpuScheduling: unrestricted, acceptedResourceRoles: reserved}
workloads:
  - {group: shop.yaml}
  - {app: x.yml}
behaviours:
  - {match: /shop/back/*, with: {cmd: old, env: {A: b}}, stop: 2s}
events:
  - {at: 1m, scale: {app: shop/back/db, instances: 3, deadline: 10m, onFailure: rollback}}
  - {at: 2m, restart: {app: /shop/web, canary: 2, stepByStep: true}}
  - {at: 3m, group: {id: /new, apps: [{id: ../far/away}]}, failuresMax: 0}
  - {at: 4m, upgrade: {app: /far/away, with: {cmd: x}}}
  - {at: 5m, removeGroup: {group: shop/back}}
  - {at: 6m, deployment: {app: /shop/web, action: rollBack, ifAny: true}}
  - {at: 7m, killTasks: {app: /x, hosts: [a-0], count: 2, scale: true, failuresMax: 1}}
  - {at: 8m, failover: {}}
`,
    'shop.yaml': `# as its user wrote it
id: shop
apps: [{id: web}]
groups: [{id: back, apps: [{id: db}, {id: /shop/back/queue}]}]
`,
    'x.yml': 'id: x',
  });
  const home = join(folder, String(cases));
  t.like(frameworks[0], {
    ...{launchTokens: 9, drainingMs: 90_000, localRegion: 'eu', deploymentsMax: 3},
    ...{groupByRule: 'minimum', gpuScheduling: 'unrestricted', acceptedResourceRoles: 'reserved'},
    ...{maintenanceMode: true, launchTokenRefreshMs: 30_000},
  });
  t.like(workloads[0], {
    kind: 'group',
    name: 'group',
    appIds: ['/shop/web', '/shop/back/db', '/shop/back/queue'],
    file: {written: 'shop.yaml', path: join(home, 'shop.yaml')},
  });
  t.like(workloads[1], {kind: 'app', app: {id: 'x'}});
  t.like(behaviours[0], {
    with: {cmd: 'old', env: {A: 'b'}},
    stopMs: {kind: 'constant', value: 2000},
  });
  const framework = 'marathon';
  const of = (minute: number, app: string) => ({atMs: minute * 60_000, framework, app});
  t.deepEqual(events as readonly unknown[], [
    {
      ...of(1, '/shop/back/db'),
      ...{kind: 'scale', instances: 3},
      terms: {deadlineSeconds: 600, onFailure: 'rollback'},
    },
    {...of(2, '/shop/web'), kind: 'restart', terms: {canary: 2, stepByStep: true}},
    {
      ...{atMs: 180_000, kind: 'group', framework},
      group: {id: '/new', apps: [{id: '../far/away'}]},
      appIds: ['/far/away'],
      terms: {failuresMax: 0},
    },
    {...of(4, '/far/away'), kind: 'upgrade', patch: {cmd: 'x'}},
    {atMs: 300_000, kind: 'removeGroup', framework, group: '/shop/back'},
    {...of(6, '/shop/web'), kind: 'deployment', action: 'rollBack', ifAny: true},
    {
      ...of(7, '/x'),
      ...{kind: 'killTasks', hosts: ['a-0'], count: 2, scale: true},
      terms: {failuresMax: 1},
    },
    {atMs: 480_000, kind: 'failover', framework},
  ]);
});

test('a request may define any app, so that events may be about any', (t) => {
  const {events} = scenario({
    's.yaml': `${sound}frameworks: {marathon: {type: marathon}}
events:
  - {at: 1m, request: {method: PUT, path: /v2/apps/x, body: {cmd: a}, expect: 201}}
  - {at: 2m, request: {method: DELETE, path: "/v2/apps/x?force=true"}}
  - {at: 2m, request: {method: POST, path: /v2/apps, body: "{"}}
  - {at: 3m, health: {app: /y, answer: 500}}
expect: [{metric: apps./z.running, is: 1}]
`,
  });
  const common = {kind: 'request' as const, framework: 'marathon'};
  t.deepEqual(events.slice(0, 3), [
    {
      ...{atMs: 60_000, ...common, method: 'PUT', path: '/v2/apps/x'},
      ...{body: '{"cmd":"a"}', expect: 201},
    },
    {atMs: 120_000, ...common, method: 'DELETE', path: '/v2/apps/x?force=true'},
    {atMs: 120_000, ...common, method: 'POST', path: '/v2/apps', body: '{'},
  ]);
});

test('roles, reservations and what an operator does are resolved', (t) => {
  const {agents, roles, events} = scenario({
    's.yaml': `until: 1h
cluster: {agents: [{name: a, count: 3, resources: "cpus:4;cpus(db):1.5;ports(db):[1-2]"}]}
frameworks:
  x: {type: batch, role: eng/web, weight: 3}
  y: {type: marathon, weight: 2}
  z: {type: batch, role: "*"}
roles:
  eng: {guarantees: cpus:4, limits: cpus:8;gpus:0}
  eng/web: {weight: 3}
events:
  - {at: 6m, whitelist: []}
  - {at: 1m, quota: {role: y, limits: cpus:1, force: true}}
  - {at: 2m, quota: {role: eng}}
  - {at: 3m, weight: {role: "*", weight: 0.5}}
  - {at: 4m, maintenance: {agents: all, in: 10m, for: 1h}}
  - {at: 5m, whitelist: [a-0, a-2]}
  - {at: 7m, whitelist: {group: a, count: 1}}
  - {at: 8m, whitelist: all}
`,
  });
  const reservations = [{type: 'STATIC', role: 'db'}];
  t.deepEqual(agents[0]?.kind === 'uniform' && agents[0].resources, {
    scalars: {cpus: 4000},
    ranges: {},
    sets: {},
    special: [
      {name: 'cpus', type: 'SCALAR', scalar: {value: 1.5}, reservations},
      {name: 'ports', type: 'RANGES', ranges: {range: [{begin: 1, end: 2}]}, reservations},
    ],
  });
  t.deepEqual(roles, [
    {name: 'eng', weight: 1, guarantees: {cpus: 4000}, limits: {cpus: 8000, gpus: 0}},
    {name: 'eng/web', weight: 3, guarantees: {}, limits: {}},
    {name: 'y', weight: 2, guarantees: {}, limits: {}},
  ]);
  const minute = 60_000;
  t.deepEqual(events, [
    {atMs: minute, kind: 'quota', role: 'y', guarantees: {}, limits: {cpus: 1000}, force: true},
    {atMs: 2 * minute, kind: 'quota', role: 'eng', guarantees: {}, limits: {}, force: false},
    {atMs: 3 * minute, kind: 'weight', role: '*', weight: 0.5},
    {
      atMs: 4 * minute,
      kind: 'maintenance',
      agents: {},
      inMs: 10 * minute,
      forMs: 60 * minute,
    },
    {atMs: 5 * minute, kind: 'whitelist', agents: {names: ['a-0', 'a-2']}},
    {atMs: 6 * minute, kind: 'whitelist', agents: {names: []}},
    {atMs: 7 * minute, kind: 'whitelist', agents: {group: 'a', count: 1}},
    {atMs: 8 * minute, kind: 'whitelist', agents: 'all'},
  ]);
});

test('included parts come first: lists are put together, single values are overridden', (t) => {
  const {seed, agents, allocator, workloads} = scenario({
    's.yaml': `include: [parts/base.yaml]\nseed: 3\nallocator: {onRecovery: true}\n${sound}`,
    'parts/base.yaml': `seed: 2
allocator: {interval: 2s, onRecovery: false}
cluster: {agents: [{name: first, resources: cpus:1}]}
workloads: [{app: app.json}]`,
    'parts/app.json': '{"id": "/beside-the-part"}',
  });
  t.is(seed, 3);
  t.deepEqual(
    agents.map(({name}) => name),
    ['first', 'a'],
  );
  t.is(allocator.intervalMs, 2000);
  t.true(allocator.allocateOnRecovery);
  t.is(workloads[0]?.kind === 'app' ? workloads[0].app.id : '', '/beside-the-part');
});

test('a scenario in JSON is the same scenario', (t) => {
  const value = {
    until: '1h',
    cluster: {agents: [{name: 'a', count: 2, resources: 'cpus:4;mem:1024'}]},
  };
  t.deepEqual(
    scenario({'small.json': JSON.stringify(value, null, '\t')}),
    scenario({'small.yaml': sound}),
  );
});

test('a resolved scenario is plain data: JSON gives it back unchanged', (t) => {
  const result = scenarioOf(
    {until: '1h', cluster: {agents: [{name: 'a', resources: 'cpus:4'}]}},
    {dataFolders: [], folder},
  );
  t.true(result.ok);
  t.deepEqual(JSON.parse(JSON.stringify(result)), result);
});

test('every scenario that comes with Drydock loads', (t) => {
  const data = join(folder, 'all-data');
  mkdirSync(data);
  const home = join(root, 'scenarios');
  const names = readdirSync(home).filter((name) => name.endsWith('.yaml'));
  t.true(names.length >= 10);
  for (const name of names) {
    // The traces need not be at hand: an empty file stands for each.
    const text = readFileSync(join(home, name), 'utf8');
    for (const [, file = ''] of text.matchAll(/data:([\w.]+)/g))
      writeFileSync(join(data, file), '');
    const result = loadScenario(join(home, name), {dataFolders: [data]});
    t.deepEqual(result.ok ? [] : result.problems, [], name);
    t.true(text.startsWith('# yaml-language-server: $schema=../docs/scenario.schema.json\n'), name);
  }
});

// When it fails: node scripts/write-schema.ts
test('the published JSON Schema is the one that loading uses', (t) => {
  t.is(readFileSync(join(root, SCENARIO_SCHEMA_FILE), 'utf8'), scenarioSchemaText());
});

const manual = readFileSync(join(root, 'docs', 'scenarios.md'), 'utf8');

test('the first scenario of the manual is one', (t) => {
  const [, first = ''] = manual.split(/^## /m).filter((part) => !part.startsWith('How'));
  const blocks = [...first.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
  t.is(blocks.length, 5);
  const {workloads, events, expectations} = scenario({
    's.yaml': blocks.join(''),
    'hello_world.json': readFileSync(join(root, 'scenarios', 'hello_world.json'), 'utf8'),
  });
  t.deepEqual([workloads.length, events.length, expectations.length], [2, 2, 2]);
});

test('the manual names every field and every metric', (t) => {
  const names = new Set<string>();
  JSON.parse(scenarioSchemaText(), (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'properties' in value) {
      for (const name of Object.keys(value.properties ?? {})) names.add(name);
    }
    return value;
  });
  t.true(names.size > 60);
  const words = new Set(manual.match(/[$\w]+/g));
  t.deepEqual(
    [...names].filter((name) => !words.has(name)),
    [],
  );
  t.deepEqual(
    metricNames().filter((metric) =>
      metric.split(/[.<>]+/).some((word) => word !== '' && !words.has(word)),
    ),
    [],
  );
});
