//! JSON and numbers as they are given on a command line.

use serde_json::Value;

/// A JSON object.
pub fn object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it must be a JSON object, like {\"rows\": 3}".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A name and a number: `added=12`.
pub fn counter(text: &str) -> Result<(String, f64), String> {
    let parsed = text.split_once('=').and_then(|(name, value)| {
        let value: f64 = value.trim().parse().ok()?;
        (value.is_finite() && !name.is_empty()).then(|| (name.to_owned(), value))
    });
    parsed.ok_or_else(|| "use a name, an equals sign and a number: added=12".to_owned())
}

/// What was not said is left out, not said to be nothing.
pub fn without_nothing(mut report: Value) -> Value {
    if let Some(fields) = report.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    report
}
