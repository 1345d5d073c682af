// Before the first paint: the theme the reader chose, if it is not the system's.
try {
  const theme = localStorage.getItem("milepost.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's theme it is.
}
