import { useId } from 'react';
import { Complaint } from './Field';

interface Option {
  value: string;
  title: string;
  text?: string | undefined;
}

interface Properties {
  label: string;
  options: readonly Option[];
  value: string;
  errors?: readonly string[] | undefined;
  onChange: (value: string) => void;
}

/** One of a few, each with a word of explanation: native radio buttons, and so their keys. */
export function Choice({ label, options, value, errors = [], onChange }: Properties) {
  const id = useId();
  return (
    <fieldset className="choice" aria-describedby={errors.length > 0 ? `${id}-error` : undefined}>
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={id} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span><b>{option.title}</b>{option.text && <small>{option.text}</small>}</span>
          </label>
        ))}
      </div>
      {errors.length > 0 && <Complaint id={`${id}-error`} errors={errors} />}
    </fieldset>
  );
}
