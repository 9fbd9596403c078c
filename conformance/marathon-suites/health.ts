/**
 * Suite `health`, in four kinds: one check and its results, when it is asked, several checks of one
 * instance, and where a probe goes.
 */
import {z} from 'zod';
import {
  healthOf,
  healthRecordFrom,
  healthTarget,
  isAlive,
  takeVerdict,
  verdictOf,
  type HealthCheck,
  type HealthRecord,
  type Verdict,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from './adapter.ts';
import {exact, subset, type Mismatch} from './compare.ts';
import {conditionSchema} from './conditions.ts';
import {World} from './world.ts';

const check = z.strictObject({
  protocol: z.enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP']),
  gracePeriodSeconds: z.number(),
  intervalSeconds: z.number(),
  timeoutSeconds: z.number(),
  maxConsecutiveFailures: z.int(),
  ignoreHttp1xx: z.boolean().optional(),
  port: z.int().optional(),
  portIndex: z.int().optional(),
});

const given = z.strictObject({
  check,
  instance: z.strictObject({
    condition: conditionSchema,
    since: z.int(),
    consecutiveFailures: z.int().default(0),
  }),
  registeredAt: z.int().default(0),
  checks: z.array(z.string()).optional(),
  network: z.enum(['host', 'container', 'container/bridge']).optional(),
  hostPorts: z.array(z.int()).optional(),
  mappings: z
    .array(z.strictObject({containerPort: z.int(), hostPort: z.int().nullable()}))
    .optional(),
  containerIp: z.string().optional(),
});
type Given = z.output<typeof given>;

const step = z.strictObject({
  at: z.int().optional(),
  result: z.enum(['healthy', 'unhealthy']).optional(),
  /** Of HTTP. */
  status: z.int().optional(),
  condition: conditionSchema.optional(),
  advanceTo: z.int().optional(),
  check: z.string().optional(),
  instance: z.string().optional(),
});
type Step = z.output<typeof step>;

const after = z.strictObject({
  consecutiveFailures: z.int().optional(),
  alive: z.boolean().optional(),
  kill: z.boolean().optional(),
  health: z.boolean().nullable().optional(),
  events: z.array(z.string()).optional(),
});

const expected = z.strictObject({
  after: z.array(after).optional(),
  probesAt: z.array(z.int()).optional(),
  probePort: z.int().optional(),
  probeHost: z.enum(['agent', 'container']).optional(),
});

interface Observed {
  readonly consecutiveFailures: number;
  readonly alive: boolean;
  readonly kill: boolean;
  readonly health: boolean | null;
  readonly events: readonly string[];
}

interface HealthResult {
  readonly after: readonly Observed[];
  readonly probesAt?: readonly number[] | undefined;
  readonly probePort?: number | undefined;
  readonly probeHost?: string | undefined;
}

export const health = makeAdapter({
  given,
  when: z.array(step).default([]),
  expected,
  run: ({given: value, when}, seed): HealthResult => {
    const player = new Player(value);
    const end = when.find(({advanceTo}) => advanceTo !== undefined)?.advanceTo;
    return {
      after: when.map((one) => player.play(one)),
      ...(end !== undefined && {probesAt: probesUntil(value, end, seed)}),
      ...(value.network !== undefined && targetOf(value, value.network)),
    };
  },
  judge: ({after: expected, ...equal}, result): readonly Mismatch[] => [
    ...subset(equal, result),
    ...(expected === undefined ? [] : exact(expected.length, result.after.length, 'after.length')),
    ...(expected ?? []).flatMap((one, at) => subset(one, result.after[at], `after.${at}`)),
  ],
});

/** One instance, and what its checks know of it. */
class Player {
  readonly #given: Given;
  readonly #names: readonly string[];
  readonly #records: (HealthRecord | undefined)[];
  #condition: Given['instance']['condition'];
  #since: number;

  constructor(value: Given) {
    this.#given = value;
    const {condition, since, consecutiveFailures} = value.instance;
    this.#condition = condition;
    this.#since = since;
    this.#names = value.checks ?? [''];
    const known = consecutiveFailures > 0 ? healthRecordFrom({consecutiveFailures}) : undefined;
    this.#records = this.#names.map(() => known);
  }

  play({at = 0, result, status, condition, check: name = ''}: Step): Observed {
    if (condition !== undefined) {
      this.#condition = condition;
      this.#since = at;
    }
    const verdict = this.#verdictOf(result, status);
    if (verdict === undefined) return this.#observe(name, false, []);
    const index = this.#names.indexOf(name);
    if (index < 0) throw new UnknownInCase(`there is no check '${name}'`);
    const before = this.#health;
    const {gracePeriodSeconds, maxConsecutiveFailures} = this.#given.check;
    const next = takeVerdict(this.#records[index], verdict, at, {
      graceMs: gracePeriodSeconds * 1000,
      failuresMax: maxConsecutiveFailures,
      isRunning: this.#condition === 'Running',
      since: this.#since,
    });
    if (next === undefined) return this.#observe(name, false, []);
    this.#records[index] = next.next;
    const {failed, kill, alive} = next;
    const now = this.#health;
    // One check is told of by itself, several by what they say together.
    const events =
      this.#given.checks === undefined
        ? [
            ...(failed ? ['failed_health_check_event'] : []),
            ...(kill ? ['unhealthy_instance_kill_event'] : []),
            ...(alive === undefined ? [] : [`health_status_changed_event:${alive}`]),
          ]
        : now === before
          ? []
          : [`instance_health_changed_event:${now}`];
    return this.#observe(name, kill, events);
  }

  #verdictOf(result: Step['result'], status: number | undefined): Verdict | undefined {
    if (status !== undefined) return verdictOf(this.#given.check, {kind: 'http', status});
    if (result === undefined) return undefined;
    return verdictOf(
      this.#given.check,
      result === 'healthy' ? {kind: 'connected'} : {kind: 'failed', cause: 'no answer'},
    );
  }

  #observe(name: string, kill: boolean, events: readonly string[]): Observed {
    const record = this.#records[Math.max(0, this.#names.indexOf(name))];
    return {
      consecutiveFailures: record?.consecutiveFailures ?? 0,
      alive: isAlive(record),
      kill,
      health: this.#health ?? null,
      events,
    };
  }

  get #health(): boolean | undefined {
    const checks = this.#names.map(() => this.#given.check as HealthCheck);
    return healthOf(checks, this.#records, undefined);
  }
}

/** When a real Marathon asks an instance that runs from the beginning, from the registration on. */
function probesUntil({check: terms, registeredAt}: Given, end: number, seed: number): number[] {
  const world = new World({
    seed,
    agents: [
      {
        name: 'agent',
        resources: 'cpus:4;mem:4096;ports:[31000-32000]',
        times: {startMs: 0, killMs: 0},
      },
    ],
    marathon: {reviveIntervalMs: 0},
  });
  world.advanceTo(registeredAt + 60_000);
  const start = world.now;
  const healthChecks = [{...terms, portIndex: 0, path: '/'}];
  const app = {id: '/a', cmd: 'sleep 1000', portDefinitions: [{port: 0}], healthChecks};
  const reply = world.request({kind: 'appPut', app});
  if (!reply.ok) throw new UnknownInCase(`app: ${JSON.stringify(reply.refusal)}`);
  world.advanceTo(start + end - registeredAt);
  return world.probes.map(({at}) => at - start + registeredAt);
}

const AGENT = 'agent';

function targetOf(
  {check: terms, hostPorts, mappings, containerIp}: Given,
  network: NonNullable<Given['network']>,
): Pick<HealthResult, 'probePort' | 'probeHost'> {
  const portMappings = mappings?.map(({containerPort, hostPort}) => ({
    containerPort,
    ...(hostPort !== null && {hostPort}),
    servicePort: 0,
    protocol: 'tcp' as const,
    labels: {},
  }));
  const target = healthTarget(
    terms,
    {
      networks: [{mode: network}],
      ...(portMappings !== undefined && {
        container: {type: 'DOCKER' as const, volumes: [], portMappings},
      }),
    },
    {
      host: AGENT,
      containerIp,
      hostPorts: hostPorts ?? (mappings ?? []).map(({hostPort}) => hostPort),
    },
  );
  if (!target.ok) return {};
  return {probePort: target.port, probeHost: target.host === AGENT ? AGENT : 'container'};
}
