import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { ReactNode } from 'react';

interface Properties {
  open: boolean;
  onClose?: (() => void) | undefined;
  title: string;
  description: ReactNode;
  children: ReactNode;
}

/** A question that must be answered. Escape is no, where no is an answer. */
export function Dialog({ open, onClose, title, description, children }: Properties) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => { if (!next) onClose?.(); }}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div className="soft" />}>{description}</AlertDialog.Description>
          {children}
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
