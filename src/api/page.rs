//! The pages, which are the dashboard and the API's documents to read: the files under `web/dist`, as `npm run build` made them, compiled into the binary. (A debug build
//! reads them when it starts, so that a new one needs no compiler.)
//!
//! Owns where they are served, as what, and for how long they are kept; how a file is sent is [`super::file`]'s. Knows
//! nothing of jobs, and needs no state: the dashboard is one more client of the public API.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::Embed;

use super::edge;
use super::file::File;
use crate::http::problem::Problem;

#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true] // the service is built without Node, and without what Node builds
struct Built;

/// The pages, and where they are.
const PAGES: [(&str, &str); 2] = [("index.html", "/"), ("docs.html", "/docs")];

/// Where the files are whose names are of their content.
const HASHED: &str = "assets/";

/// What files there may be.
const TYPES: [(&str, &str); 7] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("webmanifest", "application/manifest+json"),
    ("woff2", "font/woff2"),
];

type Files = BTreeMap<String, File>;

/// Every file by its path in the folder; read once, whatever routers are made.
static FILES: LazyLock<Files> = LazyLock::new(|| {
    let read = |path: &str| Some(file(path, Built::get(path)?.data.into_owned().into()));
    Built::iter()
        .filter_map(|path| Some((path.to_string(), read(&path)?)))
        .collect()
});

fn file(path: &str, content: Bytes) -> File {
    let file = File::new(kind(path).unwrap_or("application/octet-stream"), content);
    if path.starts_with(HASHED) {
        file.kept()
    } else {
        file
    }
}

/// Where a page is; `None` = the file is none.
fn place(file: &str) -> Option<&'static str> {
    let known = PAGES.iter().find(|(page, _)| *page == file);
    known.map(|(_, place)| *place)
}

fn kind(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    let known = TYPES.iter().find(|(known, _)| *known == extension)?;
    Some(known.1)
}

/// The pages and what they are made of, for GET and HEAD. Any other method of these paths is answered 405 with
/// `Allow`; any other path is left to the router this is merged into.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    serving(&FILES)
}

/// A route for each file whose name stays, and one for all whose names come and go with a version.
fn serving<S: Clone + Send + Sync + 'static>(files: &'static Files) -> Router<S> {
    let hashed = async |Path(name): Path<String>, headers: HeaderMap| {
        let sent = send(files, &format!("{HASHED}{name}"), &headers);
        sent.unwrap_or_else(|| edge::unknown_path().into_response())
    };
    let router = files
        .iter()
        .filter(|(path, _)| !path.starts_with(HASHED) && place(path).is_none())
        .fold(Router::new(), |router, (path, file)| {
            let send = async move |headers: HeaderMap| file.answer(&headers);
            router.route(&format!("/{path}"), get(send))
        });
    let router = PAGES.into_iter().fold(router, |router, (path, place)| {
        let page =
            async move |headers: HeaderMap| send(files, path, &headers).unwrap_or_else(missing);
        router.route(place, get(page))
    });
    router.route("/assets/{name}", get(hashed))
}

fn send(files: &Files, path: &str, headers: &HeaderMap) -> Option<Response> {
    Some(files.get(path)?.answer(headers))
}

/// What is there in a checkout from which the built pages were removed.
fn missing() -> Response {
    let detail = "this binary was built without its pages: run `npm ci && npm run build` in web/, then build again";
    Problem::new(404, "not_found", detail).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::file::{ASKED, KEPT, SECURITY};
    use axum::body::Body;
    use axum::http::{Method, Request, StatusCode, header};
    use tower::ServiceExt;

    async fn ask(router: Router, method: Method, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    async fn body(response: Response) -> Bytes {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX);
        bytes.await.unwrap()
    }

    #[tokio::test]
    async fn every_file_is_served_with_its_type_and_the_security_headers() {
        for path in FILES.keys() {
            let own = format!("/{path}");
            let response = ask(routes(), Method::GET, place(path).unwrap_or(&own)).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let headers = response.headers();
            assert_eq!(headers[header::CONTENT_TYPE], kind(path).unwrap(), "{path}");
            let cache = if path.starts_with("assets/") {
                KEPT
            } else {
                ASKED
            };
            assert_eq!(headers[header::CACHE_CONTROL], cache, "{path}");
            for (name, value) in SECURITY {
                assert_eq!(headers[&name], value, "{path}");
            }
            assert_eq!(
                body(response).await,
                &*Built::get(path).unwrap().data,
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn head_is_the_answer_without_the_body_and_other_methods_are_refused() {
        for path in ["/".to_owned(), format!("/{}", hashed()[0])] {
            let response = ask(routes(), Method::HEAD, &path).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(response.headers().contains_key(header::ETAG));
            assert!(body(response).await.is_empty());
            let refused = ask(routes(), Method::POST, &path).await;
            assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(refused.headers()[header::ALLOW], "GET,HEAD");
        }
    }

    #[tokio::test]
    async fn no_other_path_is_answered() {
        let paths = [
            "/index.html",
            "/docs.html",
            "/docs/",
            "/assets",
            "/assets/",
            "/assets/none.js",
            "/assets/../index.html",
        ];
        for path in paths.into_iter().chain(["/assets/%2e%2e%2findex.html"]) {
            let response = ask(routes(), Method::GET, path).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn a_binary_without_the_pages_says_how_to_get_them() {
        static NONE: Files = Files::new();
        for (_, place) in PAGES {
            let response = ask(serving(&NONE), Method::GET, place).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
            let text = body(response).await;
            assert!(String::from_utf8_lossy(&text).contains("npm run build"));
        }
    }

    fn hashed() -> Vec<&'static str> {
        let paths = FILES.keys().map(String::as_str);
        paths.filter(|path| path.starts_with(HASHED)).collect()
    }

    /// What is kept for a year must be of its name for ever.
    #[test]
    fn whatever_is_kept_is_named_after_its_content() {
        assert!(!hashed().is_empty());
        for path in hashed() {
            let (stem, _) = path.rsplit_once('.').unwrap();
            // Eight characters of base64, which may themselves be dashes.
            let at = stem.len().checked_sub(9).unwrap();
            assert_eq!(&stem[at..=at], "-", "{path}");
        }
    }

    /// Every page as it was built.
    fn pages() -> Vec<String> {
        let built = PAGES.iter().filter_map(|(path, _)| Built::get(path));
        let pages = built.map(|page| String::from_utf8(page.data.into_owned()).unwrap());
        let pages: Vec<String> = pages.collect();
        assert!(!pages.is_empty(), "the built pages are committed");
        pages
    }

    #[test]
    fn what_the_pages_begin_with_is_there() {
        for page in pages() {
            let named = [" src=\"/", " href=\"/"].map(|attribute| page.split(attribute).skip(1));
            let named = named.into_iter().flatten();
            let named: Vec<&str> = named.filter_map(|rest| rest.split('"').next()).collect();
            let (links, files): (Vec<&str>, Vec<&str>) =
                named.into_iter().partition(|path| !path.contains('.'));
            assert!(!files.is_empty());
            for path in files {
                let document = ["openapi.json", "asyncapi.json"].contains(&path);
                assert!(document || FILES.contains_key(path), "{path}");
            }
            for path in links {
                let path = format!("/{path}");
                assert!(PAGES.iter().any(|(_, place)| *place == path), "{path}");
            }
        }
    }

    #[test]
    fn the_policy_can_hold_because_nothing_is_inline() {
        for page in pages() {
            for inline in ["<style", " style=", " onload=", " onclick=", " onerror="] {
                assert!(!page.contains(inline), "{inline}");
            }
            let scripts: Vec<&str> = page.split("<script").skip(1).collect();
            for script in scripts {
                let (tag, _) = script.split_once('>').unwrap();
                assert!(tag.contains(" src=\"/"), "{tag}");
            }
        }
    }
}
