// The view of all jobs: numbers on top, what narrows them, and the list.

import { AwayNote } from "../notices/away-note.tsx";
import { useRoute } from "../navigation.ts";
import { useCurrentList } from "./current-list.ts";
import { Kinds } from "./kinds.tsx";
import { ListView } from "./list-view.tsx";
import { Tiles } from "./tiles.tsx";
import { Toolbar } from "./toolbar.tsx";

export function Jobs() {
  const { layout } = useRoute();
  const list = useCurrentList();
  return (
    <>
      <h1 className="unseen">Jobs</h1>
      <AwayNote />
      <Tiles />
      <Kinds />
      <Toolbar />
      <ListView key={layout} list={list} layout={layout} />
    </>
  );
}
