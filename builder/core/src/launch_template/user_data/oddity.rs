//! What about a document is not as its readers want it. Facts alone: what they mean to whom is told where
//! user data is explained.

/// Something about user data, or one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The index of the part; none if it is about the whole.
    pub part: Option<usize>,
    pub kind: OddityKind,
}

impl Oddity {
    pub(super) fn whole(kind: OddityKind) -> Self {
        Self { part: None, kind }
    }

    pub(super) fn of(part: usize, kind: OddityKind) -> Self {
        Self {
            part: Some(part),
            kind,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddityKind {
    /// The launch template's text is not base64.
    NotBase64,
    /// The raw bytes are base64 again.
    Base64Twice,
    GzipTwice,
    /// In gzip that is cut short or damaged.
    BrokenGzip,
    /// In gzip that unpacks to more than 1 MiB, so that it was left alone.
    UnpacksTooLarge,
    /// A multipart document without `MIME-Version` in its first 4096 bytes.
    NoMimeVersion,
    /// Something stands before the headers of a multipart document: a blank line, or indentation.
    NotAtStart,
    /// No blank line between the headers of a multipart document and its first boundary.
    NoBlankLine,
    /// A boundary with characters that ask for quotes, and none.
    UnquotedBoundary,
    /// A multipart document that no boundary line takes into parts.
    NoParts,
    /// The last boundary line is missing.
    NotClosed,
    /// Text before the first boundary, which nobody reads.
    BeforeFirst,
    /// Text behind the last boundary, which nobody reads.
    BehindLast,
    /// A multipart document with bytes that are not UTF-8.
    NotUtf8,
    /// More parts than are looked at.
    TooManyParts,
    /// No blank line between a part's headers and its body, as EKS writes its own.
    NoBlankLineInPart,
    /// A transfer encoding that is not read here.
    UnknownEncoding,
    /// The body is not in the transfer encoding that is declared.
    BadEncoding,
    /// A multipart inside of the multipart.
    Nested,
    /// In gzip, under a type whose content cloud-init does not unpack.
    PackedUnderOtherType,
    /// In gzip that cannot be unpacked.
    PartNotUnpacked,
    /// cloud-init takes it for another type, by how it begins.
    TakenForAnotherType,
}
