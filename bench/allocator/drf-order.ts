/**
 * C: the DRF sorter alone, flat and as a tree. Unlike Mesos's own benchmarks of it, all clients are
 * active.
 */
import {DrfSorter, Pool, sortedClients} from '../../engine/index.ts';
import type {Client, Resources} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {medianOf} from '../statistics.ts';
import {demandCount, Fleet, fragments} from './fleet.ts';
import {numberOf} from './scenario.ts';
import type {Meter, Scenario} from './scenario.ts';
import {SplitMix64} from './splitmix.ts';

const AGENT = 'cpus:24;mem:4096;disk:4096';
const USED = `cpus:16;mem:2014;disk:1024;ports:${fragments(100)}`;
const SMALL = 'cpus:1;mem:32;disk:32';
const TURNS = 200;
/** Until the compiler has seen enough. */
const WARM_TURNS = 5000;
const RESORTS = 20;
const SEED = 42;

export const flatOrder: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const clients = numberOf(parameters, 'clients');
  const order = new Order(meter, agents);
  order.addClients(Array.from({length: clients}, (_, at) => `client${at}`));
  order.fill();
  order.turns('', TURNS);
  order.turns('warm/', WARM_TURNS);
  order.sortAnew();
  order.disorder();
  order.empty();
};

/** So many children below each node, down to so many levels: the leaves and all nodes above. */
export const treeOrder: Scenario = (parameters, meter) => {
  const paths: string[] = [];
  const grow = (path: string, height: number): void => {
    if (height === 0) return;
    for (let at = 0; at < numberOf(parameters, 'branching'); at += 1) {
      grow(path === '' ? `${at}` : `${path}/${at}`, height - 1);
    }
    if (path !== '') paths.push(path);
  };
  grow('', numberOf(parameters, 'height'));
  const order = new Order(meter, numberOf(parameters, 'agents'));
  order.addClients(paths);
  order.fill();
  order.turns('', TURNS);
  order.turns('warm/', WARM_TURNS);
  order.sortAnew();
  order.empty();
};

class Order {
  readonly #meter: Meter;
  readonly #agents: number;
  readonly #pool = new Pool();
  readonly #sorter = new DrfSorter(this.#pool);
  readonly #clients: Client[] = [];
  readonly #draw = new SplitMix64(SEED);
  readonly #used: Resources;
  readonly #small: Resources;
  readonly #agent: readonly number[];

  constructor(meter: Meter, agents: number) {
    const fleet = new Fleet();
    this.#meter = meter;
    this.#agents = agents;
    this.#used = fleet.resources(USED);
    this.#small = fleet.resources(SMALL);
    this.#agent = fleet.quantities(AGENT);
  }

  addClients(paths: readonly string[]): void {
    this.#meter.time('add-clients', () => {
      for (const path of paths) {
        const client = this.#sorter.add(path);
        this.#sorter.activate(client);
        this.#clients.push(client);
      }
    });
    this.#meter.time('add-agents', () => {
      for (let at = 0; at < this.#agents; at += 1) this.#pool.add(this.#agent, 1);
    });
  }

  #clientAt(at: number): Client {
    return this.#clients[at % this.#clients.length] ?? -1;
  }

  fill(): void {
    this.#meter.time('allocate', () => {
      for (let agent = 0; agent < this.#agents; agent += 1) {
        this.#sorter.allocated(this.#clientAt(agent), {agent, resources: this.#used});
      }
    });
    this.#meter.time('full-sort', () => sortedClients(this.#sorter));
    this.#meter.time('list', () => sortedClients(this.#sorter));
    this.#checkOrder();
  }

  /** One client of many gets something small; then the first of the order, or the whole list. */
  turns(prefix: string, turns: number): void {
    const [allocate, first, list]: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < 2 * turns; turn += 1) {
      const client = this.#clientAt(this.#draw.below(this.#clients.length));
      const allocation = {agent: this.#draw.below(this.#agents), resources: this.#small};
      allocate.push(microseconds(() => this.#sorter.allocated(client, allocation)));
      if (turn < turns) {
        first.push(
          microseconds(() => {
            this.#sorter.start();
            this.#sorter.next();
          }),
        );
      } else {
        list.push(microseconds(() => sortedClients(this.#sorter)));
      }
    }
    this.#checkOrder();
    this.#meter.note(`${prefix}allocated`, 'µs', medianOf(allocate));
    this.#meter.note(`${prefix}allocated-and-first`, 'µs', medianOf(allocate) + medianOf(first));
    this.#meter.note(`${prefix}allocated-and-list`, 'µs', medianOf(allocate) + medianOf(list));
  }

  /** Every share is wrong, and the order of the shares is right. */
  sortAnew(): void {
    for (let turn = 0; turn < RESORTS; turn += 1) {
      this.#pool.add(this.#agent, 1);
      this.#meter.time('sort-anew', () => sortedClients(this.#sorter));
    }
  }

  disorder(): void {
    this.#pool.add(this.#agent, 1);
    for (let left = this.#clients.length; left > 0; left -= 1) {
      const client = this.#clientAt(this.#draw.below(this.#clients.length));
      const agent = this.#draw.below(this.#agents);
      this.#sorter.allocated(client, {agent, resources: this.#small});
    }
    this.#meter.time('full-sort-disordered', () => sortedClients(this.#sorter));
    this.#checkOrder();
  }

  empty(): void {
    this.#meter.time('unallocate', () => {
      for (let agent = 0; agent < this.#agents; agent += 1) {
        this.#sorter.unallocated(this.#clientAt(agent), {agent, resources: this.#used});
      }
    });
    this.#checkOrder();
  }

  /** All clients are there once; those of a flat order are in order of share and count. */
  #checkOrder(): void {
    const order = sortedClients(this.#sorter);
    demandCount('clients in order', new Set(order).size, this.#clients.length);
    if (order.some((client) => this.#sorter.pathOf(client).includes('/'))) return;
    for (const [place, client] of order.entries()) {
      const before = order[place - 1];
      if (before === undefined) continue;
      demand(this.#isInOrder(before, client), () => `client ${client} comes too late`);
    }
  }

  #isInOrder(before: Client, after: Client): boolean {
    const sorter = this.#sorter;
    const [left, right] = [sorter.shareOf(before), sorter.shareOf(after)];
    return left < right || (left === right && sorter.countOf(before) <= sorter.countOf(after));
  }
}

function microseconds(work: () => unknown): number {
  const before = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - before) / 1000;
}
