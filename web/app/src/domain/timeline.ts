// The way of a shop from nothing to serving, as its conditions tell it.
import type { Condition, Store } from '../api/types';
import { conditionOf, isTrouble, phaseOf } from './phase';

/** In the order in which they come true. */
const stages = [
  { type: 'ResourcesApplied', title: 'Objects applied', waiting: 'The shop’s objects are created.' },
  { type: 'DatabaseReady', title: 'Database ready', waiting: 'The database comes up.' },
  { type: 'BootstrapComplete', title: 'Shop set up', waiting: 'A Job sets the shop up and migrates its data.' },
  { type: 'ApplicationReady', title: 'Application ready', waiting: 'The shop’s pods become ready.' },
  { type: 'RouteReady', title: 'Reachable', waiting: 'The shop’s hosts are routed to it.' },
  { type: 'StorefrontReachable', title: 'Answers customers', waiting: 'The shop is asked as a customer would ask it.' },
] as const;

/** Where the platform asks no shop, whether one answers is no stage. */
const isAsked = (store: Store) => (conditionOf(store, 'StorefrontReachable')?.status ?? 'Unknown') !== 'Unknown';

export type StageState = 'done' | 'current' | 'blocked' | 'waiting';

export interface Stage {
  type: string;
  title: string;
  state: StageState;
  reason: string;
  message: string;
  since?: string;
  /** The status speaks of an older spec. */
  outdated: boolean;
}

export function timeline(store: Store): Stage[] {
  const blocked = isTrouble(phaseOf(store));
  const ready = conditionOf(store, 'Ready');
  const shown = stages.filter(({ type }) => type !== 'StorefrontReachable' || isAsked(store));
  return shown.map(({ type, title, waiting }) => {
    const condition = conditionOf(store, type);
    if (!condition) return { type, title, state: 'waiting', reason: '', message: waiting, outdated: false };
    return {
      type,
      title,
      state: stateOf(condition, blocked, ready),
      reason: condition.reason,
      message: condition.message,
      since: condition.lastTransitionTime,
      outdated: (condition.observedGeneration ?? 0) < (store.metadata.generation ?? 0),
    };
  });
}

function stateOf(condition: Condition, blocked: boolean, ready: Condition | undefined): StageState {
  if (condition.status === 'True') return 'done';
  // Ready has the reason and message of the gravest of the others.
  if (blocked && ready?.reason === condition.reason && ready.message === condition.message) return 'blocked';
  return 'current';
}
