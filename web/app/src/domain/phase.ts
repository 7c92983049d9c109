import type { Condition, Phase, Store } from '../api/types';

/** Every phase, gravest first: the order in which lists are sorted and counts shown. */
export const phases = ['Failed', 'Invalid', 'Degraded', 'Provisioning', 'Pending', 'Terminating', 'Suspended', 'Ready'] as const satisfies readonly Phase[];

export type Tone = 'bad' | 'warn' | 'busy' | 'calm' | 'good';

const tones: Record<Phase, Tone> = {
  Failed: 'bad',
  Invalid: 'bad',
  Degraded: 'warn',
  Provisioning: 'busy',
  Pending: 'busy',
  Terminating: 'calm',
  Suspended: 'calm',
  Ready: 'good',
};

export const phaseOf = (store: Store): Phase => store.status?.phase ?? 'Pending';
export const toneOf = (phase: Phase): Tone => tones[phase] ?? 'calm';
export const gravity = (phase: Phase): number => phases.indexOf(phase);
/** Something that a person should look at. */
export const isTrouble = (phase: Phase) => phase === 'Failed' || phase === 'Degraded' || phase === 'Invalid';

export function conditionOf(store: Store, type: string): Condition | undefined {
  return store.status?.conditions?.find((condition) => condition.type === type);
}

/** Why the store is not ready; undefined where it is, or where nobody has said yet. */
export function troubleOf(store: Store): Condition | undefined {
  const stalled = conditionOf(store, 'Stalled');
  if (stalled?.status === 'True') return stalled;
  const ready = conditionOf(store, 'Ready');
  return ready && ready.status !== 'True' ? ready : undefined;
}
