/**
 * Orders clients by chance, in proportion to their weights: the weight of a node is shared out
 * among its active children (Mesos `sorter/random/sorter.cpp`, reference part 1.3).
 */
import type {Random} from '../kernel/random.ts';
import {
  addAllocation,
  ClientTree,
  type Allocation,
  type Client,
  type ClientTreeSnapshot,
  type Node,
} from './client-tree.ts';
import type {Sorter} from './sorter.ts';
import {WeightedDraw} from './weighted-draw.ts';

export class RandomSorter implements Sorter {
  readonly #random: Random;
  readonly #tree: ClientTree;
  /** Active clients and their draw; undefined since clients or weights changed. */
  #draw: WeightedDraw | undefined;
  #clients: Client[] = [];

  constructor(random: Random, tree = new ClientTree()) {
    this.#random = random;
    this.#tree = tree;
  }

  get count(): number {
    return this.#tree.count;
  }

  get activeCount(): number {
    return this.#tree.root.activeCount;
  }

  get allocation(): ArrayLike<number> {
    return this.#tree.root.allocation;
  }

  add(path: string): Client {
    // A leaf above may have become a virtual one.
    this.#draw = undefined;
    return this.#tree.add(path);
  }

  remove(client: Client): void {
    this.deactivate(client);
    this.#draw = undefined;
    this.#tree.remove(client);
  }

  clientOf(path: string): Client | undefined {
    return this.#tree.clientOf(path);
  }

  pathOf(client: Client): string {
    return this.#tree.pathOf(client);
  }

  activate(client: Client): void {
    this.#setActive(client, true);
  }

  deactivate(client: Client): void {
    this.#setActive(client, false);
  }

  #setActive(client: Client, active: boolean): void {
    const leaf = this.#tree.nodeOf(client);
    if (leaf.active === active) return;
    leaf.active = active;
    this.#draw = undefined;
    for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) {
      node.activeCount += active ? 1 : -1;
    }
  }

  setWeight(path: string, weight: number): void {
    this.#tree.setWeight(path, weight);
    this.#draw = undefined;
  }

  allocated(client: Client, allocation: Allocation): void {
    this.#book(client, allocation, 1);
  }

  unallocated(client: Client, allocation: Allocation): void {
    this.#book(client, allocation, -1);
  }

  update(client: Client, from: Allocation, to: Allocation): void {
    this.#book(client, from, -1);
    this.#book(client, to, 1);
  }

  #book(client: Client, allocation: Allocation, sign: 1 | -1): void {
    const leaf = this.#tree.nodeOf(client);
    for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) {
      addAllocation(node, allocation, sign);
    }
  }

  allocationOf(client: Client): ArrayLike<number> {
    return this.#tree.nodeOf(client).allocation;
  }

  shareOf(): undefined {
    return undefined;
  }

  start(): void {
    this.#draw ??= this.#weigh();
    this.#draw.restart();
  }

  next(): Client {
    const item = this.#draw?.next() ?? -1;
    return item < 0 ? -1 : (this.#clients[item] as Client);
  }

  peek(): readonly Client[] {
    this.#draw ??= this.#weigh();
    return this.#clients;
  }

  /** Weights of all active clients, relative to the whole. */
  #weigh(): WeightedDraw {
    this.#clients = [];
    const weights: number[] = [];
    const visit = (node: Node, relative: number): void => {
      if (node.client >= 0) {
        this.#clients.push(node.client);
        weights.push(relative);
        return;
      }
      const active = [...node.children.values()].filter(({activeCount}) => activeCount > 0);
      // The order of children is that of their coming, which must not decide.
      active.sort((left, right) => (left.path < right.path ? -1 : 1));
      const sum = active.reduce((total, {weight}) => total + weight, 0);
      for (const child of active) visit(child, (relative * child.weight) / sum);
    };
    visit(this.#tree.root, 1);
    return new WeightedDraw(weights, this.#random);
  }

  snapshot(): ClientTreeSnapshot {
    return this.#tree.snapshot();
  }

  static restore(random: Random, snapshot: ClientTreeSnapshot): RandomSorter {
    return new RandomSorter(random, ClientTree.restore(snapshot));
  }
}
