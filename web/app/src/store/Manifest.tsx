import { useMemo } from 'react';
import { stringify } from 'yaml';
import type { Store } from '../api/types';
import { Code } from '../ui/Code';

export function Manifest({ store }: { store: Store }) {
  const text = useMemo(() => {
    const { managedFields: _, ...metadata } = store.metadata;
    return stringify({ apiVersion: 'platform.example.io/v1alpha1', kind: 'Store', metadata, spec: store.spec, status: store.status });
  }, [store]);
  return (
    <div className="stack">
      <Code label="command" text={`kubectl get store ${store.metadata.name} -o yaml`} />
      <Code label="YAML" text={text} />
    </div>
  );
}
