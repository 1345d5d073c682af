//! The first page: the files under `web/page`, compiled into the binary.
//!
//! Owns the list of what there is; how a file is sent is [`super::file`]'s, what it says and does
//! its own. Knows nothing of jobs, and needs no state: the page is one more client of the public
//! API.

use axum::{Router, http::HeaderMap, routing::get};

use super::file::File;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($path:literal $kind:ident $file:literal),* $(,)?) => {
        &[$(($path, $kind, include_str!(concat!("../../web/page/", $file)))),*]
    };
}

/// Every file: where it is served, as what, and its text.
const FILES: &[(&str, &str, &str)] = files![
    "/" HTML "index.html",
    "/page/page.css" CSS "page.css",
    "/page/icon.svg" SVG "icon.svg",
    "/page/symbols.svg" SVG "symbols.svg",
    "/page/page.js" SCRIPT "page.js",
    "/page/announcer.js" SCRIPT "announcer.js",
    "/page/api.js" SCRIPT "api.js",
    "/page/badge.js" SCRIPT "badge.js",
    "/page/card.js" SCRIPT "card.js",
    "/page/clock.js" SCRIPT "clock.js",
    "/page/connection.js" SCRIPT "connection.js",
    "/page/credential.js" SCRIPT "credential.js",
    "/page/element.js" SCRIPT "element.js",
    "/page/ending.js" SCRIPT "ending.js",
    "/page/format.js" SCRIPT "format.js",
    "/page/front.js" SCRIPT "front.js",
    "/page/gate.js" SCRIPT "gate.js",
    "/page/list.js" SCRIPT "list.js",
    "/page/notices.js" SCRIPT "notices.js",
    "/page/phases.js" SCRIPT "phases.js",
    "/page/store.js" SCRIPT "store.js",
    "/page/toast.js" SCRIPT "toast.js",
    "/page/transport.js" SCRIPT "transport.js",
];

/// The page at `/` and its files under `/page/`, for GET and HEAD. Any other method of these
/// paths is answered 405 with `Allow`; any other path is left to the router this is merged into.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES
        .iter()
        .fold(Router::new(), |router, &(path, kind, text)| {
            let file = File::new(kind, text);
            router.route(
                path,
                get(async move |headers: HeaderMap| file.answer(&headers)),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::file::SECURITY;
    use axum::body::Body;
    use axum::http::{Method, Request, Response, StatusCode, header};
    use tower::ServiceExt;

    async fn ask(method: Method, path: &str, held: Option<&str>) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(tag) = held {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        routes::<()>()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    async fn text(response: Response<Body>) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_file_is_served_with_its_type_and_the_security_headers() {
        for &(path, kind, content) in FILES {
            let response = ask(Method::GET, path, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let headers = response.headers();
            assert_eq!(headers[header::CONTENT_TYPE], kind, "{path}");
            assert_eq!(headers[header::CACHE_CONTROL], "no-cache", "{path}");
            for (name, value) in SECURITY {
                assert_eq!(headers[&name], value, "{path}");
            }
            assert_eq!(text(response).await, content, "{path}");
        }
    }

    #[tokio::test]
    async fn a_browser_that_holds_the_version_is_sent_no_body() {
        let tag = ask(Method::GET, "/", None).await.headers()[header::ETAG]
            .to_str()
            .unwrap()
            .to_owned();
        for held in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let response = ask(Method::GET, "/", Some(&held)).await;
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{held}");
            assert_eq!(response.headers()[header::ETAG], tag.as_str(), "{held}");
            assert!(
                !response.headers().contains_key(header::CONTENT_TYPE),
                "{held}"
            );
            assert_eq!(text(response).await, "", "{held}");
        }
        assert_eq!(
            ask(Method::GET, "/", Some("\"other\"")).await.status(),
            StatusCode::OK
        );
        assert_eq!(
            ask(Method::GET, "/page/page.js", Some(&tag)).await.status(),
            StatusCode::OK
        );
    }

    #[tokio::test]
    async fn head_is_the_answer_without_the_body_and_other_methods_are_refused() {
        let response = ask(Method::HEAD, "/", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers().contains_key(header::ETAG));
        assert_eq!(text(response).await, "");
        let refused = ask(Method::POST, "/", None).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()[header::ALLOW], "GET,HEAD");
    }

    #[tokio::test]
    async fn no_other_path_is_answered() {
        for path in [
            "/page",
            "/page/",
            "/page/../page.js",
            "/index.html",
            "/page/index.html",
        ] {
            assert_eq!(
                ask(Method::GET, path, None).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }

    /// A module that is imported, or a file that is linked, but not in the list would be a page
    /// that breaks in the browser only.
    #[test]
    fn everything_the_page_refers_to_is_in_the_list() {
        for (path, _, content) in FILES {
            let references = content
                .split('"')
                .filter_map(|part| match part.strip_prefix("./") {
                    Some(module) if module.ends_with(".js") => Some(format!("/page/{module}")),
                    None if part.starts_with("/page/") => Some(part.to_owned()),
                    _ => None,
                });
            for reference in references {
                assert!(
                    FILES.iter().any(|(known, ..)| *known == reference),
                    "{path} refers to {reference}"
                );
            }
        }
    }

    #[test]
    fn the_policy_can_hold_because_nothing_is_inline() {
        for (path, kind, content) in FILES {
            if *kind == HTML {
                assert!(
                    !content.contains("<style") && !content.contains(" style="),
                    "{path}"
                );
                assert!(
                    !content.contains(" on"),
                    "{path} has what looks like an inline handler"
                );
                assert_eq!(
                    content.matches("<script").count(),
                    content.matches(" src=\"/page/page.js\"").count()
                );
            }
            assert!(!content.contains("innerHTML"), "{path} parses text as HTML");
        }
    }

    /// A file that nobody serves is a file that nobody reviews.
    #[test]
    fn the_list_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/page");
        let mut stored: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut served: Vec<String> = FILES
            .iter()
            .map(|(path, ..)| {
                if *path == "/" {
                    "index.html"
                } else {
                    path.trim_start_matches("/page/")
                }
                .to_owned()
            })
            .collect();
        stored.sort();
        served.sort();
        assert_eq!(stored, served);
    }
}
