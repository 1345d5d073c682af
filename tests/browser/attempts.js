// Everything that a page can try at a service, to watch a job or to end it. Says what it saw of each try.
// `headers` and `query` are put into each request, as far as the way of asking can; `cookies` sends those there are.
async ({ service, job, headers = {}, query = "", cookies = false }) => {
  const project = `${service}/v1/projects/acme`;
  const credentials = cookies ? "include" : "omit";
  const of = (path) => `${project}${path}${query && `${path.includes("?") ? "&" : "?"}${query}`}`;

  const fetched = async (path, options = {}) => {
    try {
      const response = await fetch(of(path), { credentials, headers, cache: "no-store", ...options });
      const text = await response.text();
      return `${response.type === "opaque" ? "opaque" : response.status} ${text}`.trim();
    } catch (error) {
      return error.name;
    }
  };

  const loaded = (name, attribute, path, more = {}) => new Promise((resolve) => {
    const node = Object.assign(document.createElement(name), more);
    node.onload = () => resolve("loaded");
    node.onerror = () => resolve("refused");
    node[attribute] = of(path);
    document.body.append(node);
  });

  const streamed = () => new Promise((resolve) => {
    const source = new EventSource(of(`/events?job=${job}`), { withCredentials: cookies });
    const end = (text) => { source.close(); resolve(text); };
    source.onmessage = ({ data }) => end(`seen ${data}`);
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) end("refused"); };
  });

  const socketed = () => new Promise((resolve) => {
    const socket = new WebSocket(of(`/ws?job=${job}`).replace("http", "ws"), "milepost.v1");
    socket.onopen = () => socket.send(JSON.stringify({ op: "cancel", job }));
    socket.onmessage = ({ data }) => { resolve(`seen ${data}`); };
    socket.onclose = ({ code }) => resolve(`closed ${code}`);
  });

  // A form may send what looks like JSON, and needs no leave of anybody to do so.
  const submitted = (enctype) => new Promise((resolve) => {
    const frame = Object.assign(document.createElement("iframe"), { name: `frame-${Math.random()}` });
    const form = Object.assign(document.createElement("form"), { method: "post", action: of(`/jobs/${job}/cancel`), enctype, target: frame.name });
    form.append(Object.assign(document.createElement("input"), { name: '{"reason":"a', value: 'b"}' }));
    document.body.append(frame, form);
    frame.onload = () => {
      let text = "";
      try {
        // The empty document that the frame began with is ours; it tells nothing.
        if (frame.contentWindow.location.href === "about:blank") return;
        text = frame.contentDocument.body.innerText;
      } catch (error) {
        text = error.name;
      }
      resolve(text);
    };
    form.submit();
  });

  const cancel = `/jobs/${job}/cancel`;
  const post = (type, more = {}) => ({ method: "POST", body: '{"reason":"a"}', headers: { ...headers, "content-type": type }, ...more });
  const plain = { mode: "no-cors", headers: {} };
  return {
    watch: {
      fetches: {
        "the job": await fetched(`/jobs/${job}`),
        "the list": await fetched("/jobs"),
        "a poll": await fetched("/progress"),
        "a stream of another job": await fetched("/events?job=none"),
      },
      streams: {
        EventSource: await streamed(),
        WebSocket: await socketed(),
      },
    },
    blind: {
      "fetch without CORS": await fetched(`/jobs/${job}`, plain),
      "poll without CORS": await fetched("/progress", plain),
      "post without CORS": await fetched(cancel, { method: "POST", body: '{"reason":"a"}', ...plain }),
    },
    embed: {
      img: await loaded("img", "src", `/jobs/${job}`),
      script: await loaded("script", "src", "/jobs"),
      module: await loaded("script", "src", "/progress", { type: "module" }),
      stylesheet: await loaded("link", "href", "/jobs", { rel: "stylesheet" }),
    },
    forms: {
      "text/plain": await submitted("text/plain"),
      "application/x-www-form-urlencoded": await submitted("application/x-www-form-urlencoded"),
    },
    beacon: navigator.sendBeacon(of(cancel), new Blob(['{"reason":"a"}'], { type: "text/plain" })),
    change: {
      DELETE: await fetched(`/jobs/${job}`, { method: "DELETE" }),
      PUT: await fetched("/jobs/planted", { ...post("application/json"), method: "PUT", body: '{"kind":"scan"}' }),
      "POST text": await fetched(cancel, post("text/plain")),
      "POST JSON": await fetched(cancel, post("application/json")),
    },
  };
}
