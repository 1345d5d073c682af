// Copies a text, and says that it did.

import { useEffect, useState } from "react";
import { IconButton } from "./icon-button.tsx";

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    // Missing where the page came over plain HTTP from another machine.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (!clipboard) return setState("refused");
    clipboard.writeText(text).then(() => setState("copied"), () => setState("refused"));
  };
  const said = { idle: label, copied: "Copied", refused: "Not copied" }[state];
  return (
    <IconButton symbol={state === "copied" ? "check" : state === "refused" ? "close" : "copy"} label={said}
      data-state={state} onClick={copy} />
  );
}
