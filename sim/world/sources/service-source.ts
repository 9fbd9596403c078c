/** The services of a trace: each group is a Marathon app whose size follows the trace. */
import type {MarathonApp, ServicesWorkload} from '../../scenario/schema.ts';
import {instanceChanges} from '../../traces/instance-changes.ts';
import type {Service, ServiceTrace} from '../../traces/trace.ts';
import {patchApp, putApp} from './marathon-requests.ts';
import type {Source, WorldPort} from './source.ts';

export class ServiceSource implements Source {
  readonly jobsExpected = 0;
  readonly #workload: ServicesWorkload;
  readonly #framework: number;
  readonly #services: readonly Service[];
  /** Changes of all services by time, services of one instant in order. */
  readonly #atMs: Float64Array;
  readonly #serviceOf: Int32Array;
  readonly #instances: Int32Array;
  #next = 0;

  constructor(workload: ServicesWorkload, framework: number, trace: ServiceTrace) {
    this.#workload = workload;
    this.#framework = framework;
    this.#services = trace.services.slice(0, workload.limit ?? Infinity);
    const changes = this.#services
      .flatMap((service, index) => {
        const {atMs, instances} = instanceChanges(service);
        return atMs.map((at, change) => ({at, index, instances: instances[change] ?? 0}));
      })
      .sort((left, right) => left.at - right.at || left.index - right.index);
    this.#atMs = Float64Array.from(changes, ({at}) => at);
    this.#serviceOf = Int32Array.from(changes, ({index}) => index);
    this.#instances = Int32Array.from(changes, ({instances}) => instances);
  }

  get nextAt(): number {
    if (this.#next >= this.#atMs.length) return Infinity;
    return this.#workload.atMs + (this.#atMs[this.#next] as number);
  }

  fire(now: number, port: WorldPort): void {
    const {name} = this.#workload;
    while (this.nextAt === now) {
      const change = this.#next;
      this.#next += 1;
      const service = this.#services[this.#serviceOf[change] as number] as Service;
      const instances = this.#instances[change] as number;
      const id = serviceAppId(name, service);
      const isFirst = this.#atMs[change] === 0;
      // An event may have removed the app: then the trace has lost its say over it.
      if (!isFirst && port.marathon(this.#framework).summaryOf(id) === undefined) continue;
      const request = isFirst ? putApp(appOf(id, service, instances)) : patchApp(id, {instances});
      port.request(this.#framework, request, `workload ${name}`);
    }
  }

  snapshot(): number {
    return this.#next;
  }

  restore(snapshot: unknown): void {
    this.#next = snapshot as number;
  }
}

/** The trace's path with the workload's name in place of its first part. */
export function serviceAppId(workload: string, service: Service): string {
  return `/${workload}/${service.id.split('/').slice(2).join('/')}`;
}

/** RDMA is left out: a Marathon app cannot ask for it. */
function appOf(id: string, service: Service, instances: number): MarathonApp {
  return {
    id,
    cmd: 'serve',
    instances,
    cpus: service.cpusMilli / 1000,
    mem: service.memMilli / 1000,
    disk: service.diskMilli / 1000,
    gpus: service.gpusMilli / 1000,
    // Port 0 would take a host port of every agent; the services of the trace name none.
    portDefinitions: [],
    ...(service.maxPerNode !== undefined && {
      constraints: [['hostname', 'MAX_PER', String(service.maxPerNode)]],
    }),
  };
}
