//! Lists in pages. A page's token names the last item of the page before, so that items which come and go
//! between two calls disturb nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::EksError;

/// The most items of a page, and how many there are where nobody says (EKS API reference).
const MAX_RESULTS: i64 = 100;

/// The page of sorted names that a request asks for, and the next page's token.
pub(super) fn page(
    names: &[String],
    max_results: Option<i64>,
    token: Option<&str>,
) -> Result<(Vec<String>, Option<String>), EksError> {
    let size = max_results.unwrap_or(MAX_RESULTS).clamp(1, MAX_RESULTS);
    let size = usize::try_from(size).unwrap_or(1);
    let after = token.map(decode).transpose()?;
    let rest: Vec<&String> = names
        .iter()
        .filter(|name| after.as_ref().is_none_or(|after| *name > after))
        .collect();
    let page: Vec<String> = rest.iter().take(size).map(|name| (*name).clone()).collect();
    let next = page
        .last()
        .filter(|_| rest.len() > size)
        .map(|last| URL_SAFE_NO_PAD.encode(last));
    Ok((page, next))
}

fn decode(token: &str) -> Result<String, EksError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            // not attested
            EksError::InvalidParameter("The nextToken is not valid".to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_end() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let (page, next) = page(&names, Some(2), token.as_deref()).expect("a valid token");
            seen.push(page.join(""));
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["ab", "cd", "e"]);
        assert!(page(&names, None, Some("!")).is_err());
    }
}
