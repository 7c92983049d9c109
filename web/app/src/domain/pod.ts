import type { ContainerStatus, Pod } from '../api/types';
import type { Tone } from './phase';

export interface ContainerView {
  name: string;
  state: string;
  tone: Tone;
  restarts: number;
}

function view(name: string, status: ContainerStatus | undefined): ContainerView {
  const restarts = status?.restartCount ?? 0;
  const { waiting, running, terminated } = status?.state ?? {};
  if (running) return { name, state: status?.ready ? 'running' : 'running, not ready', tone: status?.ready ? 'good' : 'busy', restarts };
  if (terminated) return { name, state: terminated.reason ?? `exit ${terminated.exitCode ?? '?'}`, tone: terminated.exitCode === 0 ? 'calm' : 'bad', restarts };
  const reason = waiting?.reason ?? 'waiting';
  return { name, state: reason, tone: /BackOff|Err|Invalid/.test(reason) ? 'bad' : 'busy', restarts };
}

/** The containers of a pod, in the order in which they start. */
export function containersOf(pod: Pod): ContainerView[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
    .map(({ name }) => view(name, statuses.find((status) => status.name === name)));
}

/** The one whose log one wants: what fails, else the first that is no preparation. */
export function interesting(pod: Pod): string {
  const all = containersOf(pod);
  return (all.find((container) => container.tone === 'bad') ?? all[pod.spec.initContainers?.length ?? 0])?.name ?? '';
}
