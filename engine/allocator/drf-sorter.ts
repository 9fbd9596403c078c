/**
 * Orders clients by Dominant Resource Fairness: among the children of every node the one with the
 * smallest weighted dominant share comes first, then the one that was given something less often,
 * then by path (Mesos `sorter/drf/sorter.cpp`, reference part 1.2; Ghodsi et al., NSDI'11).
 *
 * The order is kept up to date by moving one node per level (O(log n) comparisons and one block
 * move); only a change of the pool, which changes every share, makes it sort anew, and not before
 * somebody asks.
 */
import {assert} from '../kernel/assert.ts';
import {
  addAllocation,
  ClientTree,
  type Allocation,
  type Client,
  type ClientTreeSnapshot,
  type Node,
} from './client-tree.ts';
import type {Pool} from './pool.ts';
import {sortedClients, type Sorter} from './sorter.ts';

export class DrfSorter implements Sorter {
  readonly #pool: Pool;
  readonly #tree: ClientTree;
  /** Where a walk stands: the nodes above, and the next child of each. */
  readonly #path: Node[] = [];
  readonly #next: number[] = [];
  #depth = -1;

  constructor(pool: Pool, tree = new ClientTree()) {
    this.#pool = pool;
    this.#tree = tree;
  }

  get count(): number {
    return this.#tree.count;
  }

  get activeCount(): number {
    return this.#tree.root.activeCount;
  }

  add(path: string): Client {
    return this.#tree.add(path);
  }

  remove(client: Client): void {
    this.deactivate(client);
    const {parent} = this.#tree.nodeOf(client);
    this.#tree.remove(client);
    // What the client held is gone from every node above: their places have changed.
    for (let node = parent; node !== undefined; node = node.parent) node.sortedFor = -1;
  }

  clientOf(path: string): Client | undefined {
    return this.#tree.clientOf(path);
  }

  pathOf(client: Client): string {
    return this.#tree.pathOf(client);
  }

  activate(client: Client): void {
    const leaf = this.#tree.nodeOf(client);
    if (leaf.active) return;
    leaf.active = true;
    for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) {
      node.activeCount += 1;
      if (node.activeCount === 1) this.#enter(node);
    }
  }

  deactivate(client: Client): void {
    const leaf = this.#tree.nodeOf(client);
    if (!leaf.active) return;
    leaf.active = false;
    for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) {
      node.activeCount -= 1;
      if (node.activeCount === 0) this.#leave(node);
    }
  }

  setWeight(path: string, weight: number): void {
    this.#tree.setWeight(path, weight);
  }

  allocated(client: Client, allocation: Allocation): void {
    for (let node: Node | undefined = this.#tree.nodeOf(client); node !== undefined;) {
      const place = this.#placeIn(node);
      addAllocation(node, allocation, 1);
      node.count += 1;
      this.#move(node, place);
      node = node.parent;
    }
  }

  unallocated(client: Client, allocation: Allocation): void {
    for (let node: Node | undefined = this.#tree.nodeOf(client); node !== undefined;) {
      const place = this.#placeIn(node);
      addAllocation(node, allocation, -1);
      this.#move(node, place);
      node = node.parent;
    }
  }

  update(client: Client, from: Allocation, to: Allocation): void {
    for (let node: Node | undefined = this.#tree.nodeOf(client); node !== undefined;) {
      const place = this.#placeIn(node);
      addAllocation(node, from, -1);
      addAllocation(node, to, 1);
      this.#move(node, place);
      node = node.parent;
    }
  }

  shareOf(client: Client): number {
    return this.#shareOf(this.#tree.nodeOf(client));
  }

  /** How often a client was given something. */
  countOf(client: Client): number {
    return this.#tree.nodeOf(client).count;
  }

  allocationOf(client: Client): ArrayLike<number> {
    return this.#tree.nodeOf(client).allocation;
  }

  get allocation(): ArrayLike<number> {
    return this.#tree.root.allocation;
  }

  start(): void {
    this.#depth = 0;
    this.#path[0] = this.#tree.root;
    this.#next[0] = 0;
    this.#sort(this.#tree.root);
  }

  next(): Client {
    while (this.#depth >= 0) {
      const node = this.#path[this.#depth] as Node;
      const at = this.#next[this.#depth] as number;
      if (at === node.orderedCount) {
        this.#depth -= 1;
        continue;
      }
      this.#next[this.#depth] = at + 1;
      const child = this.#tree.nodes[node.order[at] as number] as Node;
      if (child.client >= 0) return child.client;
      this.#sort(child);
      this.#depth += 1;
      this.#path[this.#depth] = child;
      this.#next[this.#depth] = 0;
    }
    return -1;
  }

  peek(): readonly Client[] {
    return sortedClients(this);
  }

  #shareOf(node: Node): number {
    return this.#pool.dominantShare(node.allocation) / node.weight;
  }

  #isSorted(node: Node): boolean {
    return node.sortedFor === this.#pool.version;
  }

  /** Its place among its siblings; -1 where there is none to keep. */
  #placeIn(node: Node): number {
    const {parent} = node;
    if (parent === undefined || node.activeCount === 0 || !this.#isSorted(parent)) return -1;
    const place = this.#search(parent, node, 0, parent.orderedCount);
    assert(parent.order[place] === node.index, 'a sorter order lost a client');
    return place;
  }

  /** Puts a node whose share or count has changed from `place` to where it belongs now. */
  #move(node: Node, place: number): void {
    const {parent} = node;
    if (place < 0 || parent === undefined) return;
    node.share = this.#shareOf(node);
    const {order} = parent;
    const after = order[place + 1];
    if (place + 1 < parent.orderedCount && this.#isBefore(after as number, node)) {
      const end = this.#search(parent, node, place + 2, parent.orderedCount);
      order.copyWithin(place, place + 1, end);
      order[end - 1] = node.index;
      return;
    }
    if (place === 0 || this.#isBefore(order[place - 1] as number, node)) return;
    const begin = this.#search(parent, node, 0, place - 1);
    order.copyWithin(begin + 1, begin, place);
    order[begin] = node.index;
  }

  /** A node whose first client became active gets its place. */
  #enter(node: Node): void {
    const {parent} = node;
    if (parent === undefined || !this.#isSorted(parent)) return;
    node.share = this.#shareOf(node);
    if (parent.orderedCount === parent.order.length) {
      const order = new Int32Array(Math.max(8, 2 * parent.order.length));
      order.set(parent.order);
      parent.order = order;
    }
    const place = this.#search(parent, node, 0, parent.orderedCount);
    parent.order.copyWithin(place + 1, place, parent.orderedCount);
    parent.order[place] = node.index;
    parent.orderedCount += 1;
  }

  /** A node whose last active client went leaves the order. */
  #leave(node: Node): void {
    const {parent} = node;
    if (parent === undefined || !this.#isSorted(parent)) return;
    const place = this.#search(parent, node, 0, parent.orderedCount);
    assert(parent.order[place] === node.index, 'a sorter order lost a client');
    parent.order.copyWithin(place, place + 1, parent.orderedCount);
    parent.orderedCount -= 1;
  }

  /** The first place from `low` to `high` whose node does not come before `node`. */
  #search(parent: Node, node: Node, low: number, high: number): number {
    const {order} = parent;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isBefore(order[middle] as number, node)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(index: number, node: Node): boolean {
    return compare(this.#tree.nodes[index] as Node, node) < 0;
  }

  #sort(parent: Node): void {
    if (this.#isSorted(parent)) return;
    const children: Node[] = [];
    for (const child of parent.children.values()) {
      if (child.activeCount === 0) continue;
      child.share = this.#shareOf(child);
      children.push(child);
    }
    children.sort(compare);
    if (parent.order.length < children.length) parent.order = new Int32Array(2 * children.length);
    for (const [place, child] of children.entries()) parent.order[place] = child.index;
    parent.orderedCount = children.length;
    parent.sortedFor = this.#pool.version;
  }

  snapshot(): ClientTreeSnapshot {
    return this.#tree.snapshot();
  }

  static restore(pool: Pool, snapshot: ClientTreeSnapshot): DrfSorter {
    return new DrfSorter(pool, ClientTree.restore(snapshot));
  }
}

function compare(left: Node, right: Node): number {
  if (left.share !== right.share) return left.share - right.share;
  if (left.count !== right.count) return left.count - right.count;
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
