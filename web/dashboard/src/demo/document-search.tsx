// A search box over what was ingested, and the documents it finds, best first, with what was searched for marked.

import { useEffect, useState } from "react";
import { number } from "../../../src/display/format.ts";
import { Problem } from "../../../src/problem.ts";
import { Symbol } from "../symbol.tsx";
import { searchDocuments, type Found, type Hit } from "./documents.ts";

/** How long the hand rests before it is searched. */
const TYPING = 250;
const EXAMPLES = ["trust anchor", "\"opt-out\" nsec3", "zone transfer -incremental", "down the rabbit-hole", "petits enfants"];

type Answer = { readonly query: string; readonly found: Found } | { readonly query: string; readonly problem: string };

/** `edition` changes when there may be other documents than before. */
export function DocumentSearch({ edition }: { readonly edition: string }) {
  const [text, setText] = useState("");
  const { answer, searching } = useSearch(text, edition);
  return (
    <section className="documents" aria-labelledby="documents-title">
      <h2 id="documents-title" className="section-title">What is in them</h2>
      <form role="search" aria-label="Documents" onSubmit={(event) => event.preventDefault()}>
        <label className="search documents-search">
          <Symbol name="search" />
          <span className="unseen">Search the documents</span>
          <input type="search" value={text} placeholder="Words, &quot;a phrase&quot;, or, -not" enterKeyHint="search"
            onChange={(event) => setText(event.target.value)} />
        </label>
      </form>
      <p className="documents-said" role="status">{said(answer, searching)}</p>
      {answer === null && (
        <ul className="documents-examples" aria-label="For example">
          {EXAMPLES.map((example) => (
            <li key={example}>
              <button type="button" className="chip" onClick={() => setText(example)}>{example}</button>
            </li>
          ))}
        </ul>
      )}
      {answer !== null && "found" in answer && answer.found.hits.length > 0 && (
        <ol className="hits" aria-label="Documents found" aria-busy={searching}>
          {answer.found.hits.map((hit) => <Document key={`${hit.collection}/${hit.path}`} hit={hit} />)}
        </ol>
      )}
    </section>
  );
}

/** The newest answer; the one before stays until it is there. */
function useSearch(text: string, edition: string): { answer: Answer | null; searching: boolean } {
  const query = text.trim();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [searched, setSearched] = useState("");
  const wanted = `${edition} ${query}`;
  useEffect(() => {
    const leave = new AbortController();
    if (query === "") {
      setAnswer(null);
      return;
    }
    const timer = setTimeout(() => {
      searchDocuments(query, leave.signal)
        .then((found): Answer => ({ query, found }))
        .catch((error: unknown): Answer => ({ query, problem: error instanceof Problem ? error.message : String(error) }))
        .then((next) => {
          if (leave.signal.aborted) return;
          setAnswer(next);
          setSearched(wanted);
        });
    }, TYPING);
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [query, wanted]);
  return { answer: query === "" ? null : answer, searching: query !== "" && searched !== wanted };
}

function said(answer: Answer | null, searching: boolean): string {
  if (answer === null) return searching ? "Searching…" : "";
  if ("problem" in answer) return answer.problem;
  const { documents, hits } = answer.found;
  if (documents === 0) return `Nothing about ${answer.query} in what was ingested.`;
  const all = `${number(documents)} ${documents === 1 ? "document" : "documents"}`;
  return hits.length < documents ? `${all}, the best ${number(hits.length)} of them` : all;
}

function Document({ hit }: { readonly hit: Hit }) {
  const about = [hit.authors.slice(0, 3).join(", ") + (hit.authors.length > 3 ? " and others" : ""), hit.published];
  return (
    <li className="panel hit">
      <h3>{hit.title}</h3>
      <p className="hit-about">
        <code>{hit.collection}/{hit.path}</code>
        {about.filter(Boolean).map((text) => <span key={text}>{text}</span>)}
      </p>
      {hit.heading !== "" && <p className="hit-heading">{hit.heading}</p>}
      <p className="hit-snippet">
        {hit.snippet.map((part, at) => (part.hit ? <mark key={at}>{part.text}</mark> : <span key={at}>{part.text}</span>))}
      </p>
      {hit.near_duplicates.length > 0 && (
        <p className="hit-twins">Nearly the same: {hit.near_duplicates.map((path) => <code key={path}>{path}</code>)}</p>
      )}
    </li>
  );
}
