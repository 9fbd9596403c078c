/** Agents and what is held on them, kept in step: what nobody holds is available. */
import {subtractEntries} from '../resources/special.ts';
import type {Resources} from '../resources/vector.ts';
import {AgentTable, type AgentSlot, type AgentTableSnapshot} from './agent-table.ts';
import {Ledger, type Holder, type LedgerSnapshot} from './ledger.ts';

export interface HoldingsSnapshot {
  readonly agents: AgentTableSnapshot;
  readonly ledger: LedgerSnapshot;
}

export class Holdings {
  readonly agents: AgentTable;
  readonly ledger: Ledger;

  constructor(agents = new AgentTable(), ledger = new Ledger()) {
    this.agents = agents;
    this.ledger = ledger;
  }

  /** A holder takes something; whether it had nothing on the agent before. */
  take(slot: AgentSlot, holder: Holder, resources: Resources): boolean {
    const isNew = this.ledger.add(slot, holder, resources);
    const isAll = this.agents.take(slot, resources);
    if (resources.special.length > 0 && !isAll) this.#refreshSpecial(slot);
    return isNew;
  }

  /** A holder gives something back; whether it has nothing left there. */
  giveBack(slot: AgentSlot, holder: Holder, resources: Resources): boolean {
    const isGone = this.ledger.subtract(slot, holder, resources);
    this.agents.giveBack(slot, resources);
    if (isGone && !this.ledger.isHeld(slot)) this.agents.allBack(slot);
    else if (resources.special.length > 0) this.#refreshSpecial(slot);
    return isGone;
  }

  /** Replaces an agent's total; what is held stays so. */
  setTotal(slot: AgentSlot, total: Resources): void {
    this.agents.setTotal(slot, total);
    this.#refreshSpecial(slot);
  }

  remove(slot: AgentSlot): void {
    this.agents.remove(slot);
    this.ledger.removeAgent(slot);
  }

  /** Of special things what is not held; shared volumes are there for everybody, however many. */
  #refreshSpecial(slot: AgentSlot): void {
    const {special} = this.agents.totalOf(slot);
    const held = this.ledger.specialOn(slot).filter((entry) => entry.special.shared !== true);
    this.agents.setSpecial(slot, subtractEntries(special, held));
  }

  snapshot(): HoldingsSnapshot {
    return {agents: this.agents.snapshot(), ledger: this.ledger.snapshot()};
  }

  static restore({agents, ledger}: HoldingsSnapshot): Holdings {
    return new Holdings(AgentTable.restore(agents), Ledger.restore(ledger));
  }
}
