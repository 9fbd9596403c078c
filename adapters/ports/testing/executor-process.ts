/** The other side of `remote-executor.ts`: opens an executor and does what its parent says. */
import type {RemoteOrder, OpenExecutor} from './remote-executor.ts';

const [module = '', argument = 'null'] = process.argv.slice(2);
const {openExecutor} = (await import(module)) as {openExecutor: OpenExecutor};
const executor = await openExecutor(JSON.parse(argument), (news) => {
  if (process.connected) process.send?.(news);
});
process.on('message', (message) => {
  const order = message as RemoteOrder;
  if (order.kind === 'launch') executor.launch(order.task);
  else executor.kill(order.taskId, order.graceMs);
});
process.on('disconnect', () => process.exit());
// The first message says that it is open.
process.send?.('open');
