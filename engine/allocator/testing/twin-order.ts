/**
 * The order of roles, or of the frameworks of a role, the obvious way: a set of paths, how often
 * each node was given something, and a sort of the whole tree for every question (Mesos, reference
 * part 1.2). Nothing here knows of the sorters that it is the measure of.
 */

/**
 * Nodes are not kept: they are the beginnings of paths, and `a/.` for a client with others below.
 */
export interface TwinOrder {
  readonly clients: Set<string>;
  /** By node: lifetime numbers of allocations in its subtree. Absent: 0. */
  readonly counts: Map<string, number>;
}

export interface OrderRules {
  isActive(client: string): boolean;
  /** Weighted dominant share of what these clients hold together. */
  shareOf(clients: readonly string[]): number;
  weightOf(node: string): number;
}

export function makeOrder(): TwinOrder {
  return {clients: new Set(), counts: new Map()};
}

export function copyOrder({clients, counts}: TwinOrder): TwinOrder {
  return {clients: new Set(clients), counts: new Map(counts)};
}

/** The paths above, the nearest first. */
export function pathsAbove(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, at) => names.slice(0, names.length - 1 - at).join('/'));
}

export function isBelow(path: string, above: string): boolean {
  return path.startsWith(`${above}/`);
}

function hasBelow({clients}: TwinOrder, node: string): boolean {
  return [...clients].some((client) => isBelow(client, node));
}

/** The node that stands for a client: a virtual leaf if there are others below it. */
function leafOf(order: TwinOrder, client: string): string {
  return hasBelow(order, client) ? `${client}/.` : client;
}

/** A leaf that gets its first node below moves to a virtual leaf, with a copy of its count. */
export function addClient(order: TwinOrder, path: string): void {
  for (const above of pathsAbove(path)) {
    if (!order.clients.has(above) || hasBelow(order, above)) continue;
    order.counts.set(`${above}/.`, order.counts.get(above) ?? 0);
  }
  order.clients.add(path);
}

/**
 * Nodes without clients go; one that has only its virtual leaf left becomes a leaf with its count.
 */
export function removeClient(order: TwinOrder, path: string): void {
  const {clients, counts} = order;
  counts.delete(leafOf(order, path));
  clients.delete(path);
  const left = pathsAbove(path).find((above) => clients.has(above) || hasBelow(order, above));
  for (const above of pathsAbove(path)) {
    if (above === left) break;
    counts.delete(above);
  }
  if (left !== undefined && clients.has(left) && !hasBelow(order, left)) {
    counts.delete(`${left}/.`);
  }
}

/** The client was given something once: that counts for all nodes above it. */
export function countAllocation(order: TwinOrder, client: string): void {
  const {counts} = order;
  for (const node of new Set([leafOf(order, client), client, ...pathsAbove(client)])) {
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
}

/** Active clients in order: smallest share first, then fewest allocations, then by path. */
export function sortOrder(order: TwinOrder, rules: OrderRules): readonly string[] {
  return sortBelow(order, rules, undefined);
}

function sortBelow(
  order: TwinOrder,
  rules: OrderRules,
  parent: string | undefined,
): readonly string[] {
  const nodes = childrenOf(order, parent);
  const children = nodes.map((node) => {
    const client = node.endsWith('/.') ? node.slice(0, -2) : undefined;
    const members =
      client === undefined
        ? [...order.clients].filter((path) => path === node || isBelow(path, node))
        : [client];
    // Alone it is the first one with any share.
    const share = nodes.length === 1 ? 0 : rules.shareOf(members) / rules.weightOf(node);
    return {node, client, share, count: order.counts.get(node) ?? 0};
  });
  children.sort(
    (left, right) =>
      left.share - right.share || left.count - right.count || (left.node < right.node ? -1 : 1),
  );
  return children.flatMap(({node, client}) => {
    if (client === undefined && hasBelow(order, node)) return sortBelow(order, rules, node);
    const path = client ?? node;
    return rules.isActive(path) ? [path] : [];
  });
}

function childrenOf({clients}: TwinOrder, parent: string | undefined): readonly string[] {
  const nodes = new Set<string>();
  for (const client of clients) {
    if (parent === undefined) nodes.add(client.split('/')[0] ?? '');
    else if (client === parent) nodes.add(`${parent}/.`);
    else if (isBelow(client, parent)) {
      nodes.add(`${parent}/${client.slice(parent.length + 1).split('/')[0]}`);
    }
  }
  return [...nodes];
}
