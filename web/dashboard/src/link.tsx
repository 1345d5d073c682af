// A link to another place of this page: a real one, that can be opened in another tab or copied.

import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go, href, type Move } from "./navigation.ts";

type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> & { readonly to: Move };

export function Link({ to, onClick, ...rest }: Props) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || elsewhere) return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={href(to)} onClick={follow} />;
}
