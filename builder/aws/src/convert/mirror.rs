//! One table of fields for each structure, and from it both ways between core's type and EC2's.
//!
//! EC2 has almost every structure twice, for requests and for answers, with the same fields. A field of core's
//! type that a table forgets does not compile.

/// Both ways between a type of core's and one of the SDK's.
pub(super) trait Mirror<T> {
    fn build(&self) -> T;
    fn read(it: &T) -> Self;
}

/// `same`: the same type on both sides · `text`: an enum of the SDK's · `list`: texts · `texts`: a list of enums ·
/// `one`, `many`: structures with a table of their own · `blob`: user data · `instant`: a time.
macro_rules! mirror {
    ($ours:ident: $($sdk:ident),+ => $fields:tt) => {
        $(mirror!(@ $ours $sdk $fields);)+
    };
    (@ $ours:ident $sdk:ident { $($kind:ident: $($field:ident),+;)* }) => {
        // EC2 takes accelerators of Elastic Graphics no more, and versions that name some are still there to read.
        #[allow(deprecated)]
        impl $crate::convert::mirror::Mirror<aws_sdk_ec2::types::$sdk> for $ours {
            fn build(&self) -> aws_sdk_ec2::types::$sdk {
                let mut it = aws_sdk_ec2::types::$sdk::builder().build();
                $($(it.$field = put!($kind, &self.$field);)+)*
                it
            }

            fn read(it: &aws_sdk_ec2::types::$sdk) -> Self {
                Self { $($($field: get!($kind, &it.$field),)+)* }
            }
        }
    };
}

macro_rules! put {
    (same, $value:expr) => {
        $value.clone()
    };
    (text, $value:expr) => {
        $value.as_deref().map(Into::into)
    };
    (list, $value:expr) => {
        $crate::convert::mirror::filled($value.clone())
    };
    (texts, $value:expr) => {
        $crate::convert::mirror::filled($value.iter().map(|it| it.as_str().into()).collect())
    };
    (one, $value:expr) => {
        $value.as_ref().map($crate::convert::mirror::Mirror::build)
    };
    (many, $value:expr) => {
        $crate::convert::mirror::filled(
            $value
                .iter()
                .map($crate::convert::mirror::Mirror::build)
                .collect(),
        )
    };
    (blob, $value:expr) => {
        $value.as_ref().map(|blob| blob.0.clone())
    };
    (instant, $value:expr) => {
        $value.map($crate::convert::sdk_instant)
    };
}

macro_rules! get {
    (same, $value:expr) => {
        $value.clone()
    };
    (text, $value:expr) => {
        $crate::convert::mirror::text($value)
    };
    (list, $value:expr) => {
        $value.clone().unwrap_or_default()
    };
    (texts, $value:expr) => {
        $value
            .iter()
            .flatten()
            .map(|it| it.as_str().to_owned())
            .collect()
    };
    (one, $value:expr) => {
        $value.as_ref().map($crate::convert::mirror::Mirror::read)
    };
    (many, $value:expr) => {
        $value
            .iter()
            .flatten()
            .map($crate::convert::mirror::Mirror::read)
            .collect()
    };
    (blob, $value:expr) => {
        $value.clone().map(UserDataBlob)
    };
    (instant, $value:expr) => {
        $crate::convert::timestamp($value.as_ref())
    };
}

pub(super) fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// An SDK enum's text, which unknown values keep.
pub(super) fn text<T: AsRef<str>>(value: &Option<T>) -> Option<String> {
    value.as_ref().map(|value| value.as_ref().to_owned())
}
