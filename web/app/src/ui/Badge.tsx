import type { Phase } from '../api/types';
import { toneOf } from '../domain/phase';

export function PhaseBadge({ phase }: { phase: Phase }) {
  return <span className={`badge ${toneOf(phase)}`}>{phase}</span>;
}
