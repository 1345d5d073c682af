// A button that is only a drawing: its name is in words all the same.

import type { ButtonHTMLAttributes } from "react";
import { Symbol, type SymbolName } from "../symbol.tsx";

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label" | "title" | "type"> & {
  readonly symbol: SymbolName;
  readonly label: string;
};

export function IconButton({ symbol, label, className, ...rest }: Props) {
  const classes = className === undefined ? "icon-button" : `icon-button ${className}`;
  return (
    <button type="button" className={classes} aria-label={label} title={label} {...rest}>
      <Symbol name={symbol} />
    </button>
  );
}
