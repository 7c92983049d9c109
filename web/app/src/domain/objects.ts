// The objects of a shop, each with its state in a few words.
import type { Stored } from '../api/types';
import type { Tone } from './phase';

export interface Kind {
  kind: string;
  group: string;
  resource: string;
  state: (part: Part) => [string, Tone];
}

export interface Part extends Stored {
  spec?: { replicas?: number; type?: string; rules?: { host?: string }[]; suspend?: boolean; resources?: { requests?: { storage?: string } } };
  status?: {
    readyReplicas?: number;
    phase?: string;
    succeeded?: number;
    failed?: number;
    active?: number;
    capacity?: { storage?: string };
    lastSuccessfulTime?: string;
    conditions?: { type: string; status: string; reason?: string }[];
  };
}

export interface ObjectRow {
  kind: string;
  name: string;
  state: string;
  tone: Tone;
  created: string | undefined;
}

function replicas({ spec, status }: Part): [string, Tone] {
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  return [`${ready}/${wanted} ready`, wanted === 0 ? 'calm' : ready >= wanted ? 'good' : 'busy'];
}

function job({ status }: Part): [string, Tone] {
  const is = (type: string) => status?.conditions?.some((condition) => condition.type === type && condition.status === 'True');
  if (is('Failed')) return ['failed', 'bad'];
  if (is('Complete')) return ['complete', 'good'];
  return [status?.failed ? `running, failed ${status.failed} times` : 'running', 'busy'];
}

function claim({ spec, status }: Part): [string, Tone] {
  const size = status?.capacity?.storage ?? spec?.resources?.requests?.storage ?? '';
  return [`${status?.phase ?? 'Pending'} ${size}`.trim(), status?.phase === 'Bound' ? 'good' : status?.phase === 'Lost' ? 'bad' : 'busy'];
}

/** In the order in which a shop is made. The dashboard's proxy passes exactly these on. */
export const kinds: readonly Kind[] = [
  { kind: 'PersistentVolumeClaim', group: '', resource: 'persistentvolumeclaims', state: claim },
  { kind: 'StatefulSet', group: 'apps', resource: 'statefulsets', state: replicas },
  { kind: 'Job', group: 'batch', resource: 'jobs', state: job },
  { kind: 'Deployment', group: 'apps', resource: 'deployments', state: replicas },
  { kind: 'CronJob', group: 'batch', resource: 'cronjobs', state: ({ spec }) => [spec?.suspend ? 'suspended' : 'scheduled', 'calm'] },
  { kind: 'Service', group: '', resource: 'services', state: ({ spec }) => [spec?.type ?? 'ClusterIP', 'calm'] },
  { kind: 'Ingress', group: 'networking.k8s.io', resource: 'ingresses', state: ({ spec }) => [(spec?.rules ?? []).map((rule) => rule.host ?? '*').join(', ') || 'no host', 'calm'] },
];

export function rowOf(kind: Kind, part: Part): ObjectRow {
  const [state, tone] = kind.state(part);
  return { kind: kind.kind, name: part.metadata.name, state, tone, created: part.metadata.creationTimestamp };
}
