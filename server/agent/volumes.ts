/** Persistent volumes of an agent: folders that outlive the tasks that use them. */
import {mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type {WireResource} from '../../engine/index.ts';
import type {AgentOrder} from '../link/messages.ts';

type Operations = Extract<AgentOrder, {readonly kind: 'applyOperations'}>['operations'];

/** Where the volume with this id is; ids hold characters that folders' names do not. */
export function volumeFolder(root: string, id: string): string {
  return join(root, encodeURIComponent(id));
}

/** Makes and removes the folders of the volumes that the operations create and destroy. */
export function applyToVolumes(root: string, operations: Operations): void {
  for (const {kind, resources} of operations) {
    for (const id of volumeIds(resources.special ?? [])) {
      if (kind === 'create') mkdirSync(volumeFolder(root, id), {recursive: true});
      else if (kind === 'destroy') rmSync(volumeFolder(root, id), {recursive: true, force: true});
    }
  }
}

function volumeIds(resources: readonly WireResource[]): readonly string[] {
  return resources.flatMap(({disk}) =>
    disk?.persistence === undefined ? [] : [disk.persistence.id],
  );
}
