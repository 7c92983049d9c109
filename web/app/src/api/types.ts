// The platform's objects, as its OpenAPI has them, and the few fields of other
// objects that the pages read.
import type { components } from './schema';

type Schemas = components['schemas'];

export type ObjectMeta = Schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'];
export type Condition = Schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Condition'];
export type Status = Schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Status'];
export type StoreSpec = Schemas['io.example.platform.v1alpha1.StoreSpec'];
export type VolumeStorage = Schemas['io.example.platform.v1alpha1.VolumeStorage'];
export type EngineVolume = Schemas['io.example.platform.v1alpha1.EngineVolume'];

/** Something that the API has stored, and has therefore named and versioned. */
export interface Stored {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string };
}

export type Store = Schemas['io.example.platform.v1alpha1.Store'] & Stored;
export type Engine = Schemas['io.example.platform.v1alpha1.Engine'] & Stored;
export type Phase = NonNullable<NonNullable<Store['status']>['phase']>;

export interface List<T> {
  metadata: { resourceVersion: string; continue?: string };
  items: T[];
}

/** An Event of the core group. */
export interface Event extends Stored {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
  involvedObject: { kind?: string; name?: string };
  source?: { component?: string };
  reportingComponent?: string;
}

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: { reason?: string; exitCode?: number };
  };
}

export interface Pod extends Stored {
  spec: { nodeName?: string; containers: { name: string }[]; initContainers?: { name: string }[] };
  status?: {
    phase?: string;
    reason?: string;
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}
