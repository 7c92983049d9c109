import { useState } from 'react';
import { go, href } from '../state/route';
import { Field } from '../form/Field';

/** For whom may see a store, and not all of them. */
export function ByName() {
  const [name, setName] = useState('');
  return (
    <form className="card body-form" onSubmit={(event) => { event.preventDefault(); if (name.trim()) go(href(['stores', name.trim()])); }}>
      <Field label="Open one store by its name" hint="You may not list stores; one of them may be open to you.">
        {(props) => <input {...props} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <button type="submit" className="button">Open</button>
    </form>
  );
}
