// Watching over one WebSocket: each line is a subscription of its own. Never puts a selection into the URL, for there
// an unknown job would end the socket for all.

import { byCode, byReason, type Ending } from "../ending.ts";
import { parse, SUMMARY, type Transport, watchdog } from "../transport.ts";
import { inquire } from "./http.ts";

/** The service takes 20 commands a second. */
const PACE = 15;

export const openSocket: Transport = (endpoint, receiver) => {
  const protocols = ["milepost.v1"];
  if (endpoint.token !== null) protocols.push(`bearer.${endpoint.token}`);
  const socket = new WebSocket(endpoint.base.replace(/^http/, "ws") + "/ws", protocols);
  const waiting: string[] = [];
  let [opened, over, said] = [false, false, 0];
  let after: number | null = null;

  function close(): void {
    over = true;
    dog.stop();
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  function end(ending: Ending): void {
    if (over) return;
    close();
    receiver.over(ending);
  }

  const dog = watchdog(() => end(byReason("lost")));

  function pump(): void {
    while (opened && !over && said < PACE) {
      const text = waiting.shift();
      if (text === undefined) return;
      socket.send(text);
      said += 1;
      setTimeout(() => {
        said -= 1;
        pump();
      }, 1000);
    }
  }

  function say(command: object): void {
    waiting.push(JSON.stringify(command));
    pump();
  }

  const subscribe = (id: number, more: object) => say({ op: "subscribe", id, ...more });
  const unsubscribe = (id: number) => say({ op: "unsubscribe", id });

  socket.onopen = () => {
    opened = true;
    pump();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parse(String(data));
    if (typeof message?.["type"] !== "string") return receiver.bad(data);
    dog.heard();
    if (typeof message["retry_after_seconds"] === "number") after = message["retry_after_seconds"];
    receiver.message({ ...message, type: message["type"] });
  };
  socket.onclose = async ({ code, reason }: CloseEvent) => {
    end(opened ? byCode(code, reason, after) : await inquire(endpoint));
  };

  return {
    add: ({ id, selection, cursor }) => subscribe(id, cursor === null ? selection : { ...selection, cursor }),
    remove: unsubscribe,
    summary: (on) => (on ? subscribe(SUMMARY, { summary: true }) : unsubscribe(SUMMARY)),
    renew: (token) => say({ op: "auth", token }),
    hide: () => {},
    check: () => {
      dog.expect();
      unsubscribe(0); // nothing has this number, but it is answered
    },
    close,
  };
};
