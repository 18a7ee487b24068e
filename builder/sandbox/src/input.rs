//! Reading a call's input. The model has checked types and required members, so what is absent was not given.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::AwsError;

pub fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name)?.as_str()
}

/// The strings of a list; none for a list that was not given.
pub fn texts<'a>(input: &'a Value, name: &str) -> Vec<&'a str> {
    items(input, name)
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

pub fn items<'a>(input: &'a Value, name: &str) -> &'a [Value] {
    input
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub fn flag(input: &Value, name: &str) -> bool {
    input.get(name).and_then(Value::as_bool).unwrap_or(false)
}

pub fn number(input: &Value, name: &str) -> Option<i64> {
    input.get(name)?.as_i64()
}

/// How an operation pages.
pub struct Paging {
    /// the member that says how many are wanted
    pub size: &'static str,
    pub min: i64,
    pub max: i64,
    /// where nothing is said
    pub default: usize,
}

/// EC2's common paging: a size between 5 and 1000, or else everything.
pub const EC2_PAGING: Paging = Paging {
    size: "MaxResults",
    min: 5,
    max: 1000,
    default: usize::MAX,
};

const TOKEN: &str = "page-from:";

/// The page that the input asks for, and the token of the next one.
pub fn page<T>(
    all: Vec<T>,
    input: &Value,
    paging: &Paging,
) -> Result<(Vec<T>, Option<String>), AwsError> {
    let size = match number(input, paging.size) {
        None => paging.default,
        Some(size) if (paging.min..=paging.max).contains(&size) => {
            usize::try_from(size).unwrap_or(paging.default)
        }
        Some(size) => {
            let (name, min, max) = (paging.size, paging.min, paging.max);
            let text = format!(
                "Value ( {size} ) for parameter {name} is invalid. Expecting a value between {min} and {max}."
            );
            return Err(AwsError::new(400, "InvalidParameterValue", text));
        }
    };
    let from = match text(input, "NextToken") {
        None => 0,
        Some(token) => read_token(token)
            .filter(|from| *from < all.len())
            .ok_or_else(|| {
                AwsError::new(400, "InvalidNextToken", "The specified token is not valid.")
            })?,
    };
    let next = from.saturating_add(size);
    let token = (next < all.len()).then(|| URL_SAFE_NO_PAD.encode(format!("{TOKEN}{next}")));
    Ok((all.into_iter().skip(from).take(size).collect(), token))
}

fn read_token(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix(TOKEN)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_cover_everything_once() {
        let mut seen = Vec::new();
        let mut input = json!({"MaxResults": 5});
        loop {
            let (page, token) = page((0..12).collect(), &input, &EC2_PAGING).expect("a page");
            seen.extend(page);
            match token {
                Some(token) => input["NextToken"] = Value::from(token),
                None => break,
            }
        }
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_made_up_token_or_size_is_refused() {
        for (input, code) in [
            (json!({"NextToken": "abc"}), "InvalidNextToken"),
            (
                json!({"NextToken": URL_SAFE_NO_PAD.encode("page-from:99")}),
                "InvalidNextToken",
            ),
            (json!({"MaxResults": 4}), "InvalidParameterValue"),
            (json!({"MaxResults": 1001}), "InvalidParameterValue"),
        ] {
            let error = page(vec![1, 2, 3], &input, &EC2_PAGING).expect_err(code);
            assert_eq!(error.code, code);
        }
    }
}
