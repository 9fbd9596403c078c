/**
 * The form in which people write a scenario: strict, so that a slip is an error and not a silence.
 * docs/scenario.schema.json is generated from it (`scripts/write-schema.ts`); `resolve.ts` makes a
 * {@link Scenario} of what it lets through.
 */
import {z} from 'zod';
import {
  agentResources,
  duration,
  durationDistribution,
  durationDistributionOrNever,
  durationOr,
  exactlyOne,
  fields,
  foundText,
  hostnames,
  identifier,
  instant,
  limits,
  moment,
  momentOr,
  numberDistribution,
  period,
  quantities,
  ratio,
  resources,
  roleName,
  seconds,
  selection,
  whole,
} from './fields.ts';

const file = (what: string) =>
  z.string().min(1).describe(`${what}: a path relative to this file, or data:NAME`);

const attributes = z.record(
  z.string().min(1),
  z.union([z.string(), z.number(), z.boolean()], {
    error: (issue) => `expected a text, found ${foundText(issue.input)}`,
  }),
);

/** A number makes `zone-0`, `zone-1` …; a list gives the names. */
const places = () =>
  z.union([whole(1, 100_000), z.array(z.string().min(1)).min(1)], {
    error: (issue) =>
      `expected a whole number above 0 or a list of names, found ${foundText(issue.input)}`,
  });

const where = {
  attributes: attributes.optional().describe('texts that constraints can ask for'),
  zones: places().optional().describe('fault domain: how many zones, or their names'),
  racks: places().optional().describe('how many racks, or their names'),
  region: z.string().min(1).optional(),
};

const assume = fields({
  memPerCpu: z.number().min(0).optional().describe('MB per cpu, where the list has no memory'),
  diskPerCpu: z.number().min(0).optional().describe('MB per cpu'),
  add: resources.optional().describe('added to every node'),
});

/** Made after the published statistics of a trace, for those who do not have it. */
const synthesised = <Model extends string>(model: Model) => fields({synthesise: z.literal(model)});

const agentGroup = z.union(
  [
    fields({
      name: identifier,
      count: whole(1, 1_000_000).optional(),
      resources: agentResources,
      ...where,
    }),
    fields({
      name: identifier,
      nodes: z.union([file('a node list'), synthesised('spot')]),
      format: z.enum(['spot-nodes', 'openb-nodes', 'nodes']).optional(),
      limit: whole(1).optional().describe('take the first nodes only'),
      assume: assume.optional(),
      ...where,
    }),
  ],
  {error: 'expected a group of agents: name and resources, or name and nodes'},
);

const weight = z.number().gt(0);

const catchup = z.enum(['latest', 'all', 'none']).optional();

/** Options of a Chronos; absent, its preset holds. */
const CHRONOS_FIELDS = {
  declineFor: duration.optional(),
  retryDelay: duration.optional().describe('from a failure to its retry'),
  retryBackoff: z.number().min(1).optional().describe('each retry waits so many times as long'),
  retryDelayMax: duration.optional(),
  disableAfterFailures: whole(0).optional().describe('failed runs in a row; 0: never'),
  catchup: catchup.describe('which of several slots that were missed are run'),
  catchupLimit: whole(1).optional(),
  epsilon: period.optional().describe('how late a slot may be'),
  overlap: z.enum(['buffer-one', 'skip', 'allow', 'replace']).optional(),
  metronomeCatchup: catchup,
  launch: z.enum(['again', 'strict']).optional(),
  unreachableTimeout: duration.optional(),
  reconcile: period.optional().describe('from a change of leaders to asking again for a task'),
  killRetry: period.optional(),
  aging: duration.optional().describe('after which what waits is as urgent as high priority'),
  historyMax: whole(0).optional().describe('ended runs that are kept per job'),
  legacyZoneNames: z.boolean().optional(),
  repetitionsTakenBy: z.enum(['launches', 'slots']).optional(),
  jobsMax: whole(1).optional(),
} as const;

const framework = z.union(
  [
    fields({
      type: z.literal('marathon'),
      role: roleName.optional(),
      weight: weight.optional(),
      declineFor: duration.optional(),
      reviveInterval: duration.optional(),
      usedOfferRefuse: duration.optional(),
      launchesPerOfferMax: whole(1).optional(),
      healthKillShareMax: ratio().optional(),
      launchTokens: whole(1).optional().describe('launches per launchTokenRefresh'),
      launchTokenRefresh: period.optional(),
      acceptedResourceRoles: z.enum(['any', 'unreserved', 'reserved']).optional(),
      gpuScheduling: z.enum(['restricted', 'unrestricted']).optional(),
      maintenanceMode: z.boolean().optional(),
      draining: duration.optional().describe('how long before maintenance begins it counts'),
      localRegion: z.string().min(1).optional(),
      groupByRule: z.enum(['quota', 'minimum']).optional(),
      deploymentsMax: whole(1).optional(),
    }),
    fields({
      type: z.literal('batch'),
      role: roleName.optional(),
      weight: weight.optional(),
      policy: z.enum(['fcfs', 'easy']).optional(),
      relaunchesMax: whole(0).optional(),
    }),
    fields({
      type: z.literal('chronos'),
      role: roleName.optional(),
      weight: weight.optional(),
      preset: z.enum(['drydock', 'chronos3', 'chronos2']).optional(),
      ...CHRONOS_FIELDS,
    }),
  ],
  {error: 'expected a framework with type marathon, batch or chronos'},
);

/** What is promised to a role, and the most that it may have. */
const quota = {
  guarantees: quantities.optional(),
  limits: limits.optional(),
};

const role = fields({weight: weight.optional(), ...quota});

/**
 * Marathon's own validation belongs to the engine; here only what the rest of a scenario refers to.
 */
const app = z.looseObject({id: z.string().min(1)});
const group = z.union([file('a Marathon group'), z.looseObject({id: z.string().min(1)})]);

/** Chronos's validation belongs to the engine, too; `name` is Chronos's word, `id` Metronome's. */
const scheduledJob = z.union(
  [z.looseObject({name: z.string().min(1)}), z.looseObject({id: z.string().min(1)})],
  {error: 'expected a job of Chronos (with a name) or of Metronome (with an id)'},
);

const workloadBase = {
  name: identifier.optional(),
  framework: z.string().min(1).optional(),
  at: moment.optional(),
};

const limit = whole(1).optional().describe('take the first rows only');

const workload = z.union(
  [
    fields({app: z.union([file('a Marathon app'), app]), ...workloadBase}),
    fields({group, ...workloadBase}),
    fields({
      job: z.union([file('jobs of Chronos or Metronome'), scheduledJob, z.array(scheduledJob)], {
        error: 'expected a job, a list of jobs or a file with them',
      }),
      forEach: z
        .record(identifier, z.array(z.union([z.string(), z.number()])).min(1))
        .optional()
        .describe('a job for each combination; {NAME} in its texts is one of the values'),
      ...workloadBase,
    }),
    fields({
      jobs: z.union([
        file('a trace of jobs'),
        fields({synthesise: z.literal('lcg'), count: whole(1).optional()}),
      ]),
      format: z.enum(['swf', 'lcg', 'surf', 'jobs']).optional(),
      arrivalScale: z.number().gt(0).optional(),
      perTask: resources.optional(),
      limit,
      ...workloadBase,
    }),
    fields({
      services: z.union([file('a trace of services'), synthesised('dlrm')]),
      format: z.enum(['dlrm']).optional(),
      limit,
      ...workloadBase,
    }),
    fields({
      pods: file('a list of pods'),
      format: z.enum(['openb-pods']).optional(),
      timing: z.enum(['stream', 'trace']).optional(),
      every: period.optional(),
      limit,
      ...workloadBase,
    }),
    fields({
      arrivals: fields({
        interarrival: durationDistribution,
        tasks: numberDistribution.optional(),
        duration: durationDistribution,
        resources: resources,
        count: whole(1).optional(),
        until: period.optional(),
      }),
      ...workloadBase,
    }),
  ],
  {error: 'expected a workload with one of app, group, job, jobs, services, pods, arrivals'},
);

const status = whole(100, 599);

/** What a task answers to health checks. */
const answer = z.union([status, z.enum(['timeout', 'refused'])], {
  error: (issue) => `expected an HTTP status, timeout or refused, found ${foundText(issue.input)}`,
});

/** What the tasks of an app answer from an event on. */
const answerFromNow = z.union([status, z.enum(['timeout', 'refused', 'usual'])], {
  error: (issue) =>
    `expected an HTTP status, timeout, refused or usual, found ${foundText(issue.input)}`,
});

const behaviour = fields({
  match: z.string().min(1),
  version: whole(1).optional(),
  with: z.record(z.string(), z.unknown()).optional().describe('fields of the definition'),
  saysStarting: z.boolean().optional().describe('as soon as its agent has it'),
  saysKilling: z.boolean().optional().describe('when it is being killed'),
  startup: durationDistribution.optional(),
  duration: durationDistribution.optional(),
  end: z.enum(['finished', 'failed']).optional(),
  failure: fields({probability: ratio(), after: durationDistribution.optional()}).optional(),
  stop: durationDistribution.optional().describe('from a kill to the end'),
  healthyAfter: durationDistributionOrNever.optional().describe('from running'),
  sickAfter: durationDistribution.optional().describe('from running'),
  flap: fields({well: durationDistribution, sick: durationDistribution}).optional(),
  sickAnswer: answer.optional().describe('to health checks while it is not healthy'),
  readyAfter: durationDistributionOrNever.optional().describe('from running'),
});

const ofFramework = {framework: z.string().min(1).optional()};
const appEvent = {app: z.string().min(1), ...ofFramework};

/** What the deployment of a change may carry. */
const terms = {
  deadline: seconds.optional().describe('it has failed when it is not done in this time'),
  failuresMax: whole(0).optional().describe('so many new instances may end by themselves'),
  onFailure: z.enum(['fail', 'pause', 'rollback']).optional(),
  stepByStep: z.boolean().optional().describe('it waits for a word after each step'),
  canary: whole(1).optional().describe('so many new instances are proven, then it waits'),
};
const fault = fields({agents: selection, for: period.optional()});

const EVENTS = [
  'scale',
  'upgrade',
  'restart',
  'remove',
  'group',
  'removeGroup',
  'deployment',
  'killTasks',
  'run',
  'request',
  'failover',
  'health',
  'kill',
  'partition',
  'quota',
  'weight',
  'maintenance',
  'whitelist',
] as const;

const MARATHON_EVENTS = [
  fields({at: moment, scale: fields({...appEvent, instances: whole(0), ...terms})}),
  fields({
    at: moment,
    upgrade: fields({...appEvent, with: z.record(z.string(), z.unknown()), ...terms}),
  }),
  fields({at: moment, restart: fields({...appEvent, ...terms})}),
  fields({at: moment, remove: fields({...appEvent, ...terms})}),
  // Of the map that a group is nothing may be ours: what else there is to say stands beside it.
  fields({at: moment, group, ...ofFramework, ...terms}),
  fields({
    at: moment,
    removeGroup: fields({group: z.string().min(1), ...ofFramework, ...terms}),
  }),
  fields({
    at: moment,
    deployment: fields({
      ...appEvent,
      action: z.enum(['cancel', 'rollBack', 'pause', 'resume']),
      ifAny: z.boolean().optional().describe('there may be none'),
    }),
  }),
  fields({
    at: moment,
    killTasks: fields({
      ...appEvent,
      hosts: z.array(z.string().min(1)).min(1).optional(),
      count: whole(1).optional(),
      scale: z.boolean().optional().describe('the app wants that many fewer'),
      ...terms,
    }),
  }),
  fields({
    at: moment,
    request: fields({
      ...ofFramework,
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      path: z.string().startsWith('/', {error: 'expected a path that begins with "/"'}),
      body: z.unknown().optional().describe('sent as JSON, a text as it is'),
      expect: status.optional().describe('the status of the answer; absent: any below 400'),
    }),
  }),
  fields({at: moment, failover: fields(ofFramework)}),
] as const;

const event = z.union(
  [
    ...MARATHON_EVENTS,
    fields({at: moment, killTasks: fields({job: z.string().min(1), ...ofFramework})}),
    fields({
      at: moment,
      run: fields({
        job: z.string().min(1),
        arguments: z.string().optional().describe('instead of its own'),
        ...ofFramework,
      }),
    }),
    fields({at: moment, health: fields({...appEvent, answer: answerFromNow})}),
    fields({at: moment, kill: fault}),
    fields({at: moment, partition: fault}),
    fields({
      at: moment,
      quota: fields({
        role: roleName,
        ...quota,
        force: z.boolean().optional().describe('also beyond what the cluster can keep'),
      }),
    }),
    fields({at: moment, weight: fields({role: roleName, weight})}),
    fields({
      at: moment,
      maintenance: fields({
        agents: selection,
        in: duration.optional().describe('from the announcement to its start'),
        for: period.optional(),
      }),
    }),
    fields({at: moment, whitelist: hostnames}),
  ],
  {error: `expected an event with one of ${EVENTS.join(', ')}`},
);

const faultKind = z.enum(['crash', 'partition']).optional();

const failure = z.union(
  [
    fields({
      agents: selection,
      every: durationDistribution,
      for: durationDistribution.optional(),
      kind: faultKind,
    }),
    fields({
      outages: z.union([file('a trace of outages'), synthesised('facebook')]),
      agents: selection.optional(),
      intensityScale: z.number().min(0).max(1).optional(),
      timeScale: z.number().gt(0).optional(),
      kind: faultKind,
    }),
  ],
  {error: 'expected failures with agents and every, or with outages'},
);

const COMPARATORS = ['is', 'isNot', 'atLeast', 'atMost', 'above', 'below'] as const;

const expectation = fields({
  at: momentOr('end', 'always').optional(),
  metric: z.string().min(1),
  is: z.number().optional(),
  isNot: z.number().optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  above: z.number().optional(),
  below: z.number().optional(),
  since: moment.optional(),
  until: moment.optional(),
}).superRefine(exactlyOne(COMPARATORS));

export const scenarioFile = fields({
  $schema: z.string().optional(),
  name: z.string().min(1).optional(),
  about: z.string().optional(),
  seed: whole(0).optional(),
  start: instant.optional(),
  until: momentOr('idle'),
  include: z.array(z.string().min(1)).optional(),
  allocator: fields({
    interval: period.optional(),
    onRecovery: z.boolean().optional(),
    minAllocatable: z.array(resources).optional(),
    excludeFromFairness: z.array(z.string().min(1)).optional(),
    offerTimeout: durationOr('none').optional(),
    sorter: z.enum(['drf', 'random']).optional(),
    agentOrder: z.enum(['random', 'seeded', 'packed']).optional(),
    nestedLimits: z.boolean().optional(),
    reviveKeepsFilters: z.boolean().optional(),
    mergeOffers: z.boolean().optional(),
    region: z.string().min(1).optional().describe("the master's region"),
  }).optional(),
  master: fields({
    agentPingTimeout: period.optional(),
    agentPingTimeoutsMax: whole(1).optional(),
  }).optional(),
  network: fields({
    delay: durationDistribution.optional().describe('of status updates'),
    duplicate: ratio().optional().describe('share of the updates that come twice'),
  }).optional(),
  store: fields({
    latency: durationDistribution.describe('from a write to its confirmation'),
  }).optional(),
  assumptions: z.array(z.string().min(1)).optional(),
  cluster: fields({agents: z.array(agentGroup).min(1)}),
  frameworks: z.record(identifier, framework).optional(),
  roles: z.record(roleName, role).optional(),
  workloads: z.array(workload).optional(),
  behaviours: z.array(behaviour).optional(),
  events: z.array(event).optional(),
  failures: z.array(failure).optional(),
  expect: z.array(expectation).optional(),
  sample: fields({every: period.optional(), fillRows: whole(1, 1000).optional()}).optional(),
});

export type ScenarioFile = z.output<typeof scenarioFile>;
export {COMPARATORS};
