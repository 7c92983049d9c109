import { Switch } from '@base-ui/react/switch';
import { useId } from 'react';
import { Complaint } from './Field';

interface Properties {
  label: string;
  hint?: string | undefined;
  checked: boolean;
  errors?: readonly string[] | undefined;
  onChange: (checked: boolean) => void;
}

export function Toggle({ label, hint, checked, errors = [], onChange }: Properties) {
  const id = useId();
  return (
    <div className="toggle">
      <Switch.Root className="switch" checked={checked} onCheckedChange={onChange} aria-labelledby={`${id}-label`} aria-describedby={hint ? `${id}-hint` : undefined}>
        <Switch.Thumb className="thumb" />
      </Switch.Root>
      <div>
        <span id={`${id}-label`} className="label">{label}</span>
        {hint && <p id={`${id}-hint`} className="hint">{hint}</p>}
        {errors.length > 0 && <Complaint errors={errors} />}
      </div>
    </div>
  );
}
