/**
 * The clients of a sorter as a tree of their paths: roles `a/b` below `a`, frameworks flat. Every
 * node knows what its whole subtree holds. A client that gets children of its own moves to a
 * virtual leaf `a/.` below its node (Mesos `sorter/drf/sorter.cpp`, reference part 1.2).
 */
import {assert, must} from '../kernel/assert.ts';
import type {Resources} from '../resources/vector.ts';
import {SharedCopies, type Copies} from './shared-copies.ts';
import {quantityOf, type Entry} from '../resources/special.ts';

/** Dense index of a client in its sorter; reused after {@link ClientTree.remove}. */
export type Client = number;

/** What may have been handed out, and where: a shared volume counts once per agent. */
export interface Allocation {
  readonly agent: number;
  readonly resources: Resources;
}

export interface Node {
  readonly index: number;
  /** Path of the client; of a virtual leaf `parent/.`. */
  readonly path: string;
  readonly parent: Node | undefined;
  readonly children: Map<string, Node>;
  /** -1: no client, a node between. */
  client: Client;
  /** A client that wants something. */
  active: boolean;
  /** Active clients in the subtree, itself included. */
  activeCount: number;
  weight: number;
  /** How often its subtree was given something: never goes down, decides between equal shares. */
  count: number;
  /** Thousandths by kind that its subtree holds. */
  allocation: Float64Array;
  /** Copies of shared volumes; undefined while there was none. */
  shared: SharedCopies | undefined;
  /** Weighted dominant share, as it was when its place in the order was found. */
  share: number;
  /** Children with active clients, by node index, in order; valid up to `orderedCount`. */
  order: Int32Array;
  orderedCount: number;
  /** Version of the pool for which `order` is right; -1: has to be sorted. */
  sortedFor: number;
}

interface NodeSnapshot {
  readonly path: string;
  readonly client: Client;
  readonly active: boolean;
  readonly count: number;
  readonly allocation: readonly number[];
  readonly shared: readonly Copies[];
}

export interface ClientTreeSnapshot {
  /** Parents before their children; the root is first. */
  readonly nodes: readonly NodeSnapshot[];
  readonly free: readonly Client[];
  readonly weights: readonly (readonly [string, number])[];
}

const VIRTUAL = '.';
const NO_ORDER = new Int32Array(0);
const NO_AMOUNTS = new Float64Array(0);

export class ClientTree {
  readonly root: Node;
  /** By {@link Node.index}; a removed node leaves a gap that is used again. */
  readonly nodes: Node[] = [];
  readonly #freeNodes: number[] = [];
  readonly #clients: (Node | undefined)[] = [];
  readonly #freeClients: Client[] = [];
  readonly #weights = new Map<string, number>();

  constructor() {
    this.root = this.#makeNode('', undefined);
  }

  /** Clients, active or not. */
  get count(): number {
    return this.#clients.length - this.#freeClients.length;
  }

  nodeOf(client: Client): Node {
    return must(this.#clients[client], 'client of a sorter');
  }

  /** The client of a path, active or not; undefined for nodes between. */
  clientOf(path: string): Client | undefined {
    const node = this.nodeOfPath(path);
    const leaf = node?.children.get(VIRTUAL) ?? node;
    return leaf === undefined || leaf.client < 0 ? undefined : leaf.client;
  }

  pathOf(client: Client): string {
    const {path, parent} = this.nodeOf(client);
    return path.endsWith('/.') && parent !== undefined ? parent.path : path;
  }

  /** The node at a path: a client, or one between. */
  nodeOfPath(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of path.split('/')) node = node?.children.get(name);
    return node;
  }

  #makeNode(path: string, parent: Node | undefined): Node {
    const index = this.#freeNodes.pop() ?? this.nodes.length;
    const node: Node = {
      index,
      path,
      parent,
      children: new Map(),
      client: -1,
      active: false,
      activeCount: 0,
      weight: this.#weights.get(path) ?? 1,
      count: 0,
      allocation: NO_AMOUNTS,
      shared: undefined,
      share: 0,
      order: NO_ORDER,
      orderedCount: 0,
      sortedFor: -1,
    };
    this.nodes[index] = node;
    return node;
  }

  #addChild(parent: Node, name: string): Node {
    const child = this.#makeNode(parent === this.root ? name : `${parent.path}/${name}`, parent);
    parent.children.set(name, child);
    return child;
  }

  /** A new, inactive client. */
  add(path: string): Client {
    let node = this.root;
    for (const name of path.split('/')) {
      if (node.client >= 0) this.#makeInternal(node);
      node = node.children.get(name) ?? this.#addChild(node, name);
    }
    const isNew = node.client < 0 && !node.children.has(VIRTUAL);
    assert(isNew, () => `the sorter has '${path}' already`);
    if (node.children.size > 0) node = this.#addChild(node, VIRTUAL);
    const client = this.#freeClients.pop() ?? this.#clients.length;
    this.#seat(client, node);
    return client;
  }

  #seat(client: Client, node: Node): void {
    node.client = client;
    this.#clients[client] = node;
  }

  /** The client of a leaf moves to a virtual leaf below it, with a copy of what it holds. */
  #makeInternal(node: Node): void {
    const leaf = this.#addChild(node, VIRTUAL);
    leaf.count = node.count;
    leaf.active = node.active;
    leaf.activeCount = node.activeCount;
    leaf.allocation = node.allocation.slice();
    leaf.shared = node.shared && new SharedCopies(node.shared.all());
    this.#seat(node.client, leaf);
    node.client = -1;
    node.active = false;
    node.sortedFor = -1;
  }

  /**
   * Takes an inactive client out, and what it holds from all nodes above. Nodes that are left
   * without children go, too; one that is left with its virtual leaf alone becomes a leaf again and
   * keeps its own count.
   */
  remove(client: Client): void {
    const leaf = this.nodeOf(client);
    assert(!leaf.active, () => `client ${client} is removed while it is active`);
    for (let node = leaf.parent; node !== undefined; node = node.parent) this.#forget(node, leaf);
    this.#clients[client] = undefined;
    this.#freeClients.push(client);
    let node = leaf;
    while (node.parent !== undefined && node.children.size === 0) {
      this.#drop(node);
      node = node.parent;
    }
    const last = node.children.get(VIRTUAL);
    if (last === undefined || node.children.size > 1) return;
    node.active = last.active;
    this.#seat(last.client, node);
    this.#drop(last);
  }

  #drop({index, path, parent}: Node): void {
    assert(parent !== undefined, 'the root stays');
    parent.children.delete(path.slice(path.lastIndexOf('/') + 1));
    parent.sortedFor = -1;
    this.#freeNodes.push(index);
  }

  /** Takes from `node` what `leaf`, below it, holds. */
  #forget(node: Node, leaf: Node): void {
    const {allocation} = leaf;
    const once = [...allocation];
    for (const {agent, key, kind, scalar, copies} of leaf.shared?.all() ?? []) {
      if (node.shared?.take(agent, key, copies) === true) continue;
      // What stays with others on the same agent stays counted.
      once[kind] = (once[kind] ?? 0) - scalar;
    }
    addTo(node, once, -1);
  }

  /** Also for paths that are not, or not yet, clients. */
  setWeight(path: string, weight: number): void {
    this.#weights.set(path, weight);
    const node = this.nodeOfPath(path);
    if (node === undefined) return;
    node.weight = weight;
    if (node.parent !== undefined) node.parent.sortedFor = -1;
  }

  snapshot(): ClientTreeSnapshot {
    const nodes: NodeSnapshot[] = [];
    const visit = (node: Node): void => {
      const {path, client, active, count, allocation, shared} = node;
      nodes.push({
        path,
        client,
        active,
        count,
        allocation: [...allocation],
        shared: [...(shared?.all() ?? [])],
      });
      for (const child of node.children.values()) visit(child);
    };
    visit(this.root);
    return {nodes, free: [...this.#freeClients], weights: [...this.#weights]};
  }

  static restore(snapshot: ClientTreeSnapshot): ClientTree {
    const tree = new ClientTree();
    for (const [path, weight] of snapshot.weights) tree.#weights.set(path, weight);
    for (const {path, client, active, count, allocation, shared} of snapshot.nodes) {
      let node = tree.root;
      if (path !== '') {
        for (const name of path.split('/')) {
          node = node.children.get(name) ?? tree.#addChild(node, name);
        }
      }
      node.count = count;
      node.active = active;
      node.allocation = Float64Array.from(allocation);
      node.shared = shared.length === 0 ? undefined : new SharedCopies(shared);
      if (client >= 0) tree.#seat(client, node);
      if (!active) continue;
      for (let one: Node | undefined = node; one !== undefined; one = one.parent) {
        one.activeCount += 1;
      }
    }
    // The last ones may be free, and count all the same.
    for (const client of snapshot.free) tree.#clients[client] = undefined;
    tree.#freeClients.push(...snapshot.free);
    return tree;
  }
}

/** Adds what was handed out on an agent to a node, or takes it away. */
export function addAllocation(node: Node, {agent, resources}: Allocation, sign: 1 | -1): void {
  addTo(node, resources.scalars, sign);
  for (const entry of resources.special) {
    if (entry.special.shared === true && !isFirstOrLast(node, agent, entry, sign)) continue;
    const {kind} = entry.special;
    makeRoom(node, kind + 1);
    node.allocation[kind] = (node.allocation[kind] as number) + sign * quantityOf(entry);
  }
}

function addTo(node: Node, scalars: readonly number[], sign: 1 | -1): void {
  const kinds = scalars.length;
  if (kinds > node.allocation.length) makeRoom(node, kinds);
  const {allocation} = node;
  for (let kind = 0; kind < kinds; kind += 1) {
    allocation[kind] = (allocation[kind] as number) + sign * (scalars[kind] as number);
  }
}

/** Kinds become known one by one: room for a few at once. */
function makeRoom(node: Node, kinds: number): void {
  if (kinds <= node.allocation.length) return;
  const allocation = new Float64Array(Math.max(4, kinds));
  allocation.set(node.allocation);
  node.allocation = allocation;
}

/** Books copies of a shared volume; whether the first came or the last went. */
function isFirstOrLast(node: Node, agent: number, entry: Entry, sign: 1 | -1): boolean {
  node.shared ??= new SharedCopies();
  return sign > 0
    ? node.shared.add(agent, entry)
    : node.shared.take(agent, entry.special.key, entry.copies);
}
