// What the soak compares with: events pushed as they happen to socket.io rooms, and a page that joins them, both as
// the library's own introduction does it. A process of its own: node relay.js PORT. Workers POST {room, event, data}.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Server } from "socket.io";

const PAGE = `<!doctype html><title>socket.io</title><main><ul id="jobs"></ul></main>
<script src="/socket.io/socket.io.min.js"></script>
<script>
  const socket = io();
  const jobs = new URLSearchParams(location.search).getAll("job");
  socket.on("connect", () => jobs.forEach((job) => socket.emit("join", job)));
  const list = document.getElementById("jobs");
  const rows = new Map(jobs.map((job) => [job, list.appendChild(document.createElement("li"))]));
  const show = ({ job, text }) => { rows.get(job).textContent = text; };
  for (const event of ["progress", "completed", "failed", "cancelled"]) socket.on(event, show);
</script>`;

const server = createServer(async (request, response) => {
  if (request.method !== "POST") return response.setHeader("content-type", "text/html").end(PAGE);
  const { room, event, data } = JSON.parse(await text(request));
  io.to(room).emit(event, data);
  response.statusCode = 204;
  response.end();
});
const io = new Server(server);
io.on("connection", (socket) => socket.on("join", (room) => socket.join(room)));
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
