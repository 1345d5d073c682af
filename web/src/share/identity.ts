// Whose credentials a token is: tabs share a connection only where it would show each of them the same. Two tokens are
// the same credentials if they differ in nothing but their times; one that cannot be read is shared with nobody.

const TIMES = ["exp", "iat", "nbf", "jti"];

/** A name for the credentials; null = not to be shared. */
export function identityOf(token: string | null): string | null {
  if (token === null) return "";
  try {
    const part = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const claims: object = JSON.parse(atob(part));
    return JSON.stringify(Object.entries(claims).filter(([name]) => !TIMES.includes(name)).sort());
  } catch {
    return null;
  }
}
