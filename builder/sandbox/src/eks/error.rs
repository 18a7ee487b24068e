//! The errors of EKS, and how they look on the wire.

use serde_json::{Map, Value};

use crate::AwsError;

/// An error of EKS's model. Status codes are the model's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EksError {
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    InvalidRequest(String),
    #[error("{0}")]
    ResourceInUse(String),
    #[error("{0}")]
    NotFound(String),
    /// of IAM, for every service; its answer has no members
    #[error("{0}")]
    AccessDenied(String),
    /// of the tag operations, which have errors of their own
    #[error("{0}")]
    BadRequest(String),
    /// of the tag operations
    #[error("{0}")]
    TagsNotFound(String),
}

impl EksError {
    pub(super) fn answer(self, subject: &Subject) -> AwsError {
        let (status, code) = match &self {
            Self::InvalidParameter(_) => (400, "InvalidParameterException"),
            Self::InvalidRequest(_) => (400, "InvalidRequestException"),
            Self::ResourceInUse(_) => (409, "ResourceInUseException"),
            Self::NotFound(_) => (404, "ResourceNotFoundException"),
            Self::AccessDenied(_) => (403, "AccessDeniedException"),
            Self::BadRequest(_) => (400, "BadRequestException"),
            Self::TagsNotFound(_) => (404, "NotFoundException"),
        };
        let mut error = AwsError::new(status, code, self.to_string());
        if !matches!(
            self,
            Self::AccessDenied(_) | Self::BadRequest(_) | Self::TagsNotFound(_)
        ) {
            error.members = subject.members();
        }
        error
    }
}

/// What a request was about; EKS names it beside the message.
pub(super) struct Subject {
    cluster: Option<String>,
    node_group: Option<String>,
}

impl Subject {
    pub(super) fn of(input: &Value) -> Self {
        let text = |member: &str| input[member].as_str().map(str::to_owned);
        Self {
            cluster: text("clusterName").or_else(|| text("name")),
            node_group: text("nodegroupName"),
        }
    }

    fn members(&self) -> Map<String, Value> {
        let named = [
            ("clusterName", &self.cluster),
            ("nodegroupName", &self.node_group),
        ];
        named
            .into_iter()
            .filter_map(|(k, v)| Some((k.to_owned(), v.clone()?.into())))
            .collect()
    }
}
