// A dialog over the page: the browser's own, which keeps the focus inside and gives it back.

import { useEffect, useId, useRef, type MouseEvent, type ReactNode } from "react";
import { IconButton } from "./icon-button.tsx";

export function Dialog({ title, onClose, children }: {
  readonly title: string;
  /** Left out where the dialog cannot be closed without an answer. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const outside = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose?.();
  };
  return (
    <dialog className="dialog" ref={dialog} aria-labelledby={id} onClick={outside} onCancel={(event) => {
      event.preventDefault();
      onClose?.();
    }}>
      <div className="dialog-inner">
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          {onClose && <IconButton symbol="close" label="Close" onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}
