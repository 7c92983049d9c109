import { useId, useRef } from 'react';
import { Cross, Plus } from '../ui/icons';
import { Complaint } from './Field';

interface Properties {
  label: string;
  /** What one of them is called. */
  item: string;
  hint?: string | undefined;
  values: readonly string[];
  placeholder?: string;
  errors?: readonly string[] | undefined;
  itemErrors?: (index: number) => readonly string[] | undefined;
  onChange: (values: string[], index: number) => void;
}

/** A list of texts, a field for each. */
export function Texts({ label, item, hint, values, placeholder, errors = [], itemErrors, onChange }: Properties) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const add = () => {
    onChange([...values, ''], values.length);
    requestAnimationFrame(() => [...(list.current?.querySelectorAll('input') ?? [])].at(-1)?.focus());
  };
  return (
    <fieldset className="field" aria-describedby={hint ? `${id}-hint` : undefined}>
      <legend>{label}</legend>
      <div className="texts" ref={list}>
        {values.map((value, index) => {
          const complaints = itemErrors?.(index) ?? [];
          return (
            <div key={index}>
              <div className="row">
                <input aria-label={`${item} ${index + 1}`} value={value} aria-invalid={complaints.length > 0} spellCheck={false}
                  aria-describedby={complaints.length > 0 ? `${id}-error-${index}` : undefined}
                  onChange={(event) => onChange(values.map((old, at) => (at === index ? event.target.value : old)), index)} />
                <button type="button" className="button plain compact" aria-label={`Remove ${item} ${index + 1}`}
                  onClick={() => onChange(values.filter((_, at) => at !== index), index)}><Cross /></button>
              </div>
              {complaints.length > 0 && <Complaint id={`${id}-error-${index}`} errors={complaints} />}
            </div>
          );
        })}
        {values.length === 0 && placeholder && <p className="hint">Unless you say otherwise: {placeholder}</p>}
      </div>
      {errors.length > 0 && <Complaint errors={errors} />}
      <div><button type="button" className="button compact" onClick={add}><Plus /> Add {item.toLowerCase()}</button></div>
      {hint && <p id={`${id}-hint`} className="hint">{hint}</p>}
    </fieldset>
  );
}
