import test from 'ava';
import fc from 'fast-check';
import {type AgentId, agentIdOf} from '../kernel/ids.ts';
import {UnreachableAgents} from './unreachable-agents.ts';

function takeAll(agents: UnreachableAgents, now: number): readonly AgentId[] {
  const taken: AgentId[] = [];
  for (let id = agents.takeDue(now); id !== undefined; id = agents.takeDue(now)) taken.push(id);
  return taken;
}

test('the oldest go when they are too old, and when there are too many', (t) => {
  const agents = new UnreachableAgents({ageMs: 100, count: 2});
  t.is(agents.nextAt, undefined);
  agents.add(agentIdOf('a'), 10);
  agents.add(agentIdOf('b'), 20);
  t.is(agents.nextAt, 110);
  t.deepEqual(takeAll(agents, 109), []);
  agents.add(agentIdOf('c'), 30);
  t.deepEqual(takeAll(agents, 30), [agentIdOf('a')]);
  t.is(agents.sinceOf(agentIdOf('a')), undefined);
  t.is(agents.sinceOf(agentIdOf('b')), 20);
  agents.delete(agentIdOf('b'));
  t.is(agents.nextAt, 130);
  t.deepEqual(takeAll(agents, 130), [agentIdOf('c')]);
});

test('whoever comes and goes, only the young are kept, and the youngest of them', (t) => {
  const limits = {ageMs: 50, count: 5};
  const step = fc.record({id: fc.nat(20), waitMs: fc.nat(20), isBack: fc.boolean()});
  const property = fc.property(fc.array(step), (steps) => {
    const agents = new UnreachableAgents(limits);
    const model = new Map<AgentId, number>();
    let now = 0;
    for (const {id, waitMs, isBack} of steps) {
      now += waitMs;
      const agent = agentIdOf(`a${id}`);
      agents.delete(agent);
      model.delete(agent);
      if (!isBack) {
        agents.add(agent, now);
        model.set(agent, now);
      }
      takeAll(agents, now);
      const young = [...model].filter(([, since]) => since + limits.ageMs > now);
      const kept = young.slice(-limits.count);
      t.deepEqual(
        [...model.keys()].filter((one) => agents.sinceOf(one) !== undefined),
        kept.map(([one]) => one),
      );
    }
  });
  t.notThrows(() => fc.assert(property));
});
