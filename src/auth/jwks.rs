//! A set of keys of others (RFC 7517): which of them are taken. Keys of other kinds, uses and algorithms are passed
//! over, as the standard asks; a text that is no set is an error.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::json;
use super::key::{Algorithm, Key};

/// The most bytes a set may have.
pub const LARGEST: usize = 1024 * 1024;

/// The sizes of RSA keys that are taken, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The keys of a set.
#[derive(Debug, PartialEq)]
pub(super) struct Jwks {
    /// Those that can vouch for tokens here.
    pub keys: Vec<Key>,
    /// How many others there were.
    pub passed_over: usize,
}

/// Why a text is no set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoJwks {
    /// Not an object, or one in which a key comes twice.
    #[error("it is not a JSON object, or a name comes twice in one")]
    Json,
    /// An object that holds something else.
    #[error("it has no array \"keys\"")]
    Keys,
}

impl Jwks {
    /// The keys in `text`.
    pub fn parse(text: &[u8]) -> Result<Self, NoJwks> {
        let set = json::object(text).ok_or(NoJwks::Json)?;
        let all = set.get("keys").and_then(Value::as_array);
        let all = all.ok_or(NoJwks::Keys)?;
        let keys: Vec<Key> = all.iter().filter_map(key).collect();
        let passed_over = all.len() - keys.len();
        Ok(Self { keys, passed_over })
    }
}

fn key(jwk: &Value) -> Option<Key> {
    let jwk = jwk.as_object()?;
    let text = |name: &str| jwk.get(name)?.as_str();
    let key = match (text("kty")?, text("crv")) {
        ("RSA", _) => rsa(jwk),
        ("EC", Some("P-256")) => Some(Key::p256(&point(jwk, "x")?, &point(jwk, "y")?)),
        ("OKP", Some("Ed25519")) => Some(Key::ed25519(&point(jwk, "x")?)),
        _ => None,
    }?;
    let kid = match jwk.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str()?.to_owned()),
    };
    is_for_signatures(jwk, key.algorithm).then(|| key.named(kid))
}

fn is_for_signatures(jwk: &Map<String, Value>, algorithm: Algorithm) -> bool {
    let is = |name: &str, wanted: &str| jwk.get(name).is_none_or(|v| v == wanted);
    let verifies = |operations: &Value| {
        let all = operations.as_array();
        all.is_some_and(|all| all.iter().any(|o| o == "verify"))
    };
    is("use", "sig") && is("alg", algorithm.name()) && jwk.get("key_ops").is_none_or(verifies)
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()
}

fn point(jwk: &Map<String, Value>, name: &str) -> Option<[u8; 32]> {
    bytes(jwk, name)?.try_into().ok()
}

fn rsa(jwk: &Map<String, Value>) -> Option<Key> {
    let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let (n, e) = (without_zeros(&n), without_zeros(&e));
    let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
    let odd_above_one = e.len() <= 8 && e.last()? % 2 == 1 && e != [1];
    (RSA_BITS.contains(&bits) && odd_above_one).then(|| Key::rsa(n, e))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::token::Token;
    use super::*;

    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn read(keys: &Value) -> Jwks {
        Jwks::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_examples_of_the_standards_verify() {
        let keys = read(&json!([
            { "kty": "EC", "crv": "P-256", "x": X, "y": Y },
            { "kty": "OKP", "crv": "Ed25519", "x": ED },
        ]));
        // RFC 7515, A.3, and RFC 8037, A.4.
        let signed = [
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ];
        for (i, text) in signed.iter().enumerate() {
            let token = Token::parse(text).unwrap();
            for (k, key) in keys.keys.iter().enumerate() {
                assert_eq!(key.fits(&token), i == k);
                assert_eq!(key.vouches(&token), i == k);
            }
        }
    }

    #[test]
    fn what_is_not_for_us_is_passed_over() {
        let n = URL_SAFE_NO_PAD.encode([0xff; 256]);
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        let bits_2047 = URL_SAFE_NO_PAD.encode([[0x7f].as_slice(), &[0xff; 255]].concat());
        let good = json!([
            { "kty": "RSA", "n": n, "e": "AQAB", "use": "sig", "alg": "RS256", "key_ops": ["verify"], "x5c": [] },
            { "kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "" },
        ]);
        assert_eq!(read(&good).keys.len(), 2);
        let others = json!([
            { "kty": "RSA", "n": n, "e": "AQAB", "use": "enc" },
            { "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS512" },
            { "kty": "RSA", "n": n, "e": "AQAB", "key_ops": ["encrypt"] },
            { "kty": "RSA", "n": n, "e": "AQAB", "kid": 7 },
            { "kty": "RSA", "n": n, "e": "AQ" },
            { "kty": "RSA", "n": n, "e": "" },
            { "kty": "RSA", "n": "", "e": "AQAB" },
            { "kty": "RSA", "n": short, "e": "AQAB" },
            { "kty": "RSA", "n": bits_2047, "e": "AQAB" },
            { "kty": "RSA", "n": "=", "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "x": X, "y": Y, "alg": "ES384" },
            { "kty": "EC", "crv": "P-384", "x": X, "y": Y },
            { "kty": "EC", "crv": "P-256", "x": X },
            { "kty": "EC", "crv": "P-256", "x": X, "y": "AQAB" },
            { "kty": "OKP", "crv": "X25519", "x": ED },
            { "kty": "OKP", "crv": "Ed448", "x": ED },
            { "kty": "oct", "k": ED, "alg": "HS256" },
            { "kty": "new" },
            { "kty": 1 },
            {},
            7,
        ]);
        let read = read(&others);
        assert_eq!(read.keys, []);
        assert_eq!(read.passed_over, others.as_array().unwrap().len());
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for bad in ["", "[]", "{\"keys\":[],\"keys\":[]}", "<html>"] {
            assert_eq!(Jwks::parse(bad.as_bytes()), Err(NoJwks::Json), "{bad}");
        }
        for bad in ["{}", "{\"keys\":{}}", "{\"kty\":\"oct\"}"] {
            assert_eq!(Jwks::parse(bad.as_bytes()), Err(NoJwks::Keys), "{bad}");
        }
    }

    #[test]
    fn an_id_stands_for_the_key_and_not_for_its_name() {
        let keys = read(&json!([
            { "kty": "OKP", "crv": "Ed25519", "x": ED, "kid": "a" },
            { "kty": "OKP", "crv": "Ed25519", "x": ED, "kid": "b" },
            { "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a" },
        ]));
        let ids: Vec<_> = keys.keys.iter().map(|k| k.id).collect();
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
    }
}
