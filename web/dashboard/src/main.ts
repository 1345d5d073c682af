// Where the dashboard begins.
import "./main.css";

document.title = `Milepost: ${new URLSearchParams(location.search).get("project") ?? "demo"}`;
