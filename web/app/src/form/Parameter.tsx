import { useState } from 'react';
import { isObject } from '../domain/json';
import { controlOf, placeholderOf, type Schema } from '../domain/schema';
import { Field } from './Field';
import { Texts } from './Texts';
import { Toggle } from './Toggle';

interface Properties {
  name: string;
  schema: Schema;
  path: string;
  value: unknown;
  errors: (field: string) => readonly string[] | undefined;
  /** Undefined leaves it to the engine's default. */
  onChange: (value: unknown, path: string) => void;
}

/** One parameter, asked for as its JSON schema says. */
export function Parameter(properties: Properties) {
  const { name, schema, path, value, errors, onChange } = properties;
  const label = schema.title ?? name;
  const shared = { label, hint: schema.description, errors: errors(path) };
  const set = (changed: unknown) => onChange(changed, path);
  switch (controlOf(schema)) {
    case 'switch':
      return <Toggle {...shared} checked={(value ?? schema.default ?? false) === true} onChange={(checked) => set(checked === (schema.default ?? false) ? undefined : checked)} />;
    case 'choice':
      return (
        <Field {...shared}>
          {(props) => (
            <select {...props} value={typeof value === 'string' ? value : ''} onChange={(event) => set(event.target.value || undefined)}>
              <option value="">{schema.default === undefined ? 'Not set' : `Default: ${String(schema.default)}`}</option>
              {schema.enum?.map((item) => <option key={String(item)}>{String(item)}</option>)}
            </select>
          )}
        </Field>
      );
    case 'texts':
      return <Texts {...shared} item={label.replace(/ies$/, 'y').replace(/s$/, '')} placeholder={placeholderOf(schema)}
        values={Array.isArray(value) ? value.map(String) : []} onChange={(values) => set(values.length > 0 ? values : undefined)} />;
    case 'group':
      return <Group {...properties} />;
    case 'number':
      return <Field {...shared}>{(props) => <input {...props} inputMode="decimal" placeholder={placeholderOf(schema)} value={value === undefined ? '' : String(value)} onChange={(event) => set(number(event.target.value))} />}</Field>;
    case 'text':
      return <Field {...shared}>{(props) => <input {...props} type={schema.format === 'email' ? 'email' : 'text'} autoComplete="off" spellCheck={false} placeholder={placeholderOf(schema)} value={typeof value === 'string' ? value : ''} onChange={(event) => set(event.target.value || undefined)} />}</Field>;
    case 'json':
      return <Free {...properties} />;
  }
}

// What is no number is sent as it is: the server says what it expects.
function number(text: string): unknown {
  if (text.trim() === '') return undefined;
  const parsed = Number(text);
  return Number.isFinite(parsed) && !/[.eE]$/.test(text) ? parsed : text;
}

function Group({ name, schema, path, value, errors, onChange }: Properties) {
  const held = isObject(value) ? value : {};
  return (
    <fieldset className="group">
      <legend>{schema.title ?? name}</legend>
      {schema.description && <p className="hint">{schema.description}</p>}
      {Object.entries(schema.properties ?? {}).map(([key, property]) => (
        <Parameter key={key} name={key} schema={property} path={`${path}.${key}`} value={held[key]} errors={errors}
          onChange={(changed, at) => onChange({ ...held, [key]: changed }, at)} />
      ))}
    </fieldset>
  );
}

/** Whatever has no field of its own. */
function Free({ name, schema, path, value, errors, onChange }: Properties) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [fault, setFault] = useState('');
  const change = (typed: string) => {
    setText(typed);
    try {
      onChange(typed.trim() === '' ? undefined : JSON.parse(typed), path);
      setFault('');
    } catch (error) {
      setFault(`This is not JSON: ${(error as Error).message}`);
    }
  };
  return (
    <Field label={schema.title ?? name} hint={schema.description} errors={fault ? [fault] : errors(path)}>
      {(props) => <textarea {...props} rows={4} className="mono" spellCheck={false} placeholder={placeholderOf(schema)} value={text} onChange={(event) => change(event.target.value)} />}
    </Field>
  );
}
