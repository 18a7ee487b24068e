//! How answers look: for people, for programs, for a pull request.

pub mod errors;
pub mod events;
pub mod json;
pub mod plan_markdown;
pub mod plan_text;
pub mod table;
pub mod time;
