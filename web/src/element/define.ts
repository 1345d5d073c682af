// The custom element: its attributes, its life in the page, and the events it tells. Draws by way of `drawing.ts`.

import type { ProgressClient } from "../client.ts";
import { isTerminal, type Job } from "../job.ts";
import { announcementOf, createSpeaker } from "../display/announcements.ts";
import { clockOf } from "../display/clock.ts";
import { connectionWords } from "../display/connection-words.ts";
import { everySecond } from "../display/seconds.ts";
import { createDrawing, type Drawing } from "./drawing.ts";
import { createClients, onRegistered, type CreateClient, type TokenFunction } from "./shared.ts";

/** Tells `milepost-update` for each newer state and `milepost-settled` once, each with `detail.job`. */
export interface ProgressElement extends HTMLElement {
  /** Where this element's token comes from. */
  token: TokenFunction | undefined;
  /** The attributes of these names, for frameworks that set properties. */
  job: string | null;
  project: string | null;
  url: string | null;
  label: string | null;
  /** The newest state, or null. */
  readonly state: Job | null;
}

const ATTRIBUTES = ["job", "project", "url", "label"] as const;

/** Makes the element known under `name`, with clients made by `create`. */
export function defineProgressElement(create: CreateClient, name: string): new () => ProgressElement {
  const clients = createClients(create);

  class Progress extends HTMLElement {
    static readonly observedAttributes: readonly string[] = ATTRIBUTES;
    #drawing: Drawing = createDrawing(this, this.attachShadow({ mode: "open" }));
    #token: TokenFunction | undefined;
    #state: Job | null = null;
    #stop: (() => void) | undefined;
    #waiting = false;
    #now = Date.now;

    get state() {
      return this.#state;
    }

    get token() {
      return this.#token;
    }

    set token(token: TokenFunction | undefined) {
      this.#token = token;
      this.#restart();
    }

    connectedCallback() {
      // What a script set before the element was known hides the accessors.
      for (const property of ["token", ...ATTRIBUTES]) {
        if (!Object.hasOwn(this, property)) continue;
        const value: unknown = Reflect.get(this, property);
        Reflect.deleteProperty(this, property);
        Reflect.set(this, property, value);
      }
      // An element that is only moved within the page goes on as it is.
      if (!this.#stop) this.#restart();
    }

    disconnectedCallback() {
      queueMicrotask(() => this.isConnected || this.#end());
    }

    attributeChangedCallback(name: string, before: string | null, now: string | null) {
      if (before === now) return;
      if (name !== "label") this.#restart();
      else if (this.#state) this.#drawing.job(this.#state, this.#now());
    }

    // Attributes come one by one: what follows from them is done once, after all.
    #restart() {
      if (this.#waiting) return;
      this.#waiting = true;
      queueMicrotask(() => {
        this.#waiting = false;
        const end = this.#stop;
        this.#stop = undefined;
        // First the new, then away with the old: a client that both use stays.
        if (this.isConnected) this.#begin();
        end?.();
      });
    }

    #end() {
      this.#stop?.();
      this.#stop = undefined;
    }

    #begin() {
      const [job, project, url] = [
        this.getAttribute("job"),
        this.getAttribute("project"),
        this.getAttribute("url") ?? "",
      ];
      this.#state = null;
      if (!job || !project) return this.#drawing.note(job ? "No project is named" : "No job is named");
      const { client, release } = clients.take({ url, project, token: this.#token });
      this.#now = () => clockOf(client).at(Date.now());
      this.#drawing.note("Loading…");
      const stops = [this.#watch(client, job), this.#followTime(client), onRegistered(() => this.#restart()), release];
      this.#stop = () => stops.forEach((stop) => stop());
    }

    #watch(client: ProgressClient, id: string): () => void {
      const speaker = createSpeaker((text) => this.#drawing.announce(text));
      const deafen = clockOf(client).listen();
      const watch = client.watch(id, {
        onJob: (job, before) => {
          this.#state = job;
          this.#drawing.job(job, this.#now());
          const line = announcementOf(before, job);
          if (line !== null) speaker.say(id, line);
          this.#tell("milepost-update", job);
        },
        onSettled: (job) => this.#tell("milepost-settled", job),
        onGone: () => this.#drawing.note("This job has been deleted"),
        onError: (problem) => this.#drawing.note(problem.message),
      });
      return () => {
        watch.stop();
        deafen();
        speaker.stop();
      };
    }

    #followTime(client: ProgressClient): () => void {
      const draw = () => {
        const now = Date.now();
        const serviceNow = clockOf(client).at(now);
        const ended = this.#state !== null && isTerminal(this.#state.status);
        const words = connectionWords(client.connection.getSnapshot(), now, serviceNow);
        // What has ended cannot be out of date.
        this.#drawing.connection(ended ? { ...words, mood: "live" } : words);
        if (this.#state && !ended) this.#drawing.job(this.#state, serviceNow);
      };
      draw();
      const stops = [client.connection.subscribe(draw), everySecond(draw)];
      return () => stops.forEach((stop) => stop());
    }

    #tell(type: string, job: Job) {
      this.dispatchEvent(new CustomEvent(type, { detail: { job }, bubbles: true, composed: true }));
    }
  }

  for (const attribute of ATTRIBUTES) Object.defineProperty(Progress.prototype, attribute, reflecting(attribute));
  customElements.define(name, Progress);
  return Progress as unknown as new () => ProgressElement;
}

function reflecting(name: string): PropertyDescriptor & ThisType<HTMLElement> {
  return {
    get() {
      return this.getAttribute(name);
    },
    set(value: string | null | undefined) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
    enumerable: true,
    configurable: true,
  };
}
