import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { storePath } from '../api/paths';
import { fetchJSON } from '../api/request';
import { explain } from '../api/errors';
import type { Store } from '../api/types';
import { announce } from '../state/announce';
import { useAccess, useEngines } from '../state/queries';
import { go, href } from '../state/route';
import { Action } from '../ui/Action';
import { DeleteDialog } from './DeleteDialog';
import { UpgradeDialog } from './UpgradeDialog';

export function Actions({ store }: { store: Store }) {
  const { name, deletionTimestamp } = store.metadata;
  const change = useAccess({ resource: 'stores', verb: 'patch', name });
  const remove = useAccess({ resource: 'stores', verb: 'delete', name });
  const { data: engines } = useEngines();
  const [asked, setAsked] = useState<'delete' | 'upgrade'>();
  const suspended = store.spec.suspend === true;
  const suspend = useMutation({
    mutationFn: () => fetchJSON<Store>(storePath(name), {
      method: 'PATCH', contentType: 'application/merge-patch+json', body: { spec: { suspend: !suspended } },
    }),
    onError: (error) => announce(`${explain(error).title}: ${explain(error).text}`, 'bad'),
  });
  const engine = engines?.find((found) => found.metadata.name === store.spec.engine);
  const others = engine?.spec.versions.filter((version) => version.name !== store.spec.version) ?? [];
  const going = deletionTimestamp ? 'The store is being deleted.' : undefined;
  const close = () => setAsked(undefined);

  return (
    <div className="actions">
      <Action access={change} obstacle={going} onClick={() => go(href(['stores', name, 'edit']))}>Edit</Action>
      <Action access={change} obstacle={going ?? (others.length === 0 ? 'The engine has no other version.' : undefined)} onClick={() => setAsked('upgrade')}>Change version</Action>
      <Action access={change} obstacle={going ?? (suspend.isPending ? 'It is being asked for.' : undefined)} onClick={() => suspend.mutate()}>{suspended ? 'Resume' : 'Suspend'}</Action>
      <Action kind="danger" access={remove} obstacle={going ?? (store.spec.deletionProtection ? 'The store is protected from deletion: switch that off in Edit first.' : undefined)}
        onClick={() => setAsked('delete')}>Delete</Action>
      {asked === 'delete' && <DeleteDialog store={store} onClose={close} />}
      {asked === 'upgrade' && <UpgradeDialog store={store} versions={others.map((version) => version.name)} onClose={close} />}
    </div>
  );
}
