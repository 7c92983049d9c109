import type { Engine, VolumeStorage } from '../api/types';
import { isObject } from '../domain/json';
import { asSchema } from '../domain/schema';
import { Choice } from './Choice';
import { Field } from './Field';
import { Parameter } from './Parameter';
import { Texts } from './Texts';
import { Toggle } from './Toggle';
import type { Form } from './useForm';

/** The fields of a spec, as its engine has them. */
export function StoreFields({ form, engine }: { form: Form; engine: Engine }) {
  const { draft: { spec }, errors, setSpec, touch } = form;
  return (
    <>
      <section className="card" aria-label="Shop">
        <header><h2>Shop</h2></header>
        <div className="body stack">
          <Field label="Display name" hint="Shown to people; at most 100 characters." errors={errors('spec.displayName')}>
            {(props) => <input {...props} autoComplete="off" value={spec.displayName ?? ''} onBlur={() => touch('spec.displayName')} onChange={(event) => setSpec({ displayName: event.target.value || undefined }, 'spec.displayName')} />}
          </Field>
          <Choice label="Plan" value={spec.plan ?? ''} errors={errors('spec.plan')} onChange={(plan) => setSpec({ plan }, 'spec.plan')}
            options={engine.spec.plans.map((plan) => ({ value: plan.name, title: plan.name, text: plan.description }))} />
          <Field label="Version" hint="Newest first." errors={errors('spec.version')}>
            {(props) => (
              <select {...props} value={spec.version ?? ''} onChange={(event) => setSpec({ version: event.target.value }, 'spec.version')}>
                {!engine.spec.versions.some((version) => version.name === spec.version) && <option>{spec.version}</option>}
                {engine.spec.versions.map((version) => <option key={version.name}>{version.name}</option>)}
              </select>
            )}
          </Field>
          <Texts label="Own domains" item="Domain" hint="Served beside the platform’s own name for the shop." errors={errors('spec.hosts')}
            values={spec.hosts ?? []} itemErrors={(index) => errors(`spec.hosts[${index}]`)}
            onChange={(hosts, index) => setSpec({ hosts: hosts.length > 0 ? hosts : undefined }, `spec.hosts[${index}]`)} />
        </div>
      </section>
      <Parameters form={form} engine={engine} />
      <section className="card" aria-label="Storage and protection">
        <header><h2>Storage and protection</h2></header>
        <div className="body stack">
          {(engine.spec.volumes ?? []).map((volume) => <Volume key={volume.name} form={form} name={volume.name} description={volume.description}
            size={String(volume.defaultSizes?.[spec.plan ?? ''] ?? '')} />)}
          <Toggle label="Protect from deletion" hint="Deletion is refused while this is on." checked={spec.deletionProtection ?? false}
            onChange={(on) => setSpec({ deletionProtection: on || undefined }, 'spec.deletionProtection')} />
          <Toggle label="Suspend" hint="Scaled to zero; the data is kept." checked={spec.suspend ?? false}
            onChange={(on) => setSpec({ suspend: on || undefined }, 'spec.suspend')} />
        </div>
      </section>
    </>
  );
}

function Parameters({ form: { draft: { spec }, errors, setSpec }, engine }: { form: Form; engine: Engine }) {
  const schema = asSchema(engine.spec.parametersSchema);
  const held = isObject(spec.parameters) ? spec.parameters : {};
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return null;
  return (
    <section className="card" aria-label="Parameters">
      <header><h2>{schema.title ?? 'Parameters'}</h2></header>
      <div className="body stack">
        {entries.map(([name, property]) => (
          <Parameter key={`${engine.metadata.name}.${name}`} name={name} schema={property} path={`spec.parameters.${name}`} value={held[name]} errors={errors}
            onChange={(value, path) => setSpec({ parameters: { ...held, [name]: value } }, path)} />
        ))}
      </div>
    </section>
  );
}

function Volume({ form, name, description, size }: { form: Form; name: string; description: string | undefined; size: string }) {
  const { draft: { spec }, errors, setSpec } = form;
  const path = `spec.storage.${name}`;
  const volumes = spec.storage ?? [];
  const held: VolumeStorage = volumes.find((volume) => volume.name === name) ?? { name };
  const change = (changed: { size?: string; storageClassName?: string }) => {
    const volume = { ...held, ...changed };
    const known = volumes.some((other) => other.name === name);
    setSpec({ storage: known ? volumes.map((other) => (other.name === name ? volume : other)) : [...volumes, volume] }, path);
  };
  return (
    <div className="volume">
      <Field label={`Size of ${name}`} hint={`${description ?? ''} It can grow, and never shrink.`} errors={errors(path)}>
        {(props) => <input {...props} autoComplete="off" spellCheck={false} placeholder={size} value={held.size === undefined ? '' : String(held.size)} onChange={(event) => change({ size: event.target.value })} />}
      </Field>
      <Field label="Storage class">
        {(props) => <input {...props} autoComplete="off" spellCheck={false} placeholder="the platform’s" value={held.storageClassName ?? ''} onChange={(event) => change({ storageClassName: event.target.value })} />}
      </Field>
    </div>
  );
}
