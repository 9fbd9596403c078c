/** How a framework answers that does not move its tasks: an agent is given up when it is empty. */
import type {InverseOffer, SchedulerDriver} from '../../scheduler.ts';

/** `busy`: agents on which tasks of the framework may be. It is not asked again for `refuseMs`. */
export function answerWhetherEmpty(
  offers: readonly InverseOffer[],
  busy: ReadonlySet<string>,
  driver: SchedulerDriver,
  refuseMs: number,
): void {
  for (const isAccepted of [true, false]) {
    const agents = offers.map(({agent}) => agent.id).filter((id) => busy.has(id) !== isAccepted);
    if (agents.length > 0) driver.answerInverseOffers(agents, isAccepted, refuseMs);
  }
}
